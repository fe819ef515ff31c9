//! A question to a provider about a session, step by step: it is asked, an answer has come, and
//! what it means. Each step is a transaction of its own, so that a server that is killed between
//! two leaves what is true.

use latchkey_token::UnixTime;
use secrecy::{ExposeSecret, SecretString};
use sqlx::AnyConnection;

use super::due::DueSession;
use super::grant::MAX_TOKEN_BYTES;
use super::rows::{self, Lease};
use super::sealed::about;
use crate::audit::{Entry, Event};
use crate::database::{DatabaseError, TransactionError, work};
use crate::outbox::retry;
use crate::seal::SealError;
use crate::service::Service;

/// What came of a question, as it was recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recorded {
    /// The session goes on.
    Confirmed,
    /// The provider has said no, and the session is held.
    SaidNo,
    /// There was no answer. The session goes on, or was held before.
    Silent,
    /// There was no answer for too long, and the session is held.
    Held,
    /// Another server asks meanwhile, or the session is over: nothing is recorded.
    Overtaken,
}

/// What to ask.
pub enum Question {
    /// Ask with this refresh token.
    Ask(SecretString),
    /// Another server asks, or the session is over.
    Over,
}

/// Why an answer is missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unanswered {
    /// The provider has certainly not acted on the question.
    NotAsked,
    /// It has answered, and the answer is stored, but it says nothing about the session.
    Answered,
    /// It may have, and have given out another refresh token.
    Lost,
}

/// Why a step was not made.
#[derive(Debug, thiserror::Error)]
pub enum RecheckError {
    /// The refresh token could not be sealed or opened.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// The database.
    #[error(transparent)]
    Database(#[from] DatabaseError),
}

impl TransactionError for RecheckError {
    fn database(&self) -> Option<&DatabaseError> {
        match self {
            Self::Database(error) => Some(error),
            Self::Seal(_) => None,
        }
    }
}

impl DueSession {
    fn lease(&self) -> Lease<'_> {
        Lease { sid: &self.row.sid, owner: &self.owner }
    }

    fn entry(&self, event: Event) -> Entry<'_> {
        Entry::server(event).account(&self.account_id).session(&self.row.sid).detail(&self.provider)
    }
}

/// Records that the provider is asked now. The question is to be sent right after.
///
/// # Errors
/// [`RecheckError`]: then nothing is to be sent.
pub async fn ask(service: &Service, due: &DueSession) -> Result<Question, RecheckError> {
    let Some(sealed) = &due.row.refresh_token else { return Ok(Question::Over) };
    let text = service.seal.open_sealed(&about(&due.row.sid), sealed)?;
    let text = std::str::from_utf8(&text).map_err(|_| SealError::Damaged)?;
    let token = SecretString::from(text.to_owned());
    let now = service.now();
    let write = service.database.write(|connection| work(rows::ask(connection, due.lease(), now)));
    Ok(if write.await? { Question::Ask(token) } else { Question::Over })
}

/// Stores that an answer has come, with the refresh token in it, if there is one: before the answer
/// is looked at. Returns `false` if another server has asked meanwhile; then this answer counts for
/// nothing.
///
/// # Errors
/// [`RecheckError`]: then nothing is stored, and the answer is as good as lost.
pub async fn answered(
    service: &Service,
    due: &DueSession,
    refresh_token: Option<&SecretString>,
) -> Result<bool, RecheckError> {
    let token = refresh_token.map(ExposeSecret::expose_secret);
    let token = token.filter(|token| (1..=MAX_TOKEN_BYTES).contains(&token.len()));
    let seal = |token: &str| service.seal.seal(&about(&due.row.sid), token.as_bytes());
    let sealed = token.map(seal).transpose()?;
    let sealed = sealed.as_deref();
    let write = service.database.write(|connection| {
        work(async move {
            let is_stored = rows::answered(&mut *connection, due.lease(), sealed).await?;
            if !is_stored {
                rows::confused(connection, &due.row.sid).await?;
            }
            Ok::<_, RecheckError>(is_stored)
        })
    });
    write.await
}

/// The answer confirms the session.
///
/// # Errors
/// [`DatabaseError`].
pub async fn confirmed(service: &Service, due: &DueSession) -> Result<Recorded, DatabaseError> {
    let now = service.now();
    let due_at = now.plus(due.recheck.every.seconds());
    let write =
        service.database.write(|connection| work(rows::confirmed(connection, due.lease(), due_at, now)));
    Ok(if write.await? { Recorded::Confirmed } else { Recorded::Overtaken })
}

/// The provider does not take the refresh token. That is a no, if the last answer has arrived.
///
/// # Errors
/// [`DatabaseError`].
pub async fn said_no(service: &Service, due: &DueSession) -> Result<Recorded, DatabaseError> {
    let now = service.now();
    let write = service.database.write(|connection| {
        work(async move {
            if due.row.is_lost != 0 {
                return silence(connection, due, (Unanswered::Lost, true), now).await;
            }
            if !rows::said_no(&mut *connection, due.lease(), now).await? {
                return Ok(Recorded::Overtaken);
            }
            due.entry(Event::ProviderSaidNo).write(connection, now).await?;
            Ok(Recorded::SaidNo)
        })
    });
    write.await
}

/// There was no answer, or none that means anything.
///
/// # Errors
/// [`DatabaseError`].
pub async fn unanswered(
    service: &Service,
    due: &DueSession,
    why: Unanswered,
) -> Result<Recorded, DatabaseError> {
    let now = service.now();
    service.database.write(|connection| work(silence(connection, due, (why, false), now))).await
}

/// Records silence, and holds the session if it has lasted for too long. `is_refused`: the refresh
/// token is worth nothing any more, so that no further question would be answered.
async fn silence(
    connection: &mut AnyConnection,
    due: &DueSession,
    (why, is_refused): (Unanswered, bool),
    now: UnixTime,
) -> Result<Recorded, DatabaseError> {
    let is_lost = match why {
        Unanswered::Lost => true,
        Unanswered::Answered => false,
        Unanswered::NotAsked => due.row.is_lost != 0,
    };
    // The clock may have been set back.
    let since = due.row.silent_since.map_or(now, UnixTime::new).min(now);
    let end = since.plus(due.recheck.silence.seconds());
    let retry = now.plus(retry::pause(due.row.attempts.saturating_add(1), false));
    let next = if end > now { retry.min(end) } else { retry };
    if !rows::unanswered(&mut *connection, due.lease(), is_lost, next, now).await? {
        return Ok(Recorded::Overtaken);
    }
    if end > now {
        return Ok(Recorded::Silent);
    }
    rows::hold_silent(&mut *connection, &due.row.sid, is_refused, now).await?;
    if due.row.held_at.is_some() {
        return Ok(Recorded::Silent);
    }
    due.entry(Event::ProviderSilent).write(connection, now).await?;
    Ok(Recorded::Held)
}
