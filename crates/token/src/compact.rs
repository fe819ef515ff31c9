//! The compact serialization of RFC 7515 §7.1: size, three parts, canonical base64url. Trusts nothing it reads.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// The longest token that is looked at, in bytes. Fits a header line of 16 KiB together with its proof; a token of
/// ours with every profile claim is about 1.2 KB.
pub const MAX_TOKEN_BYTES: usize = 8 * 1024;

/// The three decoded parts, nothing verified.
pub(crate) struct Compact<'a> {
    pub(crate) header: Vec<u8>,
    pub(crate) payload: Vec<u8>,
    pub(crate) signature: Vec<u8>,
    /// What the signature is over: the first two parts as they were sent.
    pub(crate) signing_input: &'a str,
}

/// Not the compact form.
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

/// Decodes one part. The engine refuses padding, white space, the standard alphabet, a dot and trailing bits that are
/// not zero, so that no second spelling of a token passes.
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
    fn refuses_every_second_spelling() {
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
        fn what_parses_is_spelled_in_the_only_way(token in "[A-Za-z0-9_.=-]{0,40}") {
            if let Ok(parts) = Compact::parse(&token) {
                let encode = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
                let again = [encode(&parts.header), encode(&parts.payload), encode(&parts.signature)].join(".");
                prop_assert_eq!(again, token);
            }
        }
    }
}
