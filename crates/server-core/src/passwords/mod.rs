//! Passwords: which may be set, hashing with Argon2id on a bounded pool, and the delay of a failure. Nothing here ever says
//! which of user name and password was wrong, by text or by time.

mod policy;
mod spelling;
mod stored;
mod threads;

use std::sync::Arc;
use std::time::Duration;

use argon2::password_hash::PasswordHasher as _;
use argon2::{Algorithm, Argon2, Params, Version};
use secrecy::SecretString;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::settings::PasswordSettings;
use spelling::{normalised, spellings};
use stored::{Stored, Verdict};
use threads::Threads;

pub use policy::MAX_PASSWORD_CHARS;
pub use stored::InvalidHash;

/// The longest password that is looked at, in bytes.
pub const MAX_PASSWORD_BYTES: usize = 1024;

/// Why a password could not be set, hashed or compared.
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
    /// A control character, which no keyboard types and some programs cut the text at.
    #[error("the password has a control character in it")]
    ControlCharacter,
    /// One of those that are guessed first.
    #[error("the password is too easy to guess: common words, names, rows of keys or repetitions")]
    TooCommon,
    /// CoreSettings that Argon2 does not allow (RFC 9106 §3.1), or that cost more than any sign-in may.
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
}

/// What comparing a password said.
#[derive(Debug)]
pub struct Comparison {
    pub is_right: bool,
    /// A stronger hash of the same password, to be stored in place of the present one.
    pub stronger: Option<String>,
}

/// Checks a hash that comes from elsewhere.
pub fn check_hash(text: &str) -> Result<(), InvalidHash> {
    Stored::parse(text).map(drop)
}

/// What kind of hash a stored one is; `None` if it is damaged.
pub fn kind(stored: &str) -> Option<&'static str> {
    Stored::parse(stored).ok().map(|stored| stored.kind())
}

/// The hashing pool.
#[derive(Clone)]
pub struct Passwords {
    argon2: Argon2<'static>,
    threads: Arc<Threads>,
    /// One permit for each hash at a time.
    workers: Arc<Semaphore>,
    /// One permit for each password that is hashed or waits, by who waits.
    of_known: Arc<Semaphore>,
    of_strangers: Arc<Semaphore>,
    delay: [u64; 2],
    min_length: usize,
}

/// Who waits for a worker. Each has as many places, so that guessers, however many, fill their own only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Queue {
    /// A device that was signed in to the account before, or a person whose token was verified.
    Known,
    /// Anybody.
    Strangers,
}

/// A place in a queue, until it is dropped.
pub struct Place {
    _permit: OwnedSemaphorePermit,
}

impl Passwords {
    pub fn new(settings: &PasswordSettings) -> Result<Self, PasswordError> {
        let params = Params::new(settings.memory_kib, settings.iterations, settings.parallelism, None)
            .ok()
            .filter(stored::is_affordable)
            .ok_or(PasswordError::Parameters)?;
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let workers = if settings.workers == 0 { cores } else { settings.workers };
        let places = workers.saturating_add(settings.queue).min(Semaphore::MAX_PERMITS);
        let queue = || Arc::new(Semaphore::new(places));
        Ok(Self {
            argon2: Argon2::new(Algorithm::Argon2id, Version::V0x13, params),
            threads: Arc::new(Threads::start(workers).map_err(|_| PasswordError::Failed)?),
            workers: Arc::new(Semaphore::new(workers)),
            of_known: queue(),
            of_strangers: queue(),
            delay: settings.failure_delay_ms,
            min_length: settings.min_length,
        })
    }

    /// Takes a place in a queue, or says at once that it is full.
    pub fn place(&self, queue: Queue) -> Result<Place, PasswordError> {
        let places = match queue {
            Queue::Known => &self.of_known,
            Queue::Strangers => &self.of_strangers,
        };
        Arc::clone(places)
            .try_acquire_owned()
            .map(|permit| Place { _permit: permit })
            .map_err(|_| PasswordError::Busy)
    }

    /// Checks a new password and hashes it: a PHC string. `about` is what is known of its owner.
    pub async fn hash_new(
        &self,
        password: SecretString,
        about: Vec<String>,
    ) -> Result<String, PasswordError> {
        policy::check_form(&password, self.min_length)?;
        let argon2 = self.argon2.clone();
        let hashing = self.work(self.place(Queue::Known)?, move || {
            if policy::is_common(&password, &about) {
                return Err(PasswordError::TooCommon);
            }
            hash(&argon2, &password)
        });
        hashing.await?
    }

    /// Whether `password` is the one of `stored`. Without a stored hash (no such account) the same work is done for
    /// nothing; so it is for one that is damaged.
    pub async fn compare(
        &self,
        place: Place,
        password: SecretString,
        stored: Option<String>,
    ) -> Result<Comparison, PasswordError> {
        let argon2 = self.argon2.clone();
        let compare = move || {
            let verdict = match stored.as_deref().map(Stored::parse) {
                Some(Ok(stored)) => stored.verify(&password, &argon2),
                stored => {
                    if stored.is_some() {
                        tracing::error!("a stored password hash is damaged: its account cannot sign in");
                    }
                    // The results are made and dropped; only their cost counts.
                    for spelling in spellings(&password) {
                        let _ = argon2.hash_password(spelling.as_bytes());
                    }
                    Verdict::Wrong
                }
            };
            // A failure leaves the old hash where it is.
            let stronger =
                (verdict == Verdict::RightButWeak).then(|| hash(&argon2, &password).ok()).flatten();
            Comparison { is_right: verdict != Verdict::Wrong, stronger }
        };
        self.work(place, compare).await
    }

    /// Waits as long as a failure takes to answer. Holds no thread and no place.
    pub async fn delay_failure(&self) {
        let [shortest, longest] = self.delay;
        let mut random = [0; 8];
        // Without randomness the delay is only less random.
        let _ = aws_lc_rs::rand::fill(&mut random);
        let span = longest.saturating_sub(shortest).saturating_add(1);
        let extra = u64::from_le_bytes(random).checked_rem(span).unwrap_or(0);
        tokio::time::sleep(Duration::from_millis(shortest.saturating_add(extra))).await;
    }

    /// Runs `job` on one of the threads. The permits go along: a caller that gives up frees nothing before its time.
    async fn work<T: Send + 'static>(
        &self,
        place: Place,
        job: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, PasswordError> {
        let worker = Arc::clone(&self.workers).acquire_owned().await.map_err(|_| PasswordError::Failed)?;
        let held = (place, worker);
        let task = self.threads.spawn(move || {
            let result = job();
            drop(held);
            result
        });
        task.await.map_err(|_| PasswordError::Failed)
    }
}

fn hash(argon2: &Argon2<'_>, password: &SecretString) -> Result<String, PasswordError> {
    let hash = argon2.hash_password(normalised(password).as_bytes());
    hash.map(|hash| hash.to_string()).map_err(|_| PasswordError::Failed)
}
