//! Remembers that a signature was good, which is a pure function of key, signed text and signature.
//! Owns nothing of a token: no claim, no time. Refuses to remember a signature that was not good.

use crate::recent::Recent;
use crate::sent_token::SentToken;

/// The good signatures of one key, by the SHA-256 of the whole token. A token has one spelling
/// (`compact.rs`), so this is a digest of signed text, a separator and signature; 256 bits, so that
/// no second text has the digest of a good one.
pub(crate) struct GoodSignatures(Recent<()>);

impl GoodSignatures {
    pub(crate) fn new(entries: usize) -> Self {
        Self(Recent::new(entries))
    }

    /// Whether the signature is good: because it was, or because `verify` says so now.
    pub(crate) fn is_good(&self, token: &SentToken<'_>, verify: impl FnOnce() -> bool) -> bool {
        let Some(digest) = token.digest() else { return verify() };
        if self.0.get(digest).is_some() {
            return true;
        }
        let is_good = verify();
        if is_good {
            self.0.insert(*digest, ());
        }
        is_good
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    /// Presents a token, and returns the answer and whether the signature was verified for it.
    fn present(good: &GoodSignatures, token: &str, is_good: bool) -> (bool, bool) {
        let is_verified = Cell::new(false);
        let answer = good.is_good(&token.into(), || {
            is_verified.set(true);
            is_good
        });
        (answer, is_verified.get())
    }

    #[test]
    fn a_good_signature_is_verified_once() {
        let good = GoodSignatures::new(100);
        assert_eq!(present(&good, "e30.e30.AA", true), (true, true));
        assert_eq!(present(&good, "e30.e30.AA", false), (true, false));
    }

    #[test]
    fn a_bad_signature_is_verified_every_time() {
        let good = GoodSignatures::new(100);
        for _ in 0..3 {
            assert_eq!(present(&good, "e30.e30.AA", false), (false, true));
        }
    }

    #[test]
    fn another_header_payload_or_signature_is_verified() {
        let good = GoodSignatures::new(100);
        present(&good, "e30.e30.AAAA", true);
        for token in ["e30.e30.AAAB", "e30.e30A.AAAA", "e30A.e30.AAAA", "e30.e30.AAA"] {
            assert_eq!(present(&good, token, false), (false, true), "{token}");
        }
    }
}
