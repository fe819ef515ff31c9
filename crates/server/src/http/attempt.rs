//! One attempt at a password, be it to sign in or to change it: throttled before, counted and written down after. Unknown
//! user and wrong password cost the same.

use std::net::IpAddr;

use latchkey_token::proof::VerifiedProof;
use latchkey_token::{Thumbprint, UnixTime};
use secrecy::SecretString;
use sqlx::AnyConnection;

use super::possession;
use super::problem::Refusal;
use super::state::State;
use latchkey_server_core::accounts::{self, Account};
use latchkey_server_core::audit::{Entry, Event};
use latchkey_server_core::database::DatabaseError;
use latchkey_server_core::ip_prefix::household;
use latchkey_server_core::passwords::{Comparison, Queue};
use latchkey_server_core::sessions;
use latchkey_server_core::throttle::{self, Caller};

/// Who tries.
#[derive(Debug)]
pub(super) struct Claimant<'a> {
    pub(super) device_id: &'a str,
    /// The key that the device has shown it holds.
    pub(super) jkt: Option<&'a Thumbprint>,
    /// How it has shown that, if the proof is still to be used up.
    pub(super) proof: Option<&'a VerifiedProof>,
    pub(super) address: IpAddr,
}

/// The password was right.
pub(super) struct Passed {
    pub(super) account: Account,
    attempt: throttle::Attempt,
    stronger: Option<String>,
}

/// Compares a password with that of `account`, the one of the user name `name`, if there is one. A failure is answered
/// after a delay, and written down as `failure`.
pub(super) async fn attempt(
    state: &State,
    claimant: &Claimant<'_>,
    (name, account): (&str, Option<Account>),
    password: SecretString,
    failure: Event,
    now: UnixTime,
) -> Result<Passed, Refusal> {
    let (caller, queue) = match (claimant.jkt, &account) {
        (Some(jkt), Some(account)) if sessions::has_key(&state.database, &account.id, jkt).await? => {
            (Caller::Known { account_id: &account.id, jkt }, Queue::Known)
        }
        _ => (Caller::Stranger { username: name, address: household(claimant.address) }, Queue::Strangers),
    };
    // First a place, so that the proofs of a flood are not remembered.
    let place = state.passwords.place(queue)?;
    if let Some(proof) = claimant.proof {
        possession::use_up(state, proof, now)?;
    }
    let attempt = state.throttle.enter(&state.database, caller, now).await??;
    let hash = account.as_ref().map(|account| account.password_hash.clone());
    let Comparison { is_right, stronger } = state.passwords.compare(place, password, hash).await?;
    let refusal = match account {
        Some(account) if is_right && !account.is_disabled() => {
            return Ok(Passed { account, attempt, stronger });
        }
        Some(account) => {
            let refusal = if is_right { Refusal::AccountDisabled } else { Refusal::InvalidCredentials };
            write_failure(state, claimant, Some(&account), &attempt, (failure, &refusal), now).await?;
            refusal
        }
        None => {
            let refusal = Refusal::InvalidCredentials;
            write_failure(state, claimant, None, &attempt, (failure, &refusal), now).await?;
            refusal
        }
    };
    // Those who wait for an answer are not under way any more.
    drop(attempt);
    tracing::info!(code = refusal.code(), "a password was refused");
    state.passwords.delay_failure().await;
    Err(refusal)
}

async fn write_failure(
    state: &State,
    claimant: &Claimant<'_>,
    account: Option<&Account>,
    attempt: &throttle::Attempt,
    (event, refusal): (Event, &Refusal),
    now: UnixTime,
) -> Result<(), DatabaseError> {
    let address = claimant.address.to_string();
    let entry = Entry::person(event, claimant.device_id, &address).detail(refusal.code());
    let entry = match account {
        Some(account) => entry.of(&account.id, &account.username),
        None => entry,
    };
    let mut transaction = state.database.begin().await?;
    // Whoever knows the password of a shut account has guessed nothing.
    if *refusal == Refusal::InvalidCredentials {
        state.throttle.failed(&mut transaction, attempt, now).await?;
    }
    entry.write(&mut transaction, now).await?;
    Ok(transaction.commit().await?)
}

impl Passed {
    pub(super) async fn forget_failures(
        &self,
        state: &State,
        connection: &mut AnyConnection,
    ) -> Result<(), DatabaseError> {
        state.throttle.succeeded(connection, &self.attempt).await
    }

    /// Forgets the failures before, and stores a stronger hash if there is one.
    pub(super) async fn settle(
        &self,
        state: &State,
        connection: &mut AnyConnection,
    ) -> Result<(), DatabaseError> {
        self.forget_failures(state, connection).await?;
        if let Some(stronger) = &self.stronger {
            // Changed meanwhile: then that one stays.
            accounts::change_password(connection, &self.account, stronger).await?;
        }
        Ok(())
    }
}
