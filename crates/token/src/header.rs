//! The protected header: algorithm, kind of token and key id. Refuses a header that selects the
//! algorithm or brings its own key.

use crate::error::VerifyError;
use crate::json::{Item, Object};

/// The two kinds of token. The verifier accepts neither in place of the other (RFC 8725 §3.11).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TokenKind {
    /// For API calls (RFC 9068). Valid for minutes, held in memory only.
    Access,
    /// For offline sign-in and for renewal. Valid for days, stored encrypted on disk.
    Session,
}

impl TokenKind {
    /// The `typ` of the header.
    pub const fn typ(self) -> &'static str {
        match self {
            Self::Access => "at+jwt",
            Self::Session => "session+jwt",
        }
    }
}

/// The only algorithm that the server signs tokens with.
const ALGORITHM: &str = "RS256";

/// Header parameters that contain a key, link to one, or change how the payload is read.
const NOT_ALLOWED: [&str; 6] = ["jwk", "jku", "x5u", "x5c", "b64", "zip"];

/// Checks the header of a token of `kind` and returns its `kid`.
///
/// Other parameters are ignored, as RFC 7515 §4 requires, so that a later server can add one.
pub(crate) fn key_id<'a>(header: &'a Object<'_>, kind: TokenKind) -> Result<&'a str, VerifyError> {
    if text(header, "alg")? != Some(ALGORITHM) {
        return Err(VerifyError::AlgorithmNotAllowed);
    }
    if header.contains("crit") {
        return Err(VerifyError::CriticalHeader);
    }
    if NOT_ALLOWED.iter().any(|name| header.contains(name)) {
        return Err(VerifyError::HeaderNotAllowed);
    }
    if text(header, "typ")? != Some(kind.typ()) {
        return Err(VerifyError::WrongType);
    }
    text(header, "kid")?.ok_or(VerifyError::UnknownKey)
}

fn text<'a>(header: &'a Object<'_>, name: &str) -> Result<Option<&'a str>, VerifyError> {
    match header.get(name) {
        None => Ok(None),
        Some(Item::Text(text)) => Ok(Some(text)),
        Some(_) => Err(VerifyError::HeaderMalformed),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json;

    #[test]
    fn only_rs256_the_expected_kind_and_a_key_id_are_accepted() {
        let base = r#""alg":"RS256","typ":"at+jwt","kid":"k""#;
        let check = |header: &str| {
            let header = json::object(header.as_bytes()).map_err(|_| VerifyError::HeaderMalformed)?;
            key_id(&header, TokenKind::Access).map(str::to_owned)
        };
        assert_eq!(check(&format!("{{{base}}}")), Ok("k".into()));
        assert_eq!(
            check(&format!(r#"{{{base},"iss":"later"}}"#)),
            Ok("k".into()),
            "an unknown parameter is ignored"
        );

        for alg in [
            "none", "None", "NONE", "nOnE", "HS256", "RS384", "RS512", "PS256", "ES256", "EdDSA", "rs256", "",
        ] {
            let header = format!(r#"{{"alg":"{alg}","typ":"at+jwt","kid":"k"}}"#);
            assert_eq!(check(&header), Err(VerifyError::AlgorithmNotAllowed), "{alg}");
        }
        for crit in [r#"["exp"]"#, "[]", "null", r#""exp""#] {
            assert_eq!(check(&format!(r#"{{{base},"crit":{crit}}}"#)), Err(VerifyError::CriticalHeader));
        }
        for name in NOT_ALLOWED {
            assert_eq!(check(&format!(r#"{{{base},"{name}":null}}"#)), Err(VerifyError::HeaderNotAllowed));
        }
        for typ in ["session+jwt", "JWT", "AT+JWT", "application/at+jwt", "at+jwt ", "dpop+jwt", ""] {
            let header = format!(r#"{{"alg":"RS256","typ":"{typ}","kid":"k"}}"#);
            assert_eq!(check(&header), Err(VerifyError::WrongType), "{typ}");
        }
        assert_eq!(check(r#"{"alg":"RS256","kid":"k"}"#), Err(VerifyError::WrongType));
        assert_eq!(check(r#"{"alg":"RS256","typ":"at+jwt"}"#), Err(VerifyError::UnknownKey));
        for header in [
            r#"{"alg":["RS256"],"typ":"at+jwt","kid":"k"}"#,
            r#"{"alg":"RS256","typ":1,"kid":"k"}"#,
            r#"{"alg":"RS256","typ":"at+jwt","kid":{}}"#,
            r#"{"alg":"none","alg":"RS256","typ":"at+jwt","kid":"k"}"#,
            "[]",
        ] {
            assert_eq!(check(header), Err(VerifyError::HeaderMalformed), "{header}");
        }
    }
}
