//! The check of an action in the caller's transaction. The session is read there: what a token says
//! of it may be a quarter of an hour old.

use latchkey_token::{Claims, UnixTime};
use sqlx::AnyConnection;

use super::credentials;
use super::rule::{self, Action, ConfirmationRequired, Known};
use crate::database::{DatabaseError, TransactionError, work};
use crate::service::Service;
use crate::sessions::{self, Session, SessionStatus};

/// How long a device key is new to an account, in seconds.
const NEW_KEY_SECONDS: i64 = 86_400;

/// Why an action may not begin.
#[derive(Debug, thiserror::Error)]
pub enum NotConfirmed {
    /// The session has ended.
    #[error("the session has ended")]
    SessionEnded,
    /// The caller has to confirm who they are.
    #[error(transparent)]
    Required(#[from] ConfirmationRequired),
    /// The database.
    #[error(transparent)]
    Database(#[from] DatabaseError),
}

impl TransactionError for NotConfirmed {
    fn database(&self) -> Option<&DatabaseError> {
        match self {
            Self::Database(error) => Some(error),
            _ => None,
        }
    }
}

/// The caller may go on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Allowed {
    /// Whether the session's device key first signed in to the account less than a day ago.
    pub(crate) is_key_new: bool,
}

/// The token's session, if it is active. Where the account can change meanwhile, its row is to be
/// locked before.
///
/// # Errors
/// [`NotConfirmed::SessionEnded`], [`NotConfirmed::Database`].
pub(crate) async fn active_session(
    connection: &mut AnyConnection,
    service: &Service,
    token: &Claims,
    now: UnixTime,
) -> Result<Session, NotConfirmed> {
    let found = sessions::find(connection, &token.sid).await?;
    let own = found.filter(|session| session.account_id == token.sub);
    let active = own.filter(|session| session.status(&service.sessions, now) == SessionStatus::Active);
    active.ok_or(NotConfirmed::SessionEnded)
}

/// Checks that the token is enough for an action. In a transaction that changes something, the
/// account's row is to be locked before.
///
/// # Errors
/// [`NotConfirmed`].
pub(crate) async fn require(
    connection: &mut AnyConnection,
    service: &Service,
    token: &Claims,
    action: Action,
    now: UnixTime,
) -> Result<Allowed, NotConfirmed> {
    let session = active_session(&mut *connection, service, token, now).await?;
    let known_since = match &session.jkt {
        Some(jkt) => sessions::key_known_since(&mut *connection, &token.sub, jkt).await?,
        None => None,
    };
    let known = Known {
        began: session.auth_time,
        has: credentials::of(connection, service, &token.sub).await?,
        is_key_new: known_since.is_none_or(|since| now.since(since) < NEW_KEY_SECONDS),
        adds_way: session.adds_way_until.is_some_and(|until| now < until),
    };
    rule::check(action, token, known, now)?;
    Ok(Allowed { is_key_new: known.is_key_new })
}

/// [`require`], before the work that the action begins with.
///
/// # Errors
/// [`NotConfirmed`].
pub(crate) async fn require_first(
    service: &Service,
    token: &Claims,
    action: Action,
    now: UnixTime,
) -> Result<Allowed, NotConfirmed> {
    let checked = service.database.read(|connection| {
        work(async move {
            match require(connection, service, token, action, now).await {
                Err(NotConfirmed::Database(error)) => Err(error),
                checked => Ok(checked),
            }
        })
    });
    checked.await?
}
