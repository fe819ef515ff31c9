//! The use cases of an account's owner who has lost the second factor and the recovery codes, and
//! is signed in: ask for the removal with the password, or as [`confirm`] asks where the account
//! has none, and cancel it. Refuses a session whose key
//! is new, and accounts that must have a factor: an operator helps them.

use latchkey_token::{Claims, UnixTime};
use secrecy::SecretString;

use crate::accounts;
use crate::audit::{Entry, Event};
use crate::confirm::{self, Action};
use crate::database::work;
use crate::factors;
use crate::notices::{self, Happened, Notice};
use crate::own_factor::{OwnFactorError, account, device_key};
use crate::password_check::{self, Attempt, Caller};
use crate::service::Service;
use crate::sessions;

/// Asks for the removal of the second factor and the recovery codes. Returns when it is due. Every
/// other device and the owner's mail are told. Asking again changes nothing, and returns the same
/// time.
///
/// # Errors
/// [`OwnFactorError`]; [`OwnFactorError::Required`] also if the account has a role.
#[tracing::instrument(level = "debug", skip_all)]
pub async fn ask(
    service: &Service,
    caller: &Caller,
    token: &Claims,
    password: Option<SecretString>,
) -> Result<UnixTime, OwnFactorError> {
    let (found, jkt, now) = (account(service, token).await?, device_key(token)?, service.now());
    let (account, action) = (&found, Action::RemoveLostFactor);
    let read =
        service.database.read(|connection| work(factors::standing(connection, account, &service.factors)));
    let standing = read.await?;
    if standing.is_kept(account) {
        return Err(OwnFactorError::Required);
    }
    if !standing.has {
        return Err(OwnFactorError::NoFactor);
    }
    confirm::require_first(service, token, action, now).await?;
    let accepted = match account.has_password() && service.passwords_enabled {
        true => {
            let attempt = Attempt {
                caller,
                jkt: Some(jkt),
                proof: None,
                username: &account.username_key,
                account: Some(account.clone()),
                password: password.unwrap_or_default(),
                failure: Event::ConfirmationRefused,
            };
            Some(password_check::check(service, attempt, now).await?)
        }
        false => None,
    };
    let accepted = accepted.as_ref();
    let (address, sid) = (caller.address_text(), token.sid.as_str());
    let address = address.as_deref();
    let entry = Entry::person(Event::FactorRemovalAskedFor, &caller.device_id, address);
    let entry = entry.of(&account.id, &account.username).session(sid);
    let write = service.database.write(|connection| {
        work(async move {
            let present = match accepted {
                Some(accepted) => accepted.lock(&mut *connection).await??,
                None => {
                    let present = accounts::lock_and_find(&mut *connection, &account.id).await?;
                    present.ok_or(OwnFactorError::AccountRemoved)?
                }
            };
            confirm::require(&mut *connection, service, token, action, now).await?;
            // It may have been removed, or become required, while the password was compared.
            let standing = factors::standing(&mut *connection, &present, &service.factors).await?;
            match (present.is_disabled(), standing.is_kept(&present), standing.has) {
                (true, ..) => return Err(OwnFactorError::AccountDisabled),
                (_, true, _) => return Err(OwnFactorError::Required),
                (.., false) => return Err(OwnFactorError::NoFactor),
                _ => {}
            }
            if let Some(accepted) = accepted {
                accepted.settle(service, &mut *connection).await?;
            }
            let (due, is_new) = factors::ask_removal(&mut *connection, &account.id, sid, now).await?;
            if is_new {
                entry.write(&mut *connection, now).await?;
                let label = sessions::label_of(&mut *connection, sid).await?;
                let notice = Notice {
                    what: Happened::FactorRemoval { due },
                    account_id: &account.id,
                    sid: Some(sid),
                    jkt: Some(jkt),
                    address,
                    label: &label,
                    at: now,
                };
                notices::write(connection, &service.mail, &notice).await?;
            }
            Ok(due)
        })
    });
    let due = write.await?;
    tracing::info!(account = account.id, "removal of the second factor asked for");
    Ok(due)
}

/// Cancels the removal. May be repeated.
///
/// # Errors
/// [`OwnFactorError`].
#[tracing::instrument(level = "debug", skip_all)]
pub async fn cancel(service: &Service, caller: &Caller, token: &Claims) -> Result<(), OwnFactorError> {
    let (account, now) = (account(service, token).await?, service.now());
    device_key(token)?;
    let (account, address) = (&account, caller.address_text());
    let entry = Entry::person(Event::FactorRemovalCancelled, &caller.device_id, address.as_deref());
    let entry = entry.of(&account.id, &account.username).session(&token.sid);
    let write = service
        .database
        .write(|connection| work(factors::cancel_removal(connection, entry, &account.id, now)));
    if write.await? {
        tracing::info!(account = account.id, "removal of the second factor cancelled");
    }
    Ok(())
}
