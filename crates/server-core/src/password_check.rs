//! The check of a password, for a sign-in or a change: throttled before, counted and recorded
//! after. An unknown user and a wrong password cost the same and return the same error.

use std::net::IpAddr;

use latchkey_token::proof::VerifiedProof;
use latchkey_token::{Thumbprint, UnixTime};
use secrecy::SecretString;
use sqlx::AnyConnection;

use crate::accounts::{self, Account};
use crate::audit::{Entry, Event};
use crate::database::{DatabaseError, work};
use crate::failed_sign_in;
use crate::ip_prefix::ip_prefix;
use crate::passwords::{PasswordError, Queue};
use crate::proofs::ConsumeError;
use crate::service::Service;
use crate::sessions;
use crate::throttle::{self, Source, ThrottleError};

/// The device that calls.
#[derive(Clone, Debug)]
pub struct Caller {
    /// The device id that it reports.
    pub device_id: String,
    /// The address that it calls from. `None`: it called over a Unix socket, or through a proxy
    /// that names none. Such a caller is at no address for limits by address, and never at one that
    /// it shares with others.
    pub address: Option<IpAddr>,
}

impl Caller {
    /// The address as it is stored and shown.
    pub(crate) fn address_text(&self) -> Option<String> {
        self.address.map(|address| address.to_string())
    }

    /// The address as it counts for limits.
    pub(crate) fn network(&self) -> Option<IpAddr> {
        self.address.map(ip_prefix)
    }
}

/// Why a password was not accepted.
#[derive(Debug, thiserror::Error)]
pub enum PasswordCheckError {
    /// User name or password is wrong.
    #[error("the user name or the password is wrong")]
    Wrong,
    /// The password is right, but an operator has disabled the account.
    #[error("the account is disabled")]
    AccountDisabled,
    /// There were too many failures.
    #[error("too many failed attempts: wait {seconds} s")]
    TooManyAttempts {
        /// At least this long, in seconds.
        seconds: i64,
    },
    /// The proof of the request cannot be used.
    #[error(transparent)]
    Proof(#[from] ConsumeError),
    /// The password could not be compared; most likely the queue is full.
    #[error(transparent)]
    Hashing(#[from] PasswordError),
    /// The database.
    #[error(transparent)]
    Database(#[from] DatabaseError),
}

impl From<ThrottleError> for PasswordCheckError {
    fn from(error: ThrottleError) -> Self {
        match error {
            ThrottleError::Wait { seconds } => Self::TooManyAttempts { seconds },
            ThrottleError::Database(error) => Self::Database(error),
        }
    }
}

/// A password to check, and who presents it.
pub(crate) struct Attempt<'a> {
    pub(crate) caller: &'a Caller,
    /// The key that the device has proved to hold.
    pub(crate) jkt: Option<&'a Thumbprint>,
    /// Its proof, if that is not consumed yet.
    pub(crate) proof: Option<&'a VerifiedProof>,
    /// The user name, in the form by which it is found.
    pub(crate) username: &'a str,
    /// The account with this name, if there is one.
    pub(crate) account: Option<Account>,
    pub(crate) password: SecretString,
    /// The event that a failure is recorded as.
    pub(crate) failure: Event,
}

/// The password was right.
pub(crate) struct PasswordAccepted {
    pub(crate) account: Account,
    attempt: throttle::Attempt,
    rehash: Option<String>,
}

/// Checks a password. A failure is recorded, and returned after a random delay.
#[tracing::instrument(level = "debug", skip_all)]
pub(crate) async fn check(
    service: &Service,
    checked: Attempt<'_>,
    now: UnixTime,
) -> Result<PasswordAccepted, PasswordCheckError> {
    let Attempt { caller, jkt, proof, username, account, password, failure } = checked;
    let known = match (jkt, &account) {
        (Some(jkt), Some(account)) => {
            let (id, read) = (account.id.as_str(), &service.database);
            let is_known = read.read(|connection| work(sessions::has_key(connection, id, jkt, None))).await?;
            is_known.then_some(Source::KnownDevice { account_id: id, jkt })
        }
        _ => None,
    };
    let queue = if known.is_some() { Queue::KnownDevices } else { Queue::UnknownDevices };
    // Take a queue slot before recording the proof, so that a flood cannot fill the replay cache.
    let slot = service.passwords.slot(queue)?;
    if let Some(proof) = proof {
        service.proofs.consume(proof, now).await?;
    }
    let source = known.unwrap_or(Source::UnknownDevice { username, address: caller.network() });
    let entered = service.throttle.enter(&service.database, source, now).await;
    if failure == Event::SignInFailed && matches!(entered, Err(ThrottleError::Wait { .. })) {
        failed_sign_in::log(caller.address, "too_many_attempts");
    }
    let attempt = entered?;
    let hash = account.as_ref().map(|account| account.password_hash.clone());
    let comparison = service.passwords.compare(slot, password, hash).await?;
    let (account, error, code) = match account {
        Some(account) if comparison.is_right && !account.is_disabled() => {
            return Ok(PasswordAccepted { account, attempt, rehash: comparison.rehash });
        }
        Some(account) if comparison.is_right => {
            (Some(account), PasswordCheckError::AccountDisabled, "account_disabled")
        }
        account => (account, PasswordCheckError::Wrong, "invalid_credentials"),
    };
    let address = caller.address_text();
    let mut entry = Entry::person(failure, &caller.device_id, address.as_deref()).detail(code);
    if let Some(account) = &account {
        entry = entry.of(&account.id, &account.username);
    }
    // The right password of a disabled account is not a guess.
    let is_guess = matches!(error, PasswordCheckError::Wrong);
    record(service, entry, is_guess.then_some(&attempt), now).await?;
    // A delayed response no longer counts as an attempt in progress.
    drop(attempt);
    if failure == Event::SignInFailed {
        failed_sign_in::log(caller.address, code);
    } else {
        tracing::info!(code, "a password was refused");
    }
    service.passwords.delay_failure().await;
    Err(error)
}

/// Records a failure, and counts it if it was a guess.
async fn record(
    service: &Service,
    entry: Entry<'_>,
    guess: Option<&throttle::Attempt>,
    now: UnixTime,
) -> Result<(), DatabaseError> {
    let throttle = &service.throttle;
    service
        .database
        .write(|connection| {
            work(async move {
                if let Some(attempt) = guess {
                    throttle.failed(&mut *connection, attempt, now).await?;
                }
                entry.write(connection, now).await
            })
        })
        .await
}

impl PasswordAccepted {
    /// Locks the account's row until the transaction ends, and returns the account as it is by now.
    /// To be called in the transaction of what the password is for: its check takes time, above all
    /// in a queue, and meanwhile the owner or an operator may have changed the password, or
    /// disabled the account. The inner error says that it is not good any more.
    pub(crate) async fn lock(
        &self,
        connection: &mut AnyConnection,
    ) -> Result<Result<Account, PasswordCheckError>, DatabaseError> {
        let present = accounts::lock_and_find(connection, &self.account.id).await?;
        Ok(match present {
            Some(present) if present.password_hash != self.account.password_hash => {
                Err(match self.rehash {
                    // Another check at the same time may have stored a stronger hash of the same
                    // password: the next one tells.
                    Some(_) => PasswordCheckError::Hashing(PasswordError::Busy),
                    None => PasswordCheckError::Wrong,
                })
            }
            Some(present) if present.is_disabled() => Err(PasswordCheckError::AccountDisabled),
            Some(present) => Ok(present),
            None => Err(PasswordCheckError::Wrong),
        })
    }

    /// Deletes the failures before.
    pub(crate) async fn forget_failures(
        &self,
        service: &Service,
        connection: &mut AnyConnection,
    ) -> Result<(), DatabaseError> {
        service.throttle.succeeded(connection, &self.attempt).await
    }

    /// Stores a stronger hash if there is one. The account's row is to be locked.
    pub(crate) async fn store_rehash(&self, connection: &mut AnyConnection) -> Result<(), DatabaseError> {
        if let Some(rehash) = &self.rehash {
            accounts::set_password(connection, &self.account.id, rehash).await?;
        }
        Ok(())
    }

    /// Deletes the failures before, and stores a stronger hash if there is one. The account's row
    /// is to be locked.
    pub(crate) async fn settle(
        &self,
        service: &Service,
        connection: &mut AnyConnection,
    ) -> Result<(), DatabaseError> {
        self.forget_failures(service, &mut *connection).await?;
        self.store_rehash(connection).await
    }
}
