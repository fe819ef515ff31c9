//! A user who forgot the password asks for a code by mail. Known and unknown names get the same
//! answer for the same work: one row is written for either, and the mail is made from it later. The
//! typed name is not stored: it may be a password.

use latchkey_token::UnixTime;
use latchkey_token::proof::VerifiedProof;
use uuid::Uuid;

use super::limits;
use crate::accounts::{self, Account, Username};
use crate::audit::{Entry, Event};
use crate::database::{DatabaseError, work};
use crate::factors;
use crate::outbox;
use crate::password_check::Caller;
use crate::passwords::{PasswordError, Queue};
use crate::pending::{self, Kind, NewPending};
use crate::proofs::ConsumeError;
use crate::service::Service;

/// A request waits this long for its mail to be sent, in seconds. The life of its code begins then.
const WAIT_SECONDS: i64 = 86_400;

/// Why no code can be asked for. Nothing here depends on the name.
#[derive(Debug, thiserror::Error)]
pub enum AskError {
    /// There is no mail, or no code is sent by it.
    #[error("no codes are sent by mail")]
    Unavailable,
    /// The proof of the request cannot be used.
    #[error(transparent)]
    Proof(#[from] ConsumeError),
    /// The server is too busy.
    #[error(transparent)]
    Busy(#[from] PasswordError),
    /// The database.
    #[error(transparent)]
    Database(#[from] DatabaseError),
}

/// Asks for a code for the account with this user name, or with this e-mail address. Only the key
/// of the proof can redeem it. The proof is consumed.
///
/// # Errors
/// See [`AskError`]. Limits of mails are no error, because they would tell which names exist.
#[tracing::instrument(level = "debug", skip_all)]
pub async fn ask(
    service: &Service,
    caller: &Caller,
    proof: &VerifiedProof,
    typed: &str,
) -> Result<(), AskError> {
    if !service.mail.may_reset() {
        return Err(AskError::Unavailable);
    }
    let now = service.now();
    // Take a queue slot before recording the proof, so that a flood cannot fill the replay cache.
    let slot = service.passwords.slot(Queue::UnknownDevices)?;
    service.proofs.consume(proof, now).await?;
    let account = find(service, typed).await?;
    let account = eligible(service, account).await?;
    let hashed_address = caller.network().map(|address| service.throttle.address_id(address));
    store(service, caller, proof, account.as_ref(), hashed_address.as_deref(), now).await?;
    drop(slot);
    tracing::info!("a code was asked for");
    Ok(())
}

/// Finds an account by user name, or by an address that no other account has. Both are looked up in
/// any case.
async fn find(service: &Service, typed: &str) -> Result<Option<Account>, DatabaseError> {
    let name = Username::parse(typed).ok();
    let name = name.as_ref();
    let email = if typed.contains('\0') { "" } else { typed.trim() };
    let found = service.database.read(|connection| {
        work(async move {
            let named = match name {
                Some(name) => accounts::find_by_name(&mut *connection, name).await?,
                None => None,
            };
            let addressed = accounts::find_by_email(connection, email).await?;
            Ok(named.or(addressed))
        })
    });
    found.await
}

/// The account, if it may get a mail. The database is asked the same for one that does not exist.
async fn eligible(service: &Service, account: Option<Account>) -> Result<Option<Account>, DatabaseError> {
    let id = account.as_ref().map_or("", |account| account.id.as_str());
    let has_factor = service.database.read(|connection| work(factors::has(connection, id))).await?;
    Ok(account.filter(|account| {
        let may = service.mail.may_reset_account(has_factor, account.role.is_some());
        may && account.profile().email.is_some() && !account.is_disabled()
    }))
}

async fn store(
    service: &Service,
    caller: &Caller,
    proof: &VerifiedProof,
    account: Option<&Account>,
    hashed_address: Option<&str>,
    now: UnixTime,
) -> Result<(), DatabaseError> {
    let (id, address) = (Uuid::new_v4().to_string(), caller.address_text());
    let (id, address) = (id.as_str(), address.as_deref());
    let write = service.database.write(|connection| {
        work(async move {
            if !limits::allow_address(&mut *connection, hashed_address, now).await? {
                return Ok(());
            }
            limits::make_room(&mut *connection).await?;
            let account_id = account.map_or("", |account| account.id.as_str());
            let may = limits::allow_account(&mut *connection, account_id, hashed_address, now).await?;
            let account = account.filter(|_| may);
            let mut entry = Entry::person(Event::CodeAskedFor, &caller.device_id, address);
            if let Some(account) = account {
                entry = entry.of(&account.id, &account.username);
            }
            // For a name without account too, so that it takes as long.
            pending::supersede(&mut *connection, Kind::Forgot, account_id, &proof.jkt, now).await?;
            let row = NewPending {
                account_id: account.map(|account| account.id.as_str()),
                jkt: Some(&proof.jkt),
                device_id: Some(&caller.device_id),
                address: hashed_address,
                ..NewPending::of(id, Kind::Forgot, "", now.plus(WAIT_SECONDS))
            };
            pending::insert(&mut *connection, &row, now).await?;
            let account_id = account.map(|account| account.id.as_str());
            outbox::mail_asked_for(&mut *connection, &service.mail, account_id, id, now).await?;
            entry.write(connection, now).await
        })
    });
    write.await
}
