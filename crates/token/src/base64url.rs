//! base64url without padding (RFC 7515 §2), decoded with the vector instructions that the processor
//! has. Refuses every spelling but one: padding, white space, the standard alphabet, dots and
//! non-zero trailing bits.

use base64::Engine as _;
#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
use base64::engine::GeneralPurpose as Vectors;
#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
use base64::engine::Simd as Vectors;
use base64::engine::general_purpose::NO_PAD;

/// Not base64url in its one spelling.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct NotBase64Url;

/// A decoder. It is made once, because it chooses its instructions then.
pub(crate) struct Decoder(Vectors);

impl Decoder {
    #[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
    pub(crate) fn new() -> Self {
        Self(Vectors::url_safe(NO_PAD))
    }

    #[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
    pub(crate) fn new() -> Self {
        Self(Vectors::new(&base64::alphabet::URL_SAFE, NO_PAD))
    }

    /// Decodes `text` to the end of `bytes`.
    pub(crate) fn decode(&self, text: &str, bytes: &mut Vec<u8>) -> Result<(), NotBase64Url> {
        self.0.decode_vec(text, bytes).map_err(|_| NotBase64Url)
    }
}

#[cfg(test)]
mod tests {
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    use proptest::prelude::*;

    use super::*;

    fn decode(text: &str) -> Option<Vec<u8>> {
        let mut bytes = vec![7];
        Decoder::new().decode(text, &mut bytes).ok()?;
        assert_eq!(bytes.remove(0), 7);
        Some(bytes)
    }

    #[test]
    fn each_character_outside_the_alphabet_is_refused_at_each_place() {
        for length in [32, 48, 64, 67] {
            let good = "A".repeat(length);
            assert_eq!(decode(&good), URL_SAFE_NO_PAD.decode(&good).ok());
            for place in 0..length {
                for byte in 0..128_u8 {
                    let mut text = good.clone().into_bytes();
                    text[place] = byte;
                    let text = String::from_utf8(text).unwrap();
                    assert_eq!(decode(&text), URL_SAFE_NO_PAD.decode(&text).ok(), "{text:?}");
                }
            }
        }
    }

    proptest! {
        #[test]
        fn the_result_is_that_of_the_decoder_without_vectors(
            text in prop_oneof!["[A-Za-z0-9_-]{0,300}", "[A-Za-z0-9_=+/. é-]{0,90}"],
        ) {
            prop_assert_eq!(decode(&text), URL_SAFE_NO_PAD.decode(&text).ok());
        }

        #[test]
        fn bytes_are_decoded_from_their_encoding(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
            prop_assert_eq!(decode(&URL_SAFE_NO_PAD.encode(&bytes)), Some(bytes));
        }
    }
}
