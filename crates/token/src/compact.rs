//! The compact serialization of RFC 7515 §7.1: checks size, three parts and canonical base64url.
//! Does not interpret what the parts contain.

use crate::base64url::{Decoder, NotBase64Url};

/// Maximum length of a token or proof, in bytes. A token and its proof of this size fit into 16 KiB
/// of request headers; a token with every profile claim is about 1.2 KB.
pub const MAX_TOKEN_BYTES: usize = 8 * 1024;

/// The three decoded parts, unverified.
pub(crate) struct Compact<'a> {
    /// The header and, from `payload_at`, the payload.
    decoded: Vec<u8>,
    payload_at: usize,
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

impl From<NotBase64Url> for NotCompact {
    fn from(_: NotBase64Url) -> Self {
        Self::Malformed
    }
}

impl<'a> Compact<'a> {
    pub(crate) fn parse(token: &'a str, decoder: &Decoder) -> Result<Self, NotCompact> {
        if token.len() > MAX_TOKEN_BYTES {
            return Err(NotCompact::TooLong);
        }
        let (signing_input, signature) = token.rsplit_once('.').ok_or(NotCompact::Malformed)?;
        let (header, payload) = signing_input.split_once('.').ok_or(NotCompact::Malformed)?;
        let mut decoded = Vec::with_capacity(signing_input.len());
        let decode = |part: &str, bytes: &mut Vec<u8>| match part {
            "" => Err(NotCompact::Malformed),
            part => Ok(decoder.decode(part, bytes)?),
        };
        decode(header, &mut decoded)?;
        let payload_at = decoded.len();
        decode(payload, &mut decoded)?;
        let mut bytes = Vec::with_capacity(signature.len());
        decode(signature, &mut bytes)?;
        Ok(Self { decoded, payload_at, signature: bytes, signing_input })
    }

    pub(crate) fn header(&self) -> &[u8] {
        self.decoded.get(..self.payload_at).unwrap_or_default()
    }

    pub(crate) fn payload(&self) -> &[u8] {
        self.decoded.get(self.payload_at..).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn any_other_spelling_of_a_token_is_rejected() {
        assert!(Compact::parse("e30.e30.AA", &Decoder::new()).is_ok());
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
            assert_eq!(
                Compact::parse(token, &Decoder::new()).err(),
                Some(NotCompact::Malformed),
                "{token:?}"
            );
        }
        let of_length = |length: usize| format!("e30.e30.{}", "A".repeat(length - 8));
        assert!(Compact::parse(&of_length(MAX_TOKEN_BYTES), &Decoder::new()).is_ok());
        assert_eq!(
            Compact::parse(&of_length(MAX_TOKEN_BYTES + 1), &Decoder::new()).err(),
            Some(NotCompact::TooLong)
        );
    }

    proptest! {
        #[test]
        fn encoding_a_parsed_value_gives_the_same_text(token in "[A-Za-z0-9_.=-]{0,40}") {
            if let Ok(parts) = Compact::parse(&token, &Decoder::new()) {
                let encode = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
                let again = [encode(parts.header()), encode(parts.payload()), encode(&parts.signature)].join(".");
                prop_assert_eq!(&again, &token);
            }
        }
    }
}
