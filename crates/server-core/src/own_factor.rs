//! The use cases of an account's owner for its second factor: propose, switch on, remove, and new
//! recovery codes. Refuses a caller who has not confirmed who they are.

use latchkey_token::{Claims, Thumbprint, UnixTime};
use secrecy::SecretString;
use sqlx::AnyConnection;
use zeroize::Zeroizing;

use crate::accounts::{self, Account, Role};
use crate::audit::{Entry, Event};
use crate::confirm::{self, Action, NotConfirmed};
use crate::database::{DatabaseError, TransactionError, work};
use crate::factors::{self, Accepted, FactorError, Proposal, Standing};
use crate::language::Language;
use crate::notices::{self, Happened, Notice};
use crate::outbox::FactorChange;
use crate::password_check::{Caller, PasswordCheckError};
use crate::pending;
use crate::service::Service;
use crate::sessions;

/// Why a second factor was not changed. Nothing has changed, but a wrong code is counted.
#[derive(Debug, thiserror::Error)]
pub enum OwnFactorError {
    /// The account was removed.
    #[error("the account was removed")]
    AccountRemoved,
    /// An operator has disabled the account.
    #[error("the account is disabled")]
    AccountDisabled,
    /// The token is bound to no device key.
    #[error("a proof of possession is required")]
    ProofRequired,
    /// The first code of a proposed factor is wrong.
    #[error("the code is wrong")]
    WrongCode,
    /// Nothing is proposed to this device, or the proposal has expired.
    #[error("no second factor is proposed to this device")]
    EnrolmentExpired,
    /// The account must have a second factor.
    #[error("the account must have a second factor")]
    Required,
    /// The account has no second factor.
    #[error("the account has no second factor")]
    NoFactor,
    /// The caller's session has ended, or the caller has to confirm who they are.
    #[error(transparent)]
    NotConfirmed(#[from] NotConfirmed),
    /// The password was not accepted.
    #[error(transparent)]
    Password(#[from] PasswordCheckError),
    /// A secret, or the database.
    #[error(transparent)]
    Factor(#[from] FactorError),
    /// The database.
    #[error(transparent)]
    Database(#[from] DatabaseError),
}

impl TransactionError for OwnFactorError {
    fn database(&self) -> Option<&DatabaseError> {
        match self {
            Self::Database(error) | Self::NotConfirmed(NotConfirmed::Database(error)) => Some(error),
            Self::Factor(error) => error.database(),
            _ => None,
        }
    }
}

/// The second factor of an account, and what else its owner is shown. Times are seconds since 1970.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct OwnFactor {
    /// Whether an authenticator app is set up.
    pub totp: bool,
    /// How many recovery codes are left.
    pub recovery_codes_left: i64,
    /// Whether the account must have a second factor.
    pub required: bool,
    /// From when it is not renewed without one; `None` if it has one or need not.
    pub required_from: Option<i64>,
    /// When it is removed, because its owner has lost it; `None` if that was not requested.
    pub removal_at: Option<i64>,
    /// The language of mails to it; `None`: the server's.
    pub language: Option<Language>,
    /// Its role.
    pub role: Option<Role>,
}

/// The second factor of a verified access token's account. The first call for an account that must
/// have one and has none begins its grace period.
///
/// # Errors
/// [`OwnFactorError`].
#[tracing::instrument(level = "debug", skip_all)]
pub async fn show(service: &Service, token: &Claims) -> Result<OwnFactor, OwnFactorError> {
    let (account, now) = (account(service, token).await?, service.now());
    let found = &account;
    let read = service.database.read(|connection| {
        work(async move {
            let standing = factors::standing(&mut *connection, found, &service.factors).await?;
            let removal_at = factors::removal_at(&mut *connection, &found.id).await?;
            Ok((standing, factors::left(connection, &found.id).await?, removal_at))
        })
    });
    let (mut standing, left, removal_at) = read.await?;
    if standing.is_missing() != account.factor_asked_at.is_some() {
        let ask =
            service.database.write(|connection| work(factors::ask(connection, found, &service.factors, now)));
        standing = ask.await?;
    }
    let Standing { has, is_required, required_from } = standing;
    Ok(OwnFactor {
        totp: has,
        recovery_codes_left: left,
        required: is_required,
        required_from: required_from.map(UnixTime::seconds),
        removal_at: removal_at.map(UnixTime::seconds),
        language: account.language,
        role: account.role,
    })
}

/// Proposes a second factor to the caller's device, in place of an earlier proposal to it.
///
/// # Errors
/// [`OwnFactorError`].
#[tracing::instrument(level = "debug", skip_all)]
pub async fn propose(service: &Service, token: &Claims) -> Result<Proposal, OwnFactorError> {
    let (account, jkt, now) = (account(service, token).await?, device_key(token)?, service.now());
    let account = &account;
    let write = service.database.write(|connection| {
        work(async move {
            accounts::lock(&mut *connection, &account.id).await?;
            confirm::require(&mut *connection, service, token, Action::ChangeFactor, now).await?;
            Ok::<_, OwnFactorError>(factors::propose(connection, service, account, jkt, now).await?)
        })
    });
    write.await
}

/// Switches the proposed factor on, with the first code of the app. May be repeated.
///
/// # Errors
/// [`OwnFactorError`].
#[tracing::instrument(level = "debug", skip_all)]
pub async fn switch_on(
    service: &Service,
    caller: &Caller,
    token: &Claims,
    code: &SecretString,
) -> Result<(), OwnFactorError> {
    let (account, jkt, now) = (account(service, token).await?, device_key(token)?, service.now());
    let account = &account;
    let write = service.database.write(|connection| {
        work(async move {
            // The proposal of a session stays when the session ends.
            accounts::lock(&mut *connection, &account.id).await?;
            confirm::active_session(&mut *connection, service, token, now).await?;
            let accepted = factors::accept(&mut *connection, service, account, jkt, code, now).await?;
            if let Accepted::Now { replaced } = accepted {
                let change = if replaced { FactorChange::Replaced } else { FactorChange::SwitchedOn };
                let changed = Change { change, event: Event::FactorOn };
                tell(connection, service, (account, caller, token), changed, now).await?;
            }
            Ok::<_, OwnFactorError>(accepted)
        })
    });
    match write.await? {
        Accepted::Now { replaced } => {
            tracing::info!(account = account.id, replaced, "second factor switched on");
            Ok(())
        }
        Accepted::Before => Ok(()),
        Accepted::Wrong => {
            service.passwords.delay_failure().await;
            Err(OwnFactorError::WrongCode)
        }
        Accepted::Expired => Err(OwnFactorError::EnrolmentExpired),
    }
}

/// Removes the second factor and the recovery codes.
///
/// # Errors
/// [`OwnFactorError`]; [`OwnFactorError::Required`] if the account must have one.
#[tracing::instrument(level = "debug", skip_all)]
pub async fn remove(service: &Service, caller: &Caller, token: &Claims) -> Result<(), OwnFactorError> {
    let (account, now) = (account(service, token).await?, service.now());
    device_key(token)?;
    let account = &account;
    let write = service.database.write(|connection| {
        work(async move {
            let present = accounts::lock_and_find(&mut *connection, &account.id).await?;
            let present = present.ok_or(OwnFactorError::AccountRemoved)?;
            confirm::require(&mut *connection, service, token, Action::ChangeFactor, now).await?;
            if factors::standing(&mut *connection, &present, &service.factors).await?.is_required {
                return Err(OwnFactorError::Required);
            }
            if factors::remove(&mut *connection, &account.id).await? {
                pending::end_all_of(&mut *connection, &account.id).await?;
                let changed = Change { change: FactorChange::SwitchedOff, event: Event::FactorOff };
                tell(connection, service, (account, caller, token), changed, now).await?;
            }
            Ok(())
        })
    });
    write.await?;
    tracing::info!(account = account.id, "second factor removed");
    Ok(())
}

/// Makes new recovery codes in place of those before, and returns them, once.
///
/// # Errors
/// [`OwnFactorError`].
#[tracing::instrument(level = "debug", skip_all)]
pub async fn renew_recovery_codes(
    service: &Service,
    caller: &Caller,
    token: &Claims,
) -> Result<Vec<Zeroizing<String>>, OwnFactorError> {
    let (account, now) = (account(service, token).await?, service.now());
    device_key(token)?;
    let account = &account;
    let write = service.database.write(|connection| {
        work(async move {
            accounts::lock(&mut *connection, &account.id).await?;
            if !factors::has(&mut *connection, &account.id).await? {
                return Err(OwnFactorError::NoFactor);
            }
            confirm::require(&mut *connection, service, token, Action::ChangeFactor, now).await?;
            let codes = factors::renew_codes(&mut *connection, &service.seal, &account.id, now).await?;
            let changed = Change { change: FactorChange::RecoveryCodes, event: Event::RecoveryCodesMade };
            tell(connection, service, (account, caller, token), changed, now).await?;
            Ok(codes)
        })
    });
    write.await
}

pub(crate) async fn account(service: &Service, token: &Claims) -> Result<Account, OwnFactorError> {
    let id = token.sub.as_str();
    let found = service.database.read(|connection| work(accounts::find(connection, id))).await?;
    match found {
        None => Err(OwnFactorError::AccountRemoved),
        Some(account) if account.is_disabled() => Err(OwnFactorError::AccountDisabled),
        Some(account) => Ok(account),
    }
}

pub(crate) fn device_key(token: &Claims) -> Result<&Thumbprint, OwnFactorError> {
    token.cnf.as_ref().map(|bound| &bound.jkt).ok_or(OwnFactorError::ProofRequired)
}

/// A change of the factor, for the mail and the audit log.
#[derive(Clone, Copy)]
struct Change {
    change: FactorChange,
    event: Event,
}

/// Records a change and tells the owner.
async fn tell(
    connection: &mut AnyConnection,
    service: &Service,
    (account, caller, token): (&Account, &Caller, &Claims),
    changed: Change,
    now: UnixTime,
) -> Result<(), DatabaseError> {
    let (address, sid) = (caller.address_text(), token.sid.as_str());
    let entry = Entry::person(changed.event, &caller.device_id, address.as_deref());
    entry.of(&account.id, &account.username).session(sid).write(&mut *connection, now).await?;
    let label = sessions::label_of(&mut *connection, sid).await?;
    let notice = Notice {
        what: Happened::FactorChanged(changed.change),
        account_id: &account.id,
        sid: Some(sid),
        jkt: token.cnf.as_ref().map(|bound| &bound.jkt),
        address: address.as_deref(),
        label: &label,
        at: now,
    };
    notices::write(connection, &service.mail, &notice).await
}
