//! The replay cache (RFC 9449 §11.1). Refuses the second use of a proof, and stores each proof
//! while it could be used again: when full, new proofs are rejected with 503.
//!
//! Only two kinds of proofs are stored: proofs with an active session's key, and proofs of a
//! sign-in that has a slot in the hashing queue. So a flood without either cannot fill it. Memory
//! is limited by the number of entries, which all have one size. Each server has its own cache;
//! what several servers remember together is in `used.rs`.

use std::collections::{BTreeMap, HashSet};
use std::sync::{Mutex, PoisonError};

use aws_lc_rs::digest::{Context, SHA256};
use latchkey_token::{Thumbprint, UnixTime};

/// The first half of a SHA-256: 128 bits, so that a collision cannot be made.
pub(super) type Digest = [u8; 16];

/// Why a proof was not remembered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refused {
    /// It was used before, or its window has ended.
    Seen,
    /// The cache is full of proofs that could still be used again.
    Full,
}

#[derive(Debug)]
pub(crate) struct Replay {
    seen: Mutex<Seen>,
    capacity: usize,
}

#[derive(Debug, Default)]
struct Seen {
    digests: HashSet<Digest>,
    by_end: BTreeMap<UnixTime, Vec<Digest>>,
}

impl Replay {
    pub(crate) fn new(capacity: usize) -> Self {
        Self { seen: Mutex::default(), capacity }
    }

    /// Remembers that the key `jkt` has used `jti`, which cannot be used again after `end` anyway.
    /// Returns the digest of both.
    pub(super) fn remember(
        &self,
        jkt: &Thumbprint,
        jti: &str,
        end: UnixTime,
        now: UnixTime,
    ) -> Result<Digest, Refused> {
        // Its entry may be deleted already: a request can take longer than the rest of the window.
        if end < now {
            return Err(Refused::Seen);
        }
        let digest = digest(jkt, jti);
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.drop_ended(now);
        if seen.digests.contains(&digest) {
            return Err(Refused::Seen);
        }
        if seen.digests.len() >= self.capacity {
            return Err(Refused::Full);
        }
        seen.digests.insert(digest);
        seen.by_end.entry(end).or_default().push(digest);
        Ok(digest)
    }
}

impl Seen {
    fn drop_ended(&mut self, now: UnixTime) {
        while let Some(first) = self.by_end.first_entry().filter(|first| *first.key() < now) {
            for digest in first.remove() {
                self.digests.remove(&digest);
            }
        }
    }
}

fn digest(jkt: &Thumbprint, jti: &str) -> Digest {
    let mut context = Context::new(&SHA256);
    // A thumbprint has one length, so the two texts cannot run into each other.
    context.update(jkt.as_str().as_bytes());
    context.update(jti.as_bytes());
    context.finish().as_ref().first_chunk().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: UnixTime = UnixTime::new(1_800_000_000);

    fn key(first: char) -> Thumbprint {
        Thumbprint::parse(&format!("{first}{}", "A".repeat(42))).unwrap()
    }

    fn remember(
        replay: &Replay,
        jkt: &Thumbprint,
        jti: &str,
        end: UnixTime,
        now: UnixTime,
    ) -> Result<(), Refused> {
        replay.remember(jkt, jti, end, now).map(drop)
    }

    #[test]
    fn a_proof_is_accepted_once_for_each_key() {
        let replay = Replay::new(10);
        let end = NOW.plus(60);
        assert_eq!(remember(&replay, &key('A'), "1", end, NOW), Ok(()));
        assert_eq!(remember(&replay, &key('A'), "1", end, NOW), Err(Refused::Seen));
        assert_eq!(
            remember(&replay, &key('A'), "1", end.plus(9), end),
            Err(Refused::Seen),
            "until its very end"
        );
        assert_eq!(
            remember(&replay, &key('A'), "late", NOW.plus(-1), NOW),
            Err(Refused::Seen),
            "after its end"
        );
        assert_eq!(remember(&replay, &key('B'), "1", end, NOW), Ok(()));
        assert_eq!(remember(&replay, &key('A'), "2", end, NOW), Ok(()));
    }

    #[test]
    fn a_full_cache_refuses_new_proofs_and_keeps_usable_ones() {
        let replay = Replay::new(100);
        for n in 0..100 {
            assert_eq!(remember(&replay, &key('A'), &n.to_string(), NOW.plus(n % 7), NOW), Ok(()));
        }
        assert_eq!(remember(&replay, &key('A'), "new", NOW.plus(60), NOW), Err(Refused::Full));
        assert_eq!(remember(&replay, &key('A'), "0", NOW.plus(60), NOW), Err(Refused::Seen));
        assert_eq!(remember(&replay, &key('A'), "new", NOW.plus(60), NOW.plus(1)), Ok(()));
        let replay = replay.seen.into_inner().unwrap();
        assert_eq!(replay.digests.len(), replay.by_end.values().map(Vec::len).sum::<usize>());
    }
}
