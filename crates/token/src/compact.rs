//! The compact serialization of RFC 7515 §7.1: checks size, three parts and canonical base64url.
//! Does not interpret what the parts contain.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// Maximum length of a token or proof, in bytes. A token and its proof of this size fit into 16 KiB
/// of request headers; a token with every profile claim is about 1.2 KB.
pub const MAX_TOKEN_BYTES: usize = 8 * 1024;

/// The three decoded parts, unverified.
pub(crate) struct Compact<'a> {
    pub(crate) header: Vec<u8>,
    pub(crate) payload: Vec<u8>,
    pub(crate) signature: Vec<u8>,
    /// The signed text: the first two parts as they were sent.
    pub(crate) signing_input: &'a str,
}

/// Why a text is not in compact form.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum NotCompact {
    TooLong,
    Malformed,
}

impl<'a> Compact<'a> {
    pub(crate) fn parse(token: &'a str) -> Result<Self, NotCompact> {
        if token.len() > MAX_TOKEN_BYTES {
            return Err(NotCompact::TooLong);
        }
        let (signing_input, signature) = token.rsplit_once('.').ok_or(NotCompact::Malformed)?;
        let (header, payload) = signing_input.split_once('.').ok_or(NotCompact::Malformed)?;
        Ok(Self {
            header: decode(header)?,
            payload: decode(payload)?,
            signature: decode(signature)?,
            signing_input,
        })
    }
}

/// Decodes one part. The engine rejects padding, white space, the standard alphabet, dots and
/// non-zero trailing bits, so that each token has exactly one valid spelling.
fn decode(part: &str) -> Result<Vec<u8>, NotCompact> {
    if part.is_empty() {
        return Err(NotCompact::Malformed);
    }
    URL_SAFE_NO_PAD.decode(part).map_err(|_| NotCompact::Malformed)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn any_other_spelling_of_a_token_is_rejected() {
        assert!(Compact::parse("e30.e30.AA").is_ok());
        for token in [
            "",
            ".",
            "..",
            "...",
            "e30",
            "e30.e30",
            "e30.e30.",
            ".e30.AA",
            "e30..AA",
            "e30.e30.AA.",
            "e30.e30.AA.AA",
            "e30.e30.AB",
            "e30.e30.AA==",
            "e30=.e30.AA",
            " e30.e30.AA",
            "e30.e30.AA\n",
            "e3 0.e30.AA",
            "e30.e30.+/",
            "e30.e30.A",
            "e30.e30.é",
        ] {
            assert_eq!(Compact::parse(token).err(), Some(NotCompact::Malformed), "{token:?}");
        }
        let of_length = |length: usize| format!("e30.e30.{}", "A".repeat(length - 8));
        assert!(Compact::parse(&of_length(MAX_TOKEN_BYTES)).is_ok());
        assert_eq!(Compact::parse(&of_length(MAX_TOKEN_BYTES + 1)).err(), Some(NotCompact::TooLong));
    }

    proptest! {
        #[test]
        fn encoding_a_parsed_value_gives_the_same_text(token in "[A-Za-z0-9_.=-]{0,40}") {
            if let Ok(parts) = Compact::parse(&token) {
                let encode = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
                let again = [encode(&parts.header), encode(&parts.payload), encode(&parts.signature)].join(".");
                prop_assert_eq!(again, token);
            }
        }
    }
}
