//! Passwords: which may be set, hashing with Argon2id on a bounded pool, and the delay of a
//! failure. Never reveals which of user name and password was wrong, by text or by time.

mod blocks;
mod foreign;
mod invalid_hash;
mod limits;
mod memory;
mod policy;
mod spelling;
mod stored;
mod workers;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use argon2::password_hash::PasswordHasher as _;
use argon2::{Algorithm, Argon2, Params, Version};
use secrecy::SecretString;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::breached::{BreachedFileError, BreachedPasswords};
use crate::settings::PasswordSettings;
use crate::threads::Threads;
use blocks::{Blocks, IdleBlocks};
use spelling::{normalised, spellings};
use stored::{Stored, Verdict};

pub use foreign::{FirebaseParameters, InvalidFirebaseParameters};
pub use invalid_hash::InvalidHash;
pub use memory::{Grant, Grantor};
pub use policy::MAX_PASSWORD_CHARS;
pub use workers::{HashingPlan, HashingWarning};

pub(crate) use foreign::read as read_foreign;

/// Maximum length of a password that is read, in bytes.
pub const MAX_PASSWORD_BYTES: usize = 1024;

/// Why a password was not set, hashed or compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PasswordError {
    /// Shorter than the setting `passwords.min_length`.
    #[error("the password is too short: it needs {min_length} characters at least")]
    TooShort {
        /// The setting, in characters.
        min_length: usize,
    },
    /// More than [`MAX_PASSWORD_CHARS`].
    #[error("the password is longer than {MAX_PASSWORD_CHARS} characters")]
    TooLong,
    /// A control character: no keyboard types it, and some programs truncate the text there.
    #[error("the password has a control character in it")]
    ControlCharacter,
    /// It is among the passwords that are guessed first.
    #[error("the password is too easy to guess: common words, names, rows of keys or repetitions")]
    TooCommon,
    /// It is in the file of the setting `passwords.breached_file`.
    #[error("the password is known from a breach")]
    Breached,
    /// That file cannot be searched. The password is refused: it may be on the list.
    #[error(transparent)]
    BreachedFile(#[from] BreachedFileError),
    /// CoreSettings that Argon2 does not allow (RFC 9106 §3.1), or that cost more than any sign-in
    /// may.
    #[error(
        "the settings passwords.memory_kib, iterations and parallelism are not valid for Argon2, or over 1 GiB, 64 and 64"
    )]
    Parameters,
    /// All workers are busy and the queue is full.
    #[error("too many passwords are being checked at the moment")]
    Busy,
    /// The crypto library failed.
    #[error("a password could not be hashed")]
    Failed,
    /// The hashing thread ended, because the process is stopping or the work panicked.
    #[error("a password was not hashed: its thread ended")]
    Interrupted,
    /// The system cannot start another thread.
    #[error("the hashing threads cannot be started: {0}")]
    Threads(std::io::ErrorKind),
}

/// The result of comparing a password.
#[derive(Debug)]
pub(crate) struct Comparison {
    pub(crate) is_right: bool,
    /// A stronger hash of the same password, to store instead of the current one.
    pub(crate) rehash: Option<String>,
}

/// Checks that passwords can be hashed with these settings, and searched for among breached ones.
///
/// # Errors
/// [`PasswordError::Parameters`], [`PasswordError::BreachedFile`].
pub fn check_password_settings(settings: &PasswordSettings) -> Result<(), PasswordError> {
    parameters(settings)?;
    settings.breached_file.as_deref().map_or(Ok(()), |file| Ok(BreachedPasswords::open(file).map(drop)?))
}

fn parameters(settings: &PasswordSettings) -> Result<Params, PasswordError> {
    Params::new(settings.memory_kib, settings.iterations, settings.parallelism, None)
        .ok()
        .filter(stored::is_affordable)
        .ok_or(PasswordError::Parameters)
}

/// What an account has instead of a hash before its first password is set.
pub(crate) const NO_PASSWORD: &str = "";

/// The kind of a stored hash, `none` without a password; `None` if it is damaged.
pub(crate) fn kind(stored: &str) -> Option<&'static str> {
    match stored {
        NO_PASSWORD => Some("none"),
        stored => Stored::parse(stored).ok().map(|stored| stored.kind()),
    }
}

/// The hashing pool.
#[derive(Clone)]
pub(crate) struct Passwords {
    argon2: Argon2<'static>,
    threads: Arc<Threads>,
    blocks: Arc<IdleBlocks>,
    /// One permit for each hash at a time.
    workers: Arc<Semaphore>,
    /// One permit for each KiB that hashes may take together: an imported hash may take more than
    /// `passwords.memory_kib`.
    memory: Arc<Semaphore>,
    memory_kib: u32,
    /// One permit for each password that is hashed or waits, by queue.
    known_devices: Arc<Semaphore>,
    unknown_devices: Arc<Semaphore>,
    delay: [u64; 2],
    min_length: usize,
    breached_file: Option<Arc<Path>>,
}

/// The queues for a worker. Both are equally long, so that guessers fill only the second one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Queue {
    /// For a device that was signed in to the account before, or a user whose token was verified.
    KnownDevices,
    /// For any other device.
    UnknownDevices,
}

/// A queue slot, occupied until it is dropped.
pub(crate) struct Slot {
    _permit: OwnedSemaphorePermit,
}

impl Passwords {
    pub(crate) fn new(settings: &PasswordSettings, plan: &HashingPlan) -> Result<Self, PasswordError> {
        check_password_settings(settings)?;
        let params = parameters(settings)?;
        let slots = plan.workers.saturating_add(settings.queue).min(Semaphore::MAX_PERMITS);
        let queue = || Arc::new(Semaphore::new(slots));
        // A single hash of this server always fits.
        let most = u32::try_from(Semaphore::MAX_PERMITS).unwrap_or(u32::MAX);
        let memory_kib = u32::try_from(plan.memory_kib).unwrap_or(most).clamp(settings.memory_kib, most);
        let threads =
            Threads::start("hash", plan.workers).map_err(|error| PasswordError::Threads(error.kind()))?;
        Ok(Self {
            blocks: Arc::new(IdleBlocks::new(params.block_count())),
            argon2: Argon2::new(Algorithm::Argon2id, Version::V0x13, params),
            threads: Arc::new(threads),
            workers: Arc::new(Semaphore::new(plan.workers)),
            memory: Arc::new(Semaphore::new(memory_kib as usize)),
            memory_kib,
            known_devices: queue(),
            unknown_devices: queue(),
            delay: settings.failure_delay_ms,
            min_length: settings.min_length,
            breached_file: settings.breached_file.as_deref().map(Arc::from),
        })
    }

    /// Takes a slot in a queue.
    ///
    /// # Errors
    /// [`PasswordError::Busy`], without waiting, if the queue is full.
    pub(crate) fn slot(&self, queue: Queue) -> Result<Slot, PasswordError> {
        let slots = match queue {
            Queue::KnownDevices => &self.known_devices,
            Queue::UnknownDevices => &self.unknown_devices,
        };
        Arc::clone(slots)
            .try_acquire_owned()
            .map(|permit| Slot { _permit: permit })
            .map_err(|_| PasswordError::Busy)
    }

    /// Checks a new password and hashes it, as a PHC string. `about` is what is known about its
    /// owner.
    #[tracing::instrument(level = "debug", skip_all)]
    pub(crate) async fn hash_new(
        &self,
        password: SecretString,
        about: Vec<String>,
    ) -> Result<String, PasswordError> {
        policy::check_form(&password, self.min_length)?;
        let argon2 = self.argon2.clone();
        let breached_file = self.breached_file.clone();
        let slot = self.slot(Queue::KnownDevices)?;
        let hash_uncommon = move |blocks: &mut Blocks| {
            if policy::is_common(&password, &about) {
                return Err(PasswordError::TooCommon);
            }
            if breached_file.map_or(Ok(false), |file| policy::is_breached(&password, &file))? {
                return Err(PasswordError::Breached);
            }
            hash(&argon2, &password, blocks)
        };
        self.work(slot, 0, hash_uncommon).await
    }

    /// Whether `password` matches `stored`. Without a stored hash (no such account, or one without
    /// a password), or with a damaged one, the same work is done and its result dropped; so it is
    /// for a wrong password whose stored hash is weaker than a new one, because a hash from another
    /// program may take no time at all.
    #[tracing::instrument(level = "debug", skip_all)]
    pub(crate) async fn compare(
        &self,
        slot: Slot,
        password: SecretString,
        stored: Option<String>,
    ) -> Result<Comparison, PasswordError> {
        let argon2 = self.argon2.clone();
        let stored = stored.filter(|text| text != NO_PASSWORD).and_then(|text| self.readable(&text));
        let memory_kib = stored.as_ref().map_or(0, Stored::memory_kib);
        let compare = move |blocks: &mut Blocks| {
            let verdict = |stored: &Stored| stored.verify(&password, argon2.params(), blocks);
            let verdict = stored.as_ref().map_or(Verdict::Wrong, verdict);
            let is_current = stored.is_some_and(|stored| stored.is_current(argon2.params()));
            if verdict == Verdict::Wrong && !is_current {
                // Only the cost counts.
                for spelling in spellings(&password) {
                    let _ = blocks.hash(&argon2, spelling.as_bytes(), &[0; 16], &mut [0; 32]);
                }
            }
            // If this fails, the old hash stays.
            let rehash =
                (verdict == Verdict::RightButWeak).then(|| hash(&argon2, &password, blocks).ok()).flatten();
            Ok(Comparison { is_right: verdict != Verdict::Wrong, rehash })
        };
        self.work(slot, memory_kib, compare).await
    }

    /// A stored hash, if it can be checked.
    fn readable(&self, text: &str) -> Option<Stored> {
        let stored = Stored::parse(text).inspect_err(|_| {
            tracing::error!("a stored password hash is damaged: its account cannot sign in");
        });
        stored.ok().filter(|stored| {
            let fits = stored.memory_kib() <= self.memory_kib;
            if !fits {
                let (needed, granted) = (stored.memory_kib(), self.memory_kib);
                tracing::error!(
                    needed,
                    granted,
                    "a password hash takes more memory than is granted: its account cannot sign in"
                );
            }
            fits
        })
    }

    /// Waits for the random delay of a failure. Holds no thread and no slot.
    pub(crate) async fn delay_failure(&self) {
        let [shortest, longest] = self.delay;
        let mut random = [0; 8];
        // If this fails, the delay is only less random.
        let _ = aws_lc_rs::rand::fill(&mut random);
        let span = longest.saturating_sub(shortest).saturating_add(1);
        let extra = u64::from_le_bytes(random).checked_rem(span).unwrap_or(0);
        tokio::time::sleep(Duration::from_millis(shortest.saturating_add(extra))).await;
    }

    /// Runs `job`, which takes at most `memory_kib` or the memory of a new hash, on one of the
    /// threads. The permits move along, so that a caller that gives up does not free them before
    /// the job ends.
    async fn work<T: Send + 'static>(
        &self,
        slot: Slot,
        memory_kib: u32,
        job: impl FnOnce(&mut Blocks) -> Result<T, PasswordError> + Send + 'static,
    ) -> Result<T, PasswordError> {
        let interrupted = |_| PasswordError::Interrupted;
        let worker = Arc::clone(&self.workers).acquire_owned().await.map_err(interrupted)?;
        let own_kib = self.argon2.params().m_cost();
        let (is_large, kib) = (memory_kib > own_kib, memory_kib.max(own_kib));
        let memory = Arc::clone(&self.memory).acquire_many_owned(kib).await.map_err(interrupted)?;
        let (permits, blocks) = ((slot, worker, memory), Arc::clone(&self.blocks));
        let task = self.threads.spawn(move || {
            let result = blocks.lend(is_large, job);
            drop(permits);
            result
        });
        task.await.map_err(|_| PasswordError::Interrupted)?
    }
}

fn hash(argon2: &Argon2<'_>, password: &SecretString, blocks: &mut Blocks) -> Result<String, PasswordError> {
    blocks.free();
    let hash = argon2.hash_password(normalised(password).as_bytes());
    hash.map(|hash| hash.to_string()).map_err(|_| PasswordError::Failed)
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;

    #[tokio::test]
    async fn a_wrong_password_for_a_fast_hash_costs_no_less_than_an_unknown_user() {
        let settings = PasswordSettings { memory_kib: 16_384, workers: 1, ..PasswordSettings::default() };
        let passwords = Passwords::new(&settings, &HashingPlan::of_this_process(&settings)).unwrap();
        let cost = async |stored: Option<&str>| {
            let (slot, started) = (passwords.slot(Queue::UnknownDevices).unwrap(), Instant::now());
            let compared = passwords.compare(slot, "autobots rule".into(), stored.map(str::to_owned)).await;
            let compared = compared.unwrap();
            assert!(!compared.is_right && compared.rehash.is_none());
            started.elapsed()
        };
        let salted = read_foreign("{SSHA}rVHdYQsYdNTyFALMHHRFYBaCHBxkaHNhbHRzYWx0", None).unwrap();
        let weak = "$argon2id$v=19$m=8,t=1,p=1$c29tZXNhbHQ$c29tZWhhc2hzb21laGFzaA";
        for stored in [salted.as_str(), weak, NO_PASSWORD] {
            // Other programs only add to a time: of enough rounds the shortest is the work itself.
            let (mut unknown, mut known) = (Duration::MAX, Duration::MAX);
            for round in 1..=30 {
                unknown = unknown.min(cost(None).await);
                known = known.min(cost(Some(stored)).await);
                if round >= 3 && known > unknown / 2 {
                    break;
                }
            }
            assert!(known > unknown / 2, "{stored}: {known:?}, {unknown:?}");
        }
    }
}
