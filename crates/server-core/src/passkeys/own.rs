//! The passkeys of the caller's account: listed, renamed, removed.

use latchkey_token::Claims;

use super::error::PasskeyError;
use super::{Passkey, change, is_name, rows};
use crate::accounts::{self, Account};
use crate::audit::{Entry, Event};
use crate::confirm::{self, Action};
use crate::database::work;
use crate::outbox::PasskeyChange;
use crate::password_check::Caller;
use crate::pending;
use crate::service::Service;
use crate::webauthn::NoPasskeys;

/// What an owner is shown.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct OwnPasskeys {
    /// The passkeys, the oldest first.
    pub passkeys: Vec<Passkey>,
    /// Why this server offers none; `None` if it does.
    pub unavailable: Option<NoPasskeys>,
}

/// The passkeys of a verified access token's account.
///
/// # Errors
/// [`PasskeyError`].
#[tracing::instrument(level = "debug", skip_all)]
pub async fn list(service: &Service, token: &Claims) -> Result<OwnPasskeys, PasskeyError> {
    account(service, token).await?;
    let id = token.sub.as_str();
    let passkeys = service.database.read(|connection| work(rows::list(connection, id))).await?;
    Ok(OwnPasskeys { passkeys, unavailable: service.relying_party.as_ref().err().copied() })
}

/// Gives a passkey another name.
///
/// # Errors
/// [`PasskeyError`].
#[tracing::instrument(level = "debug", skip_all)]
pub async fn rename(
    service: &Service,
    caller: &Caller,
    token: &Claims,
    id: &str,
    name: &str,
) -> Result<Passkey, PasskeyError> {
    let name = name.trim();
    if !is_name(name) {
        return Err(PasskeyError::InvalidName);
    }
    let account = account(service, token).await?;
    device_key(token)?;
    let (account, now, address) = (&account, service.now(), caller.address_text());
    let entry = Entry::person(Event::PasskeyRenamed, &caller.device_id, address.as_deref());
    let entry = entry.of(&account.id, &account.username).session(&token.sid).detail(name);
    let write = service.database.write(|connection| {
        work(async move {
            if !rows::rename(&mut *connection, (&account.id, id), name).await? {
                return Err(PasskeyError::NotFound);
            }
            entry.write(&mut *connection, now).await?;
            let listed = rows::list(connection, &account.id).await?;
            listed.into_iter().find(|passkey| passkey.id == id).ok_or(PasskeyError::NotFound)
        })
    });
    write.await
}

/// Removes a passkey. It is worth nothing from then on; its authenticator may still show it.
///
/// # Errors
/// [`PasskeyError`].
#[tracing::instrument(level = "debug", skip_all)]
pub async fn remove(
    service: &Service,
    caller: &Caller,
    token: &Claims,
    id: &str,
) -> Result<(), PasskeyError> {
    let (account, now) = (account(service, token).await?, service.now());
    device_key(token)?;
    let account = &account;
    let write = service.database.write(|connection| {
        work(async move {
            // Of two that remove the last two ways at the same time, one stays.
            accounts::lock(&mut *connection, &account.id).await?;
            confirm::require(&mut *connection, service, token, Action::ChangeFactor, now).await?;
            let listed = rows::list(&mut *connection, &account.id).await?;
            let removed = listed.into_iter().find(|passkey| passkey.id == id);
            let removed = removed.ok_or(PasskeyError::NotFound)?;
            if !rows::remove(&mut *connection, (&account.id, id)).await? {
                return Err(PasskeyError::NotFound);
            }
            if !confirm::credentials_of(&mut *connection, service, &account.id).await?.has_way_in() {
                return Err(PasskeyError::LastWay);
            }
            // A sign-in with it that is not finished.
            pending::end_all_of(&mut *connection, &account.id).await?;
            let change = (PasskeyChange::Removed, Event::PasskeyRemoved);
            change::tell(connection, &service.mail, (caller, token), change, &removed.name, now).await?;
            Ok(())
        })
    });
    write.await?;
    tracing::info!(account = account.id, "passkey removed");
    Ok(())
}

/// The account of a token, if it is active.
pub(super) async fn account(service: &Service, token: &Claims) -> Result<Account, PasskeyError> {
    let id = token.sub.as_str();
    match service.database.read(|connection| work(accounts::find(connection, id))).await? {
        None => Err(PasskeyError::AccountRemoved),
        Some(account) if account.is_disabled() => Err(PasskeyError::AccountDisabled),
        Some(account) => Ok(account),
    }
}

/// The device key of a token.
pub(super) fn device_key(token: &Claims) -> Result<&latchkey_token::Thumbprint, PasskeyError> {
    token.cnf.as_ref().map(|bound| &bound.jkt).ok_or(PasskeyError::ProofRequired)
}
