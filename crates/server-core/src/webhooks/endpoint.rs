//! The receivers, as an operator sees them: how each is doing, and that one begins anew.

use latchkey_token::UnixTime;
use serde::Serialize;
use sqlx::AnyConnection;

use super::receiver::StopReason;
use super::{queue, rows};
use crate::audit::{Entry, Event};
use crate::database::{DatabaseError, TransactionError, work};
use crate::outbox;
use crate::service::Service;

/// How a receiver is doing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct EndpointState {
    /// Its name.
    pub name: String,
    /// When a server last said that it is in its settings, in seconds since 1970.
    pub named_at: i64,
    /// How many events wait for it.
    pub queued: i64,
    /// How often it failed since it last took an event.
    pub failures: i64,
    /// Since when, in seconds since 1970.
    pub failing_since: Option<i64>,
    /// When it was stopped, in seconds since 1970.
    pub stopped_at: Option<i64>,
    /// Why it was stopped.
    pub stopped_why: Option<StopReason>,
}

/// Why a receiver was not resumed.
#[derive(Debug, thiserror::Error)]
pub enum ResumeError {
    /// There is none of this name.
    #[error(
        "no server knows a webhook with the name {0}: servers register those of their settings when they start"
    )]
    Unknown(String),
    /// The database.
    #[error(transparent)]
    Database(#[from] DatabaseError),
}

impl TransactionError for ResumeError {
    fn database(&self) -> Option<&DatabaseError> {
        match self {
            Self::Database(error) => Some(error),
            Self::Unknown(_) => None,
        }
    }
}

/// Whether there are events of this name.
#[must_use]
pub fn is_event(name: &str) -> bool {
    Event::NAMES.contains(&name)
}

/// How the receivers are doing, by name.
///
/// # Errors
/// [`DatabaseError`].
pub async fn endpoints(service: &Service) -> Result<Vec<EndpointState>, DatabaseError> {
    service.database.read(|connection| work(states(connection))).await
}

/// The same, in the caller's transaction.
pub(crate) async fn states(connection: &mut AnyConnection) -> Result<Vec<EndpointState>, DatabaseError> {
    let mut states = Vec::new();
    for row in rows::all(&mut *connection).await? {
        let queued = outbox::rows::count_open(&mut *connection, &queue::receiver(&row.name)).await?;
        states.push(EndpointState {
            name: row.name,
            named_at: row.named_at,
            queued,
            failures: row.failures,
            failing_since: row.failing_since,
            stopped_at: row.stopped_at,
            stopped_why: row.stopped_why.as_deref().map(StopReason::parse),
        });
    }
    Ok(states)
}

/// Lets a receiver that is stopped or fails begin anew, in the caller's transaction.
pub(crate) async fn resume(
    connection: &mut AnyConnection,
    name: &str,
    now: UnixTime,
) -> Result<(), ResumeError> {
    if !rows::resume(&mut *connection, name).await? {
        return Err(ResumeError::Unknown(name.to_owned()));
    }
    Ok(Entry::operator(Event::WebhookResumed).detail(name).write(connection, now).await?)
}

/// Lets up to `max` events that wait for a receiver be due. Returns how many there were.
pub(crate) async fn make_due(
    connection: &mut AnyConnection,
    name: &str,
    max: u32,
    now: UnixTime,
) -> Result<u64, DatabaseError> {
    rows::make_due(connection, &queue::receiver(name), max, now).await
}
