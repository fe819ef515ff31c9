//! A code sets a new password and signs in. Where passwords are off it signs in and sets none, so
//! that its owner adds another way to sign in. For an account with a second factor it leads to a
//! challenge, and changes nothing until the factor is proven.

use latchkey_token::proof::VerifiedProof;
use latchkey_token::{Thumbprint, UnixTime};
use secrecy::{ExposeSecret as _, SecretString};

use super::{RedeemError, find, hashes};
use crate::accounts::{self, Account, Username};
use crate::audit::{Entry, Event};
use crate::challenge::{self, Goal, NextStep, Purpose, Redeemed};
use crate::code::{Code, CodeLength};
use crate::completion::Completion;
use crate::database::{DatabaseError, work};
use crate::factors;
use crate::failed_sign_in;
use crate::outbox::{self, UsedCode};
use crate::passkeys;
use crate::password_check::Caller;
use crate::passwords::{PasswordError, Queue};
use crate::pending::{self, Kind, Pending};
use crate::proven::Proven;
use crate::service::Service;
use crate::session_start::{SessionStart, SignedIn};
use crate::session_tokens;
use crate::sessions::{self, DeviceLabel};
use crate::throttle::{self, Source};
use crate::tokens::IssuedTokens;

/// Wrong codes after which a code that was asked for is over.
const MAX_TRIES: i64 = 5;

/// A code, and the password to set with it.
#[derive(Debug)]
pub struct Redemption {
    /// The code, as typed.
    pub code: SecretString,
    /// The new password; `None` where passwords are off, and only there.
    pub new_password: Option<SecretString>,
    /// The account's user name, as typed. Only an invitation needs none.
    pub username: Option<String>,
    /// The device's name and system.
    pub label: DeviceLabel,
}

/// Who redeems, with which code.
struct Attempt<'a> {
    caller: &'a Caller,
    jkt: &'a Thumbprint,
    label: &'a DeviceLabel,
    now: UnixTime,
}

/// The row of a right code, and its account.
struct Found {
    row: Pending,
    account: Account,
}

/// Sets the password of the account that the code is for, ends its sessions, and signs in. The same
/// device gets the same outcome for a minute, with the same password. The proof is consumed.
///
/// Where passwords are off it signs in: nothing else is set, no session ends, and the new one may
/// add a passkey or a link without another confirmation for ten minutes.
///
/// # Errors
/// See [`RedeemError`].
#[tracing::instrument(level = "debug", skip_all)]
pub async fn redeem(
    service: &Service,
    caller: &Caller,
    proof: &VerifiedProof,
    redemption: Redemption,
) -> Result<IssuedTokens, RedeemError> {
    let Redemption { code, new_password, username, label } = redemption;
    match (&new_password, service.passwords_enabled) {
        (Some(_), false) => return Err(RedeemError::PasswordsDisabled),
        (None, true) => return Err(RedeemError::PasswordMissing),
        (Some(_), true) | (None, false) => {}
    }
    // A slip costs no try.
    let code = Code::parse(code.expose_secret())?;
    let now = service.now();
    // Take a queue slot before recording the proof, so that a flood cannot fill the replay cache.
    let slot = service.passwords.slot(Queue::UnknownDevices).map_err(RedeemError::Password)?;
    service.proofs.consume(proof, now).await?;
    let attempt = &Attempt { caller, jkt: &proof.jkt, label: &label, now };
    let named = named(service, username.as_deref()).await?;
    let account = named.as_ref().and_then(|(_, account)| account.as_ref());
    let entered = enter(service, attempt, named.as_ref()).await?;
    let found = match code.length() {
        CodeLength::Long => made(service, &code, username.is_some(), account).await?,
        CodeLength::Short => asked_for(service, attempt, &code, account).await?,
        CodeLength::Recovery => None,
    };
    drop(slot);
    let Some(found) = found else {
        refuse(service, attempt, entered, account).await?;
        return Err(RedeemError::Invalid);
    };
    drop(entered);
    if found.row.spent_at.is_some() {
        return repeat(service, attempt, &found, new_password).await;
    }
    let Found { row, account } = found;
    if account.is_disabled() {
        return Err(RedeemError::AccountDisabled);
    }
    let kind = match row.kind {
        Kind::Invite => UsedCode::Invite,
        Kind::Factor => return Err(RedeemError::ForFactor),
        _ => UsedCode::Password,
    };
    let hash = match new_password.clone() {
        Some(password) => {
            let hash = service.passwords.hash_new(password, account.known()).await;
            Some(hash.map_err(RedeemError::Password)?)
        }
        None => None,
    };
    let redeemed = Redeemed { code_id: row.id, code: kind, hash };
    let standing = challenge::standing(service, &account).await?;
    if standing.is_protected() {
        // A passkey is a second proof already, which a code for the password does not replace.
        let authorized = standing.is_missing() && !has_passkey(service, &account).await?;
        let purpose = Purpose::new(Goal::Code(redeemed), &label, authorized);
        let challenge = challenge::begin(service, &account, (caller, &proof.jkt), &purpose, now).await?;
        return Err(RedeemError::Next(match standing.has {
            true => NextStep::SecondFactor(challenge),
            false => NextStep::Enrolment { challenge, authorized },
        }));
    }
    match complete(service, attempt, &account, &redeemed).await {
        // The same request may have come twice at the same time.
        Err(RedeemError::Used) => {
            let id = redeemed.code_id.as_str();
            let row = service.database.read(|connection| work(pending::find(connection, id))).await?;
            let account = service.database.read(|connection| work(accounts::find(connection, &account.id)));
            match (row, account.await?) {
                (Some(row), Some(account)) => {
                    repeat(service, attempt, &Found { row, account }, new_password).await
                }
                _ => Err(RedeemError::Used),
            }
        }
        completed => completed,
    }
}

async fn has_passkey(service: &Service, account: &Account) -> Result<bool, DatabaseError> {
    let count = service.database.read(|connection| work(passkeys::count(connection, &account.id)));
    Ok(count.await? > 0)
}

/// The name in the form by which an account is found, and the account.
async fn named(
    service: &Service,
    username: Option<&str>,
) -> Result<Option<(String, Option<Account>)>, DatabaseError> {
    let Some(typed) = username else { return Ok(None) };
    let Ok(name) = Username::parse(typed) else { return Ok(Some((typed.to_owned(), None))) };
    let name = &name;
    let found = service.database.read(|connection| work(accounts::find_by_name(connection, name)));
    Ok(Some((name.key().to_owned(), found.await?)))
}

/// Throttles by account and address, or by address where no account is named; a device that is
/// known to the account, by itself. `None`: there is neither a name nor an address to count by.
/// Only an invitation is redeemed so, and its code is too long to be guessed.
async fn enter(
    service: &Service,
    attempt: &Attempt<'_>,
    named: Option<&(String, Option<Account>)>,
) -> Result<Option<throttle::Attempt>, RedeemError> {
    let (address, jkt, database) = (attempt.caller.network(), attempt.jkt, &service.database);
    let source = match named {
        None => match address {
            Some(address) => Source::Code { address },
            None => return Ok(None),
        },
        Some((username, None)) => Source::UnknownDevice { username, address },
        Some((username, Some(account))) => {
            let id = account.id.as_str();
            let known = database.read(|connection| work(sessions::has_key(connection, id, jkt, None)));
            match known.await? {
                true => Source::KnownDevice { account_id: id, jkt },
                false => Source::UnknownDevice { username, address },
            }
        }
    };
    Ok(Some(service.throttle.enter(database, source, attempt.now).await?))
}

/// The code of an operator. Without a user name it is an invitation.
async fn made(
    service: &Service,
    code: &Code,
    is_named: bool,
    account: Option<&Account>,
) -> Result<Option<Found>, RedeemError> {
    let hashes = hashes(&service.seal, code)?;
    let hashes = hashes.as_slice();
    let row = service.database.read(|connection| work(find(connection, hashes))).await?;
    let Some(row) = row.filter(|row| row.spent_at.is_some() || service.now() < row.expires_at) else {
        return Ok(None);
    };
    let Some(id) = row.account_id.clone() else { return Ok(None) };
    let account = match account {
        Some(account) if account.id == id => Some(account.clone()),
        _ if is_named || row.kind != Kind::Invite => None,
        _ => {
            let id = id.as_str();
            service.database.read(|connection| work(accounts::find(connection, id))).await?
        }
    };
    Ok(account.map(|account| Found { row, account }))
}

/// The code that the key of the proof has asked for. A wrong one counts against what that key has
/// asked for, and against no other key's.
async fn asked_for(
    service: &Service,
    attempt: &Attempt<'_>,
    code: &Code,
    account: Option<&Account>,
) -> Result<Option<Found>, RedeemError> {
    // The same for an account that does not exist.
    let id = account.map_or("", |account| account.id.as_str());
    let rows = service.database.read(|connection| work(pending::find_of(connection, Kind::Forgot, id)));
    let mut rows = rows.await?;
    rows.retain(|row| row.is_of(Some(attempt.jkt)) && row.tries < MAX_TRIES && row.sent_at.is_some());
    let is_open = |row: &Pending| row.spent_at.is_none() && attempt.now < row.expires_at;
    rows.retain(|row| row.spent_at.is_some() || is_open(row));
    for row in &rows {
        if outbox::is_asked_code(&service.seal, &row.id, code)? {
            let found = account.map(|account| Found { row: row.clone(), account: account.clone() });
            return Ok(found);
        }
    }
    let open: Vec<&str> = rows.iter().filter(|row| is_open(row)).map(|row| row.id.as_str()).collect();
    let (open, now) = (open.as_slice(), attempt.now);
    let count = service.database.write(|connection| {
        work(async move {
            for id in open {
                pending::count_try(&mut *connection, id, MAX_TRIES, now).await?;
            }
            Ok::<_, DatabaseError>(())
        })
    });
    count.await?;
    Ok(None)
}

/// Counts and records a wrong code, and waits as after a wrong password.
async fn refuse(
    service: &Service,
    attempt: &Attempt<'_>,
    entered: Option<throttle::Attempt>,
    account: Option<&Account>,
) -> Result<(), DatabaseError> {
    let (now, address) = (attempt.now, attempt.caller.address_text());
    let device_id = &attempt.caller.device_id;
    let mut entry = Entry::person(Event::CodeRefused, device_id, address.as_deref());
    if let Some(account) = account {
        entry = entry.of(&account.id, &account.username);
    }
    let failed = entered.as_ref();
    let write = service.database.write(|connection| {
        work(async move {
            if let Some(failed) = failed {
                service.throttle.failed(&mut *connection, failed, now).await?;
            }
            entry.write(connection, now).await
        })
    });
    write.await?;
    // A delayed response no longer counts as an attempt in progress.
    drop(entered);
    failed_sign_in::log(attempt.caller.address, "invalid_code");
    service.passwords.delay_failure().await;
    Ok(())
}

/// The outcome of a code that was used: the same once more for the same device, if the password is
/// the one that was set, or none was.
async fn repeat(
    service: &Service,
    attempt: &Attempt<'_>,
    found: &Found,
    password: Option<SecretString>,
) -> Result<IssuedTokens, RedeemError> {
    let who = (attempt.caller, attempt.jkt);
    let Some(tokens) = session_tokens::repeat(service, &found.row, who, attempt.now).await? else {
        return Err(RedeemError::Used);
    };
    let Some(password) = password else { return Ok(tokens) };
    let slot = service.passwords.slot(Queue::KnownDevices).map_err(RedeemError::Password)?;
    let hash = Some(found.account.password_hash.clone());
    let compared = service.passwords.compare(slot, password, hash).await;
    match compared {
        Ok(comparison) if comparison.is_right => Ok(tokens),
        Ok(_) => Err(RedeemError::Used),
        Err(error) => Err(RedeemError::Password(error)),
    }
}

/// Sets the password, if there is one, and signs in, in one transaction.
async fn complete(
    service: &Service,
    attempt: &Attempt<'_>,
    account: &Account,
    redeemed: &Redeemed,
) -> Result<IssuedTokens, RedeemError> {
    let now = attempt.now;
    let proven = if redeemed.hash.is_some() { Proven::password() } else { Proven::one_time_code() };
    let who = SignedIn {
        account,
        caller: attempt.caller,
        jkt: Some(attempt.jkt),
        label: attempt.label,
        proven: &proven,
        authenticated_at: None,
    };
    let start = SessionStart::sign(service, who, now).await?;
    let completion = Completion { who, start, code: Some(redeemed), browser: None, at: now };
    let finish = &completion;
    let write = service.database.write(|connection| {
        work(async move {
            let present = accounts::lock_and_find(&mut *connection, &account.id).await?;
            let present = present.ok_or(RedeemError::Used)?;
            if factors::standing(&mut *connection, &present, &service.factors).await?.is_protected() {
                // A second factor has become required meanwhile: the next try asks for it.
                return Err(RedeemError::Password(PasswordError::Busy));
            }
            if !finish.spend_code(&mut *connection).await? {
                // It was used or ended in the meantime.
                return Err(RedeemError::Used);
            }
            Ok(finish.write(connection, service).await?)
        })
    });
    let ended = write.await?.announce(service);
    tracing::info!(account = account.id, ended, "a code was redeemed");
    Ok(completion.start.into_tokens())
}
