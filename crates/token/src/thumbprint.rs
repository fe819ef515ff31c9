//! The thumbprint of a key (RFC 7638), which serves as its id. Refuses any other spelling.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::jwk::{Jwk, ThumbprintHash};
use serde::Serialize;

/// The SHA-256 thumbprint of a JWK (RFC 7638 §3), base64url, 43 characters: the `kid` of a signing
/// key and the `cnf.jkt` of a device key (RFC 9449 §6.1).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct Thumbprint(String);

/// The length of a SHA-256.
const BYTES: usize = 32;

impl Thumbprint {
    /// Parses a thumbprint; returns `None` unless it is the canonical base64url of 32 bytes.
    pub fn parse(text: &str) -> Option<Self> {
        // A byte more than fits, because the engine asks for the room of whole groups.
        let mut bytes = [0; BYTES + 1];
        let length = URL_SAFE_NO_PAD.decode_slice(text, &mut bytes).ok()?;
        (length == BYTES).then(|| Self(text.to_owned()))
    }

    /// The thumbprint as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The text of a SHA-256 over the members of a key (RFC 7638 §3).
    pub(crate) fn of_digest(digest: &[u8; BYTES]) -> Self {
        Self(URL_SAFE_NO_PAD.encode(digest))
    }

    /// Computes the thumbprint of a key. Returns `None` for a type of key that has none; this crate
    /// does not build one.
    pub(crate) fn of(jwk: &Jwk) -> Option<Self> {
        jwk.thumbprint(ThumbprintHash::SHA256).ok().map(Self)
    }
}

impl fmt::Display for Thumbprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_rfc_7638_section_3_1_has_its_thumbprint() {
        let jwk = serde_json::from_str(
            r#"{"kty":"RSA","n":"0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw","e":"AQAB","alg":"RS256","kid":"2011-04-29"}"#,
        )
        .unwrap();
        let thumbprint = Thumbprint::of(&jwk).unwrap();
        assert_eq!(thumbprint.as_str(), "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
        assert_eq!(Thumbprint::parse(thumbprint.as_str()), Some(thumbprint));
    }

    #[test]
    fn any_other_spelling_is_rejected() {
        let good = "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs";
        for text in [
            "",
            "abc",
            good.trim_start_matches('N'),
            &format!("{good}="),
            &good.replace('-', "+"),
            &good.replace("Xs", "Xt"),
        ] {
            assert_eq!(Thumbprint::parse(text), None, "{text}");
        }
    }
}
