//! A token as it was sent, with its SHA-256. Owns that the hash is computed once: what is
//! remembered of a good signature is found by it, and a proof contains it (`ath`). Verifies
//! nothing.

use std::fmt;
use std::sync::OnceLock;

use aws_lc_rs::digest::{SHA256, digest};

use crate::recent::Digest;

/// A token in compact form, before anything of it is verified.
pub struct SentToken<'a> {
    text: &'a str,
    digest: OnceLock<Option<Digest>>,
}

impl<'a> SentToken<'a> {
    /// The token with this text.
    #[must_use]
    pub const fn new(text: &'a str) -> Self {
        Self { text, digest: OnceLock::new() }
    }

    /// The text.
    pub const fn as_str(&self) -> &'a str {
        self.text
    }

    /// The SHA-256 of the text. `None` never happens: it has 32 bytes.
    pub(crate) fn digest(&self) -> Option<&Digest> {
        let compute = || digest(&SHA256, self.text.as_bytes()).as_ref().first_chunk().copied();
        self.digest.get_or_init(compute).as_ref()
    }
}

impl<'a> From<&'a str> for SentToken<'a> {
    fn from(text: &'a str) -> Self {
        Self::new(text)
    }
}

impl fmt::Debug for SentToken<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SentToken").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_digest_is_that_of_the_text() {
        // FIPS 180-4, the example of one block.
        let digest = *SentToken::new("abc").digest().unwrap();
        assert_eq!(digest[..8], [0xba, 0x78, 0x16, 0xbf, 0x8f, 0x01, 0xcf, 0xea]);
        assert_ne!(SentToken::new("abd").digest(), Some(&digest));
    }

    #[test]
    fn a_token_is_not_in_its_debug_form() {
        assert_eq!(format!("{:?}", SentToken::new("a.b.c")), "SentToken { .. }");
    }
}
