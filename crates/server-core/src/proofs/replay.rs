//! The proofs that were seen (RFC 9449 §11.1). Refuses a second use, and never forgets a proof while it could be used
//! again: when it is full of such, new ones are put off.
//!
//! Only proofs whose sender has done something for it get in: those of a live session's key, and those of a sign-in that
//! has a place in the hashing queue. So nobody fills it from outside. Memory is bounded by the number of entries, each of
//! one size. Each server has its own: a proof that was used on one could be used once more on another within its time.

use std::collections::{BTreeMap, HashSet};
use std::sync::{Mutex, PoisonError};

use aws_lc_rs::digest::{Context, SHA256};
use latchkey_token::{Thumbprint, UnixTime};

/// The first half of a SHA-256: 128 bits, so that a collision cannot be made.
type Digest = [u8; 16];

/// Why a proof is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    Seen,
    Full,
}

#[derive(Debug)]
pub struct Replay {
    seen: Mutex<Seen>,
    capacity: usize,
}

#[derive(Debug, Default)]
struct Seen {
    digests: HashSet<Digest>,
    by_end: BTreeMap<UnixTime, Vec<Digest>>,
}

impl Replay {
    pub fn new(capacity: usize) -> Self {
        Self { seen: Mutex::default(), capacity }
    }

    /// Remembers that the key `jkt` has used `jti`, which cannot be used again after `end` anyway.
    pub fn remember(&self, jkt: &Thumbprint, jti: &str, end: UnixTime, now: UnixTime) -> Result<(), Refused> {
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
        Ok(())
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

    #[test]
    fn a_proof_is_taken_once_for_each_key() {
        let replay = Replay::new(10);
        let end = NOW.plus(60);
        assert_eq!(replay.remember(&key('A'), "1", end, NOW), Ok(()));
        assert_eq!(replay.remember(&key('A'), "1", end, NOW), Err(Refused::Seen));
        assert_eq!(
            replay.remember(&key('A'), "1", end.plus(9), end),
            Err(Refused::Seen),
            "until its very end"
        );
        assert_eq!(replay.remember(&key('B'), "1", end, NOW), Ok(()));
        assert_eq!(replay.remember(&key('A'), "2", end, NOW), Ok(()));
    }

    #[test]
    fn it_is_bounded_and_never_forgets_what_could_be_used() {
        let replay = Replay::new(100);
        for n in 0..100 {
            assert_eq!(replay.remember(&key('A'), &n.to_string(), NOW.plus(n % 7), NOW), Ok(()));
        }
        assert_eq!(replay.remember(&key('A'), "new", NOW.plus(60), NOW), Err(Refused::Full));
        assert_eq!(replay.remember(&key('A'), "0", NOW.plus(60), NOW), Err(Refused::Seen));
        assert_eq!(replay.remember(&key('A'), "new", NOW.plus(60), NOW.plus(1)), Ok(()));
        let replay = replay.seen.into_inner().unwrap();
        assert_eq!(replay.digests.len(), replay.by_end.values().map(Vec::len).sum::<usize>());
    }
}
