//! What the browser says of a ceremony (§5.8.1): which kind, for which challenge, on which page.

use serde::Deserialize;

use super::WebauthnError;
use super::relying_party::RelyingParty;

/// The kind of a ceremony.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ceremony {
    Registration,
    Authentication,
}

impl Ceremony {
    fn as_str(self) -> &'static str {
        match self {
            Self::Registration => "webauthn.create",
            Self::Authentication => "webauthn.get",
        }
    }
}

/// The members that are judged. A browser may add others (§5.8.1); a member that comes twice is an
/// error.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ClientData {
    #[serde(rename = "type")]
    kind: String,
    challenge: String,
    origin: String,
    #[serde(default)]
    cross_origin: bool,
    top_origin: Option<String>,
}

/// Checks the client data of an answer. `challenge` is in base64url, as it was sent.
///
/// The origin is compared whole: scheme, host and port.
pub(super) fn check(
    json: &[u8],
    ceremony: Ceremony,
    challenge: &str,
    relying_party: &RelyingParty,
) -> Result<(), WebauthnError> {
    let malformed = WebauthnError::Malformed("client data");
    // serde reads a list of texts as the members.
    if !json.starts_with(b"{") {
        return Err(malformed);
    }
    let data: ClientData = serde_json::from_slice(json).map_err(|_| malformed)?;
    if data.kind != ceremony.as_str() {
        return Err(WebauthnError::WrongType);
    }
    if data.challenge != challenge {
        return Err(WebauthnError::WrongChallenge);
    }
    if data.origin != relying_party.origin() {
        return Err(WebauthnError::WrongOrigin);
    }
    if data.cross_origin || data.top_origin.is_some() {
        return Err(WebauthnError::CrossOrigin);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(json: &str) -> Result<(), WebauthnError> {
        let relying_party = RelyingParty::of_test("https://auth.example");
        check(json.as_bytes(), Ceremony::Authentication, "abc", &relying_party)
    }

    #[test]
    fn the_client_data_of_this_ceremony_on_this_page_are_accepted() {
        let plain = r#"{"type":"webauthn.get","challenge":"abc","origin":"https://auth.example"}"#;
        let more = r#"{"type":"webauthn.get","challenge":"abc","origin":"https://auth.example",
            "crossOrigin":false,"other_keys_can_be_added_here":"…"}"#;
        assert_eq!(checked(plain), Ok(()));
        assert_eq!(checked(more), Ok(()));
    }

    #[test]
    fn other_client_data_are_refused() {
        use WebauthnError::{CrossOrigin, Malformed, WrongChallenge, WrongOrigin, WrongType};
        let malformed = Malformed("client data");
        let origin = |origin| format!(r#"{{"type":"webauthn.get","challenge":"abc","origin":"{origin}"}}"#);
        for other in [
            "http://auth.example",
            "https://auth.example:8443",
            "https://auth.example/",
            "https://AUTH.example",
            "https://auth.example.evil.example",
            "https://evil.auth.example",
            "null",
            "",
        ] {
            assert_eq!(checked(&origin(other)), Err(WrongOrigin), "{other}");
        }
        for (json, expected) in [
            (r#"{"type":"webauthn.create","challenge":"abc","origin":"https://auth.example"}"#, WrongType),
            (r#"{"type":"webauthn.get","challenge":"abd","origin":"https://auth.example"}"#, WrongChallenge),
            (r#"{"type":"webauthn.get","challenge":"","origin":"https://auth.example"}"#, WrongChallenge),
            (
                r#"{"type":"webauthn.get","challenge":"abc","origin":"https://auth.example","crossOrigin":true}"#,
                CrossOrigin,
            ),
            (
                r#"{"type":"webauthn.get","challenge":"abc","origin":"https://auth.example","topOrigin":"https://a.example"}"#,
                CrossOrigin,
            ),
            (
                r#"{"type":"webauthn.get","challenge":"abc","challenge":"abc","origin":"https://auth.example"}"#,
                malformed,
            ),
            (
                r#"{"type":"webauthn.get","challenge":"abc","origin":"https://auth.example","crossOrigin":"no"}"#,
                malformed,
            ),
            (r#"{"type":"webauthn.get","origin":"https://auth.example"}"#, malformed),
            (r#"["webauthn.get","abc","https://auth.example"]"#, malformed),
            ("", malformed),
        ] {
            assert_eq!(checked(json), Err(expected), "{json}");
        }
    }
}
