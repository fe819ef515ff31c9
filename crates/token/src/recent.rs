//! A bounded map of what was used lately. Owns when an entry is dropped: without a clock and
//! without randomness, in two generations. Refuses to grow beyond its bound.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::mem;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// A SHA-256, the key of an entry.
pub(crate) type Digest = [u8; 32];

/// Threads wait for each other only if their entries are in the same part.
const PARTS: usize = 16;

/// Values by digest. When the younger generation of a part is full it becomes the older one, and
/// what was in the older one is dropped; an entry of the older one that is used moves into the
/// younger one. So what is used stays.
pub(crate) struct Recent<V> {
    parts: [Mutex<Generations<V>>; PARTS],
}

struct Generations<V> {
    young: HashMap<Digest, V, BuildHasherDefault<Prefix>>,
    old: HashMap<Digest, V, BuildHasherDefault<Prefix>>,
    /// The maximum number of entries of each.
    capacity: usize,
}

impl<V: Clone> Recent<V> {
    /// A map of `entries` at most, rounded up to a multiple of 32. Its memory is allocated now.
    pub(crate) fn new(entries: usize) -> Self {
        let capacity = entries.div_ceil(2 * PARTS);
        Self { parts: std::array::from_fn(|_| Mutex::new(Generations::new(capacity))) }
    }

    pub(crate) fn get(&self, digest: &Digest) -> Option<V> {
        self.part(digest).get(digest)
    }

    pub(crate) fn insert(&self, digest: Digest, value: V) {
        self.part(&digest).insert(digest, value);
    }

    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        let parts = self.parts.iter().map(|part| part.lock().unwrap_or_else(PoisonError::into_inner));
        parts.map(|part| part.young.len() + part.old.len()).sum()
    }

    fn part(&self, digest: &Digest) -> MutexGuard<'_, Generations<V>> {
        // The last byte: the table hashes with the first ones.
        let [first, ..] = &self.parts;
        let part = digest.last().and_then(|byte| self.parts.get(usize::from(*byte) % PARTS));
        part.unwrap_or(first).lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<V: Clone> Generations<V> {
    fn new(capacity: usize) -> Self {
        let table = || HashMap::with_capacity_and_hasher(capacity, BuildHasherDefault::default());
        Self { young: table(), old: table(), capacity }
    }

    fn get(&mut self, digest: &Digest) -> Option<V> {
        if let Some(value) = self.young.get(digest) {
            return Some(value.clone());
        }
        let value = self.old.remove(digest)?;
        self.insert(*digest, value.clone());
        Some(value)
    }

    fn insert(&mut self, digest: Digest, value: V) {
        if self.young.len() >= self.capacity {
            mem::swap(&mut self.young, &mut self.old);
            self.young.clear();
        }
        if self.capacity > 0 {
            self.young.insert(digest, value);
        }
    }
}

/// Takes the first bytes of a digest as its hash. To make digests that collide in a table, an
/// attacker needs a token of the server, or a session, for each: only those are stored.
#[derive(Default)]
struct Prefix(u64);

impl Hasher for Prefix {
    fn write(&mut self, bytes: &[u8]) {
        if let Some(first) = bytes.first_chunk() {
            self.0 = u64::from_ne_bytes(*first);
        }
    }

    // The length of the digest, which is always the same.
    fn write_usize(&mut self, _: usize) {}

    fn finish(&self) -> u64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use proptest::prelude::*;

    use super::*;

    fn digest(number: u32) -> Digest {
        let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, &number.to_be_bytes());
        *digest.as_ref().first_chunk().unwrap()
    }

    #[test]
    fn the_number_of_entries_is_bounded() {
        for entries in [0, 1, 32, 1000] {
            let recent = Recent::new(entries);
            for number in 0..5000 {
                recent.insert(digest(number), number);
            }
            assert!(recent.len() <= entries.next_multiple_of(32), "{entries}");
            assert!(recent.len() >= entries / 2, "{entries}");
        }
    }

    #[test]
    fn an_entry_that_is_used_stays_and_others_are_dropped() {
        let recent = Recent::new(320);
        recent.insert(digest(0), 0);
        recent.insert(digest(1), 1);
        for number in 2..5000 {
            recent.insert(digest(number), number);
            assert_eq!(recent.get(&digest(0)), Some(0), "after {number}");
        }
        assert_eq!(recent.get(&digest(1)), None);
        assert_eq!(recent.get(&digest(4999)), Some(4999));
    }

    #[test]
    fn the_tables_never_grow() {
        let recent = Recent::new(1000);
        let capacity = |recent: &Recent<u32>| -> Vec<usize> {
            let parts = recent.parts.iter().map(|part| part.lock().unwrap());
            parts.flat_map(|part| [part.young.capacity(), part.old.capacity()]).collect()
        };
        let before: HashSet<usize> = capacity(&recent).into_iter().collect();
        for number in 0..20_000 {
            recent.insert(digest(number), number);
            recent.get(&digest(number / 2));
        }
        assert_eq!(capacity(&recent).into_iter().collect::<HashSet<_>>(), before);
    }

    proptest! {
        #[test]
        fn only_what_was_inserted_is_found(
            steps in proptest::collection::vec((0..60_u32, any::<bool>()), 0..400),
            entries in 0..80_usize,
        ) {
            let recent = Recent::new(entries);
            let mut inserted = HashSet::new();
            for (number, is_insertion) in steps {
                if is_insertion {
                    recent.insert(digest(number), number);
                    inserted.insert(number);
                    prop_assert_eq!(recent.get(&digest(number)).is_some(), entries > 0);
                } else if let Some(found) = recent.get(&digest(number)) {
                    prop_assert_eq!(found, number);
                    prop_assert!(inserted.contains(&number));
                }
            }
        }
    }
}
