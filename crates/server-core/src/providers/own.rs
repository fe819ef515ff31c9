//! The links of the caller's account to providers' accounts: listed, removed. They are made by a
//! request to the browser.

use latchkey_token::Claims;

use super::links::{self, Link};
use crate::accounts::{self, Account};
use crate::audit::{Entry, Event};
use crate::confirm::{self, Action, NotConfirmed};
use crate::database::{DatabaseError, TransactionError, work};
use crate::password_check::Caller;
use crate::pending;
use crate::service::Service;

/// Why an owner's links were not changed. Nothing has changed.
#[derive(Debug, thiserror::Error)]
pub enum LinkError {
    /// The account has no link with this id.
    #[error("the account has no link with this id")]
    Unknown,
    /// Without it the account would have no way to sign in.
    #[error("the link is the last way to sign in")]
    LastWay,
    /// The account was removed.
    #[error("the account was removed")]
    AccountRemoved,
    /// An operator has disabled the account.
    #[error("the account is disabled")]
    AccountDisabled,
    /// The token is bound to no device key.
    #[error("a proof of possession is required")]
    ProofRequired,
    /// The caller's session has ended, or the caller has to confirm who they are.
    #[error(transparent)]
    NotConfirmed(#[from] NotConfirmed),
    /// The database.
    #[error(transparent)]
    Database(#[from] DatabaseError),
}

impl TransactionError for LinkError {
    fn database(&self) -> Option<&DatabaseError> {
        match self {
            Self::Database(error) | Self::NotConfirmed(NotConfirmed::Database(error)) => Some(error),
            _ => None,
        }
    }
}

/// The links of a verified access token's account, the oldest first, 100 at most.
///
/// # Errors
/// [`LinkError`].
#[tracing::instrument(level = "debug", skip_all)]
pub async fn list(service: &Service, token: &Claims) -> Result<Vec<Link>, LinkError> {
    account(service, token).await?;
    let id = token.sub.as_str();
    Ok(service.database.read(|connection| work(links::list(connection, id))).await?)
}

/// Removes a link. The provider's account signs in no more; sessions go on.
///
/// # Errors
/// [`LinkError`].
#[tracing::instrument(level = "debug", skip_all)]
pub async fn remove(service: &Service, caller: &Caller, token: &Claims, id: &str) -> Result<(), LinkError> {
    let (account, now) = (&account(service, token).await?, service.now());
    if token.cnf.is_none() {
        return Err(LinkError::ProofRequired);
    }
    let address = caller.address_text();
    let entry = Entry::person(Event::LinkRemoved, &caller.device_id, address.as_deref());
    let entry = entry.of(&account.id, &account.username).session(&token.sid);
    let write = service.database.write(|connection| {
        work(async move {
            // Of two that remove the last two ways at the same time, one stays.
            accounts::lock(&mut *connection, &account.id).await?;
            confirm::require(&mut *connection, service, token, Action::ChangeFactor, now).await?;
            let listed = links::list(&mut *connection, &account.id).await?;
            let link = listed.into_iter().find(|link| link.id == id).ok_or(LinkError::Unknown)?;
            if !links::remove(&mut *connection, &account.id, &link).await? {
                return Err(LinkError::Unknown);
            }
            if !confirm::credentials_of(&mut *connection, service, &account.id).await?.has_way_in() {
                return Err(LinkError::LastWay);
            }
            // A sign-in with it that is not finished.
            pending::end_all_of(&mut *connection, &account.id).await?;
            entry.detail(&link.issuer).write(connection, now).await?;
            Ok(())
        })
    });
    write.await?;
    tracing::info!(account = account.id, "link to a provider's account removed");
    Ok(())
}

/// The account of a token, if it is active.
async fn account(service: &Service, token: &Claims) -> Result<Account, LinkError> {
    let id = token.sub.as_str();
    match service.database.read(|connection| work(accounts::find(connection, id))).await? {
        None => Err(LinkError::AccountRemoved),
        Some(account) if account.is_disabled() => Err(LinkError::AccountDisabled),
        Some(account) => Ok(account),
    }
}
