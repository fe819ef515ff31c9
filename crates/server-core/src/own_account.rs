//! The use cases of an account's owner: the current account, and its sessions. Other accounts'
//! sessions are never found.

use latchkey_token::{Claims, Profile};
use serde_json::{Map, Value};
use sqlx::AnyConnection;

use crate::accounts;
use crate::audit::{Entry, Event};
use crate::confirm::{self, Action, NotConfirmed};
use crate::database::{DatabaseError, TransactionError, work};
use crate::outbox::{self, Mail, Origin};
use crate::password_check::Caller;
use crate::service::Service;
use crate::sessions::{self, End, EndReason, ListedSession, Session, Which};

/// Why an account or its session is not available.
#[derive(Debug, thiserror::Error)]
pub enum OwnAccountError {
    /// The account was removed.
    #[error("the account was removed")]
    AccountRemoved,
    /// An operator has disabled the account.
    #[error("the account is disabled")]
    AccountDisabled,
    /// The account has no active session with this id.
    #[error("the account has no active session with this id")]
    NoSession,
    /// The caller's own session has ended, or the caller has to confirm who they are.
    #[error(transparent)]
    NotConfirmed(#[from] NotConfirmed),
    /// The database.
    #[error(transparent)]
    Database(#[from] DatabaseError),
}

impl TransactionError for OwnAccountError {
    fn database(&self) -> Option<&DatabaseError> {
        match self {
            Self::Database(error) | Self::NotConfirmed(NotConfirmed::Database(error)) => Some(error),
            _ => None,
        }
    }
}

/// An account, as shown to its owner.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct OwnAccount {
    /// Id: `sub` of its tokens.
    pub id: String,
    /// User name, names and address.
    pub profile: Profile,
    /// Custom claims.
    pub claims: Map<String, Value>,
}

/// The account of a verified access token.
///
/// # Errors
/// [`OwnAccountError`].
#[tracing::instrument(level = "debug", skip_all)]
pub async fn account(service: &Service, token: &Claims) -> Result<OwnAccount, OwnAccountError> {
    let id = token.sub.as_str();
    let found = service.database.read(|connection| work(accounts::find(connection, id))).await?;
    let account = found.ok_or(OwnAccountError::AccountRemoved)?;
    if account.is_disabled() {
        return Err(OwnAccountError::AccountDisabled);
    }
    Ok(OwnAccount { claims: account.token_claims()?, profile: account.profile(), id: account.id })
}

/// The active sessions of the account, latest contact first, 200 at most.
///
/// # Errors
/// See [`DatabaseError`].
#[tracing::instrument(level = "debug", skip_all)]
pub async fn list_sessions(service: &Service, token: &Claims) -> Result<Vec<ListedSession>, DatabaseError> {
    let (account, now) = (Some(token.sub.as_str()), service.now());
    let settings = (&service.sessions, &service.tokens);
    service.database.read(|connection| work(sessions::list(connection, account, settings, now))).await
}

/// Ends one session of the account.
///
/// # Errors
/// [`OwnAccountError`].
#[tracing::instrument(level = "debug", skip_all)]
pub async fn end_session(
    service: &Service,
    caller: &Caller,
    token: &Claims,
    sid: &str,
) -> Result<(), OwnAccountError> {
    match end(service, caller, token, Which::One(sid)).await? {
        0 => Err(OwnAccountError::NoSession),
        _ => Ok(()),
    }
}

/// Ends every session of the account except the token's.
///
/// # Errors
/// [`OwnAccountError`].
#[tracing::instrument(level = "debug", skip_all)]
pub async fn end_other_sessions(
    service: &Service,
    caller: &Caller,
    token: &Claims,
) -> Result<(), OwnAccountError> {
    let which = Which::Others { account_id: &token.sub, except: &token.sid };
    end(service, caller, token, which).await.map(drop)
}

/// Returns how many sessions ended.
async fn end(
    service: &Service,
    caller: &Caller,
    token: &Claims,
    which: Which<'_>,
) -> Result<usize, OwnAccountError> {
    let address = caller.address_text();
    let entry = Entry::person(Event::SessionEnded, &caller.device_id, address.as_deref());
    let entry = entry.of(&token.sub, &token.profile.preferred_username);
    let (now, sid) = (service.now(), token.sid.as_str());
    let origin = Origin::device(now, caller.address);
    let ended = service.database.write(|connection| {
        work(async move {
            accounts::lock(&mut *connection, &token.sub).await?;
            let is_key_new = match action(&mut *connection, token, which).await? {
                Some(action) => {
                    confirm::require(&mut *connection, service, token, action, now).await?.is_key_new
                }
                None => false,
            };
            let label = sessions::label_of(&mut *connection, sid).await?;
            let end = End::new(EndReason::EndedByDevice, entry, now).by(&label);
            let ended = sessions::end(&mut *connection, which, end).await?;
            // Who ends sessions so soon may not be the owner.
            if is_key_new && ended.count() > 0 {
                let mail = Mail::SessionsEnded { count: ended.count(), origin };
                outbox::mail(connection, &service.mail, &token.sub, &mail, now).await?;
            }
            Ok::<_, OwnAccountError>(ended)
        })
    });
    let count = ended.await?.announce(&service.revocations);
    tracing::info!(account = token.sub, count, "sessions ended");
    Ok(count)
}

/// What has to be confirmed. Ending one's own session asks for nothing.
async fn action(
    connection: &mut AnyConnection,
    token: &Claims,
    which: Which<'_>,
) -> Result<Option<Action>, OwnAccountError> {
    let Which::One(sid) = which else { return Ok(Some(Action::EndOlderSessions)) };
    let found = sessions::find(&mut *connection, sid).await?;
    let is_own = |session: &Session| session.account_id == token.sub;
    let session = found.filter(is_own).ok_or(OwnAccountError::NoSession)?;
    if sid == token.sid {
        return Ok(None);
    }
    let caller = sessions::find(connection, &token.sid).await?;
    let is_younger = caller.is_some_and(|caller| session.auth_time > caller.auth_time);
    Ok(Some(if is_younger { Action::EndYoungerSession } else { Action::EndOlderSessions }))
}
