//! How many passwords are hashed at the same time: no more than `passwords.workers`, and no more
//! than the memory allows. A flood of sign-ins must not end the process for lack of memory.

use super::memory::Grant;
use crate::settings::PasswordSettings;

/// Hashing gets one part in this many of the memory. The rest is for connections, the replay cache
/// and the database.
const SHARE: u64 = 2;

/// The workers of a server with given settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct HashingPlan {
    /// Hashes at the same time.
    pub workers: usize,
    /// As many were asked for, or there are as many cores.
    pub wanted: usize,
    /// The memory that all hashes at the same time may take, in KiB.
    pub memory_kib: u64,
    /// The memory of the process.
    pub grant: Grant,
}

/// A plan that is not what the settings ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum HashingWarning {
    /// One hash takes more than the share of hashing.
    #[error(
        "passwords.memory_kib is {memory_kib}, more than half of the {granted_kib} KiB that the {by} grants: a sign-in may \
         end the server for lack of memory. Raise the limit (MemoryMax in a unit) or lower passwords.memory_kib",
        by = .0.grant.by, memory_kib = .1, granted_kib = .0.grant.kib
    )]
    TooLarge(HashingPlan, u32),
    /// There are fewer workers than `passwords.workers`, or than cores.
    #[error(
        "{workers} passwords are hashed at the same time instead of {wanted}: the {by} grants {granted_kib} KiB of memory, and half \
         of it is for hashing. Raise the limit (MemoryMax in a unit), or lower passwords.workers or passwords.memory_kib",
        by = .0.grant.by, workers = .0.workers, wanted = .0.wanted, granted_kib = .0.grant.kib
    )]
    Fewer(HashingPlan),
}

impl HashingPlan {
    /// The plan for this process.
    pub fn of_this_process(settings: &PasswordSettings) -> Self {
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        Self::new(settings, cores, Grant::of_this_process())
    }

    fn new(settings: &PasswordSettings, cores: usize, grant: Grant) -> Self {
        let wanted = if settings.workers == 0 { cores } else { settings.workers };
        let memory_kib = grant.kib / SHARE;
        let fit = memory_kib.checked_div(u64::from(settings.memory_kib)).unwrap_or(u64::MAX);
        let fit = usize::try_from(fit).unwrap_or(usize::MAX);
        Self { workers: wanted.min(fit).max(1), wanted, memory_kib, grant }
    }

    /// What an operator should know about it.
    pub fn warning(&self, settings: &PasswordSettings) -> Option<HashingWarning> {
        if u64::from(settings.memory_kib) > self.memory_kib {
            Some(HashingWarning::TooLarge(*self, settings.memory_kib))
        } else if self.workers < self.wanted {
            Some(HashingWarning::Fewer(*self))
        } else {
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::memory::Grantor;
    use super::*;

    const MIB: u64 = 1024;

    fn plan(
        workers: usize,
        memory_kib: u32,
        cores: usize,
        granted_kib: u64,
    ) -> (usize, Option<HashingWarning>) {
        let settings = PasswordSettings { workers, memory_kib, ..PasswordSettings::default() };
        let grant = Grant { kib: granted_kib, by: Grantor::ControlGroup };
        let plan = HashingPlan::new(&settings, cores, grant);
        (plan.workers, plan.warning(&settings))
    }

    #[test]
    fn workers_are_the_cores_as_long_as_the_memory_is_enough() {
        assert_eq!(plan(0, 19_456, 8, 1024 * MIB), (8, None));
        assert_eq!(plan(0, 19_456, 64, u64::MAX), (64, None));
        assert_eq!(plan(3, 19_456, 64, 1024 * MIB), (3, None));
    }

    #[test]
    fn memory_limits_the_workers_whether_they_are_set_or_not() {
        // The unit's MemoryMax=1G on 64 cores: half of it, in pieces of 19 MiB.
        for (workers, cores) in [(0, 64), (64, 2)] {
            let (number, warning) = plan(workers, 19_456, cores, 1024 * MIB);
            assert_eq!(number, 26);
            assert!(matches!(warning, Some(HashingWarning::Fewer(_))), "{warning:?}");
        }
        // Raising the memory of one hash lowers the number.
        assert_eq!(plan(0, 65_536, 16, 1024 * MIB).0, 8);
        assert_eq!(plan(0, 131_072, 16, 1024 * MIB).0, 4);
    }

    #[test]
    fn one_worker_is_left_and_a_hash_that_is_too_large_is_said() {
        let (number, warning) = plan(0, 65_536, 16, 100 * MIB);
        assert_eq!(number, 1);
        assert!(warning.unwrap().to_string().contains("passwords.memory_kib is 65536"), "{warning:?}");
    }

    #[test]
    fn all_workers_together_never_take_more_than_half() {
        for granted in [64, 200, 512, 1024, 4096, 65_536] {
            for memory in [8, 19_456, 65_536, 1_048_576] {
                for cores in [1, 2, 16, 256] {
                    let (number, warning) = plan(0, memory, cores, granted * MIB);
                    let all = number as u64 * u64::from(memory);
                    let is_said = matches!(warning, Some(HashingWarning::TooLarge(..)));
                    assert!(all <= granted * MIB / 2 || is_said, "{granted} {memory} {cores}");
                }
            }
        }
    }
}
