//! The receivers, and how each is doing. The settings say which there are; the database has a row
//! for each, written by the server that started last.

use latchkey_token::UnixTime;
use serde::Serialize;
use sqlx::AnyConnection;

use super::receiver::{Endpoint, StopReason};
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

/// Makes the receivers of the settings those that events are queued for from now on. Writes nothing
/// if they are.
///
/// # Errors
/// [`DatabaseError`].
pub async fn register(service: &Service, endpoints: &[Endpoint]) -> Result<(), DatabaseError> {
    let known = service.database.read(|connection| work(rows::all(connection))).await?;
    let is_known = |endpoint: &Endpoint| {
        known.iter().any(|row| row.name == endpoint.name && row.events == rows::stored(endpoint))
    };
    if known.len() == endpoints.len() && endpoints.iter().all(is_known) {
        return Ok(());
    }
    let is_set = |row: &&rows::Row| endpoints.iter().any(|endpoint| endpoint.name == row.name);
    let gone: Vec<&str> = known.iter().filter(|row| !is_set(row)).map(|row| row.name.as_str()).collect();
    service.database.write(|connection| work(replace(connection, endpoints, &gone))).await
}

/// Writes only: on SQLite, a transaction that reads first may not be able to write.
async fn replace(
    connection: &mut AnyConnection,
    endpoints: &[Endpoint],
    gone: &[&str],
) -> Result<(), DatabaseError> {
    for name in gone {
        rows::delete(&mut *connection, name).await?;
    }
    for endpoint in endpoints {
        rows::put(&mut *connection, endpoint).await?;
    }
    Ok(())
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
    if !rows::resume(&mut *connection, (name, &queue::receiver(name)), now).await? {
        return Err(ResumeError::Unknown(name.to_owned()));
    }
    Ok(Entry::operator(Event::WebhookResumed).detail(name).write(connection, now).await?)
}
