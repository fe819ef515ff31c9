//! Other spellings of the same bytes, which a lax decoder of base64url accepts.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE, URL_SAFE_NO_PAD};
use serde::Deserialize;

/// The spelling of each part.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Spellings {
    pub(crate) header: Spelling,
    pub(crate) payload: Spelling,
    pub(crate) signature: Spelling,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Spelling {
    /// base64url without padding: the only valid one.
    #[default]
    Right,
    /// With `=` at the end.
    Padded,
    /// With non-zero trailing bits.
    SpareBits,
    /// With `+` and `/`.
    StandardAlphabet,
    Hex,
    /// The first character is percent-encoded.
    Percent,
    /// In lines of 76 characters.
    Lines,
    /// Encoded twice.
    Twice,
}

impl Spelling {
    /// Encodes `bytes`; returns `None` if they have no such spelling.
    pub(crate) fn write(self, bytes: &[u8]) -> Option<String> {
        let right = URL_SAFE_NO_PAD.encode(bytes);
        let other = match self {
            Self::Right => return Some(right),
            Self::Padded => URL_SAFE.encode(bytes),
            Self::SpareBits => spare_bits(&right, bytes.len())?,
            Self::StandardAlphabet => STANDARD.encode(bytes).trim_end_matches('=').to_owned(),
            // Only a length that base64url can have too.
            Self::Hex if !bytes.len().is_multiple_of(2) => return None,
            Self::Hex => bytes.iter().map(|byte| format!("{byte:02x}")).collect(),
            Self::Percent => format!("%{:02X}{}", right.as_bytes()[0], &right[1..]),
            Self::Lines => {
                right.as_bytes().chunks(76).map(String::from_utf8_lossy).collect::<Vec<_>>().join("\n")
            }
            Self::Twice => URL_SAFE_NO_PAD.encode(&right),
        };
        (other != right).then_some(other)
    }
}

/// Increments the last character, whose lowest bits are unused unless the length is a multiple of
/// three.
fn spare_bits(right: &str, length: usize) -> Option<String> {
    const ALPHABET: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let (start, last) = right.split_at(right.len() - 1);
    let next = ALPHABET.find(last)? + 1;
    (!length.is_multiple_of(3)).then(|| format!("{start}{}", &ALPHABET[next..=next]))
}
