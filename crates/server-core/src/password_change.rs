//! The change of a password by its owner. A token alone is not enough, so that an attacker at an
//! unlocked window cannot take over the account.

use latchkey_token::{Claims, UnixTime};
use secrecy::SecretString;

use crate::accounts;
use crate::audit::{Entry, Event};
use crate::confirm::{self, Action, NotConfirmed};
use crate::database::{DatabaseError, TransactionError, work};
use crate::notices::{self, Happened, Notice};
use crate::password_check::{self, Attempt, Caller, PasswordAccepted, PasswordCheckError};
use crate::passwords::PasswordError;
use crate::pending;
use crate::service::Service;
use crate::sessions::{self, End, EndReason, Ended, Which};

/// The current password and the new one.
#[derive(Debug)]
pub struct PasswordChange {
    /// The current password.
    pub current: SecretString,
    /// The new password.
    pub new: SecretString,
    /// Whether every other session of the account ends.
    pub end_other_sessions: bool,
}

/// Why a password was not changed. Nothing has changed.
#[derive(Debug, thiserror::Error)]
pub enum PasswordChangeError {
    /// Passwords are off.
    #[error("passwords are off")]
    Disabled,
    /// The account was removed.
    #[error("the account was removed")]
    AccountRemoved,
    /// The token is bound to no device key.
    #[error("the token is bound to no device key")]
    Unbound,
    /// The session has ended, or the caller has to confirm who they are.
    #[error(transparent)]
    NotConfirmed(#[from] NotConfirmed),
    /// The current password was not accepted.
    #[error(transparent)]
    Current(#[from] PasswordCheckError),
    /// The new password is not allowed.
    #[error(transparent)]
    New(PasswordError),
    /// The database.
    #[error(transparent)]
    Database(#[from] DatabaseError),
}

impl TransactionError for PasswordChangeError {
    fn database(&self) -> Option<&DatabaseError> {
        match self {
            Self::Database(error) | Self::NotConfirmed(NotConfirmed::Database(error)) => Some(error),
            _ => None,
        }
    }
}

/// Changes the password of the caller's account. `token` has the claims of the verified access
/// token.
///
/// # Errors
/// [`PasswordChangeError`].
#[tracing::instrument(level = "debug", skip_all)]
pub async fn change_password(
    service: &Service,
    caller: &Caller,
    token: &Claims,
    change: PasswordChange,
) -> Result<(), PasswordChangeError> {
    if !service.passwords_enabled {
        return Err(PasswordChangeError::Disabled);
    }
    let jkt = token.cnf.as_ref().map(|bound| &bound.jkt).ok_or(PasswordChangeError::Unbound)?;
    let (id, now) = (token.sub.as_str(), service.now());
    confirm::require_first(service, token, Action::ChangePassword, now).await?;
    let found = service.database.read(|connection| work(accounts::find(connection, id)));
    let account = found.await?.ok_or(PasswordChangeError::AccountRemoved)?;
    let username = account.username_key.clone();
    let attempt = Attempt {
        caller,
        jkt: Some(jkt),
        proof: None,
        username: &username,
        account: Some(account),
        password: change.current,
        failure: Event::PasswordRefused,
    };
    let accepted = password_check::check(service, attempt, now).await?;
    let about = accepted.account.known();
    let hash = service.passwords.hash_new(change.new, about).await.map_err(PasswordChangeError::New)?;
    store(service, caller, token, &accepted, (&hash, change.end_other_sessions), now).await
}

async fn store(
    service: &Service,
    caller: &Caller,
    token: &Claims,
    accepted: &PasswordAccepted,
    (hash, end_others): (&str, bool),
    began: UnixTime,
) -> Result<(), PasswordChangeError> {
    let (now, account) = (service.now(), &accepted.account);
    let (sid, jkt) = (token.sid.as_str(), token.cnf.as_ref().map(|bound| &bound.jkt));
    let address = caller.address_text();
    let address = address.as_deref();
    let entry = |event| Entry::person(event, &caller.device_id, address).of(&account.id, &account.username);
    let changed = entry(Event::PasswordChanged).session(sid);
    let reason = EndReason::EndedByDevice;
    let end = End::new(reason, entry(Event::SessionEnded).detail("password_changed"), now);
    let write = service.database.write(|connection| {
        work(async move {
            accepted.lock(&mut *connection).await??;
            // The session may have ended while the passwords were hashed.
            confirm::require(&mut *connection, service, token, Action::ChangePassword, began).await?;
            accounts::set_password(&mut *connection, &account.id, hash).await?;
            accounts::password_changed(&mut *connection, &account.id, Some(sid), now).await?;
            // Codes and sign-ins that wait for a second factor are of the password before.
            pending::end_all_of(&mut *connection, &account.id).await?;
            accepted.forget_failures(service, &mut *connection).await?;
            changed.write(&mut *connection, now).await?;
            let which = Which::Others { account_id: &account.id, except: sid };
            let label = sessions::label_of(&mut *connection, sid).await?;
            let ended = match end_others {
                true => sessions::end(&mut *connection, which, end.by(&label)).await?,
                false => Ended::none(reason, now),
            };
            let notice = Notice {
                what: Happened::PasswordChanged,
                account_id: &account.id,
                sid: Some(sid),
                jkt,
                address,
                label: &label,
                at: now,
            };
            notices::write(connection, &service.mail, &notice).await?;
            Ok::<_, PasswordChangeError>(ended)
        })
    });
    let ended = write.await?.announce(&service.revocations);
    tracing::info!(account = account.id, ended, "password changed");
    Ok(())
}
