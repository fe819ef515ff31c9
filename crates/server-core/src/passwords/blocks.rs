//! The memory in which Argon2 works. It is used again: the system clears memory page by page before
//! a process gets it, which takes more than half as long as a hash of 64 MiB.

use std::sync::{Mutex, PoisonError};

use argon2::{Argon2, Block, Error};

/// The memory of one hash at a time. It is taken when a hash needs it.
#[derive(Debug, Default)]
pub(super) struct Blocks(Vec<Block>);

impl Blocks {
    /// Returns the memory to the system, for a hash that takes its own.
    pub(super) fn free(&mut self) {
        *self = Self::default();
    }

    /// Computes a hash as long as `out`. What an earlier one has left is not read: Argon2 writes
    /// each block before it reads it (RFC 9106 §3.2).
    ///
    /// # Errors
    /// [`Error::OutOfMemory`], or that of a salt or length that Argon2 does not allow.
    pub(super) fn hash(
        &mut self,
        argon2: &Argon2<'_>,
        password: &[u8],
        salt: &[u8],
        out: &mut [u8],
    ) -> Result<(), Error> {
        let count = argon2.params().block_count();
        let missing = count.saturating_sub(self.0.len());
        self.0.try_reserve_exact(missing).map_err(|_| Error::OutOfMemory)?;
        self.0.resize(self.0.len() + missing, Block::default());
        argon2.hash_password_into_with_memory(password, salt, out, &mut self.0)
    }
}

/// Memory that no hash uses at the moment.
#[derive(Debug)]
pub(super) struct IdleBlocks {
    idle: Mutex<Vec<Blocks>>,
    /// More is returned to the system, in blocks of 1 KiB: only a hash from elsewhere takes it.
    max_blocks: usize,
}

impl IdleBlocks {
    pub(super) fn new(max_blocks: usize) -> Self {
        Self { idle: Mutex::default(), max_blocks }
    }

    /// Runs `job` with memory that was used before, if there is any. `is_large`: it takes more than
    /// is kept, so all that is kept is returned to the system first.
    pub(super) fn lend<T>(&self, is_large: bool, job: impl FnOnce(&mut Blocks) -> T) -> T {
        let taken = {
            let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
            if is_large {
                idle.clear();
            }
            idle.pop()
        };
        let mut blocks = taken.unwrap_or_default();
        let result = job(&mut blocks);
        if blocks.0.len() <= self.max_blocks {
            self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(blocks);
        }
        result
    }
}

#[cfg(test)]
mod tests {
    use argon2::{Algorithm, Params, Version};

    use super::*;

    /// The hash of a text by the library's own memory, and by used memory.
    fn hashes(blocks: &mut Blocks, argon2: &Argon2<'_>, text: &str) -> [[u8; 32]; 2] {
        let mut made = [[0; 32]; 2];
        let [fresh, used] = &mut made;
        argon2.hash_password_into(text.as_bytes(), b"some salt", fresh).unwrap();
        blocks.hash(argon2, text.as_bytes(), b"some salt", used).unwrap();
        made
    }

    #[test]
    fn used_memory_changes_no_hash() {
        let mut blocks = Blocks::default();
        for algorithm in [Algorithm::Argon2d, Algorithm::Argon2i, Algorithm::Argon2id] {
            for version in [Version::V0x10, Version::V0x13] {
                for (memory, passes, lanes) in [(64, 2, 1), (512, 1, 2), (8, 3, 1), (100, 1, 3), (512, 2, 1)]
                {
                    let params = Params::new(memory, passes, lanes, None).unwrap();
                    let argon2 = Argon2::new(algorithm, version, params);
                    let [fresh, used] = hashes(&mut blocks, &argon2, "autobots rule");
                    assert_eq!(fresh, used, "{algorithm} {version:?} {memory} {passes} {lanes}");
                }
            }
        }
    }

    #[test]
    fn memory_is_used_again_unless_it_is_more_than_is_kept() {
        let idle = IdleBlocks::new(64);
        let lent = |memory| {
            let argon2 =
                Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::new(memory, 1, 1, None).unwrap());
            idle.lend(memory > 64, |blocks| {
                let before = blocks.0.len();
                hashes(blocks, &argon2, "autobots rule");
                before
            })
        };
        assert_eq!([lent(64), lent(32), lent(128), lent(64)], [0, 64, 0, 0]);
    }
}
