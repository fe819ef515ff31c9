//! The SQL of the table `webhooks`. Each function takes a connection, so that a caller can do more
//! in one transaction.

use latchkey_token::UnixTime;
use sqlx::{AnyConnection, FromRow};

use super::receiver::{Endpoint, StopReason};
use crate::audit::Event;
use crate::database::DatabaseError;

/// How a receiver is doing.
#[derive(Clone, Debug, FromRow)]
pub(super) struct Row {
    pub(super) name: String,
    pub(super) events: String,
    pub(super) named_at: i64,
    pub(super) failures: i64,
    pub(super) failing_since: Option<i64>,
    pub(super) paused_until: Option<i64>,
    pub(super) stopped_at: Option<i64>,
    pub(super) stopped_why: Option<String>,
}

/// The events of a receiver as they are stored.
pub(super) fn stored(endpoint: &Endpoint) -> String {
    // Of a later or an earlier version: never written.
    let known = endpoint.events.iter().filter(|event| Event::NAMES.contains(&event.as_str()));
    known.fold(
        String::new(),
        |stored, event| if stored.is_empty() { format!(" {event} ") } else { stored + event + " " },
    )
}

/// All receivers, by name.
pub(super) async fn all(connection: &mut AnyConnection) -> Result<Vec<Row>, DatabaseError> {
    let query = sqlx::query_as(
        "SELECT name, events, named_at, failures, failing_since, paused_until, stopped_at, stopped_why \
         FROM webhooks ORDER BY name",
    );
    Ok(query.fetch_all(connection).await?)
}

pub(super) async fn find(connection: &mut AnyConnection, name: &str) -> Result<Option<Row>, DatabaseError> {
    let query = sqlx::query_as(
        "SELECT name, events, named_at, failures, failing_since, paused_until, stopped_at, stopped_why \
         FROM webhooks WHERE name = $1",
    );
    Ok(query.bind(name).fetch_optional(connection).await?)
}

/// Names a receiver, with the events that it gets.
pub(super) async fn put(
    connection: &mut AnyConnection,
    endpoint: &Endpoint,
    now: UnixTime,
) -> Result<(), DatabaseError> {
    let query = sqlx::query(
        "INSERT INTO webhooks (name, events, named_at, failures) VALUES ($1, $2, $3, 0) \
         ON CONFLICT (name) DO UPDATE SET events = excluded.events, named_at = excluded.named_at",
    );
    let query = query.bind(endpoint.name.as_str()).bind(stored(endpoint)).bind(now.seconds());
    query.execute(connection).await?;
    Ok(())
}

/// Names a receiver again. If it is there, it gets the events that it got before.
pub(super) async fn put_again(
    connection: &mut AnyConnection,
    endpoint: &Endpoint,
    now: UnixTime,
) -> Result<(), DatabaseError> {
    let query = sqlx::query(
        "INSERT INTO webhooks (name, events, named_at, failures) VALUES ($1, $2, $3, 0) \
         ON CONFLICT (name) DO UPDATE SET named_at = excluded.named_at",
    );
    let query = query.bind(endpoint.name.as_str()).bind(stored(endpoint)).bind(now.seconds());
    query.execute(connection).await?;
    Ok(())
}

/// Deletes a receiver, unless a server has named it meanwhile.
pub(super) async fn forget(connection: &mut AnyConnection, row: &Row) -> Result<(), DatabaseError> {
    let query = sqlx::query("DELETE FROM webhooks WHERE name = $1 AND named_at = $2");
    query.bind(row.name.as_str()).bind(row.named_at).execute(connection).await?;
    Ok(())
}

/// Records that a receiver has taken an event.
pub(super) async fn succeeded(connection: &mut AnyConnection, name: &str) -> Result<(), DatabaseError> {
    let query = sqlx::query(
        "UPDATE webhooks SET failures = 0, failing_since = NULL, paused_until = NULL \
         WHERE name = $1 AND failures > 0",
    );
    query.bind(name).execute(connection).await?;
    Ok(())
}

/// Records that a receiver failed, and when it may be tried again.
pub(super) async fn failed(
    connection: &mut AnyConnection,
    name: &str,
    (since, paused_until): (UnixTime, Option<UnixTime>),
) -> Result<(), DatabaseError> {
    let query = sqlx::query(
        "UPDATE webhooks SET failures = failures + 1, failing_since = $1, \
         paused_until = COALESCE($2, paused_until) WHERE name = $3",
    );
    let query = query.bind(since.seconds()).bind(paused_until.map(UnixTime::seconds)).bind(name);
    query.execute(connection).await?;
    Ok(())
}

/// Stops a receiver. Returns `false` if it was stopped before.
pub(super) async fn stop(
    connection: &mut AnyConnection,
    name: &str,
    why: StopReason,
    now: UnixTime,
) -> Result<bool, DatabaseError> {
    let query = sqlx::query(
        "UPDATE webhooks SET stopped_at = $1, stopped_why = $2 WHERE name = $3 AND stopped_at IS NULL",
    );
    let stopped = query.bind(now.seconds()).bind(why.as_str()).bind(name).execute(connection).await?;
    Ok(stopped.rows_affected() > 0)
}

/// Lets a receiver begin anew. Returns `false` if there is none.
pub(super) async fn resume(connection: &mut AnyConnection, name: &str) -> Result<bool, DatabaseError> {
    let query = sqlx::query(
        "UPDATE webhooks SET stopped_at = NULL, stopped_why = NULL, failures = 0, failing_since = NULL, \
         paused_until = NULL WHERE name = $1",
    );
    Ok(query.bind(name).execute(connection).await?.rows_affected() > 0)
}

/// Lets up to `max` rows that wait for a receiver be due. Returns how many there were.
pub(super) async fn make_due(
    connection: &mut AnyConnection,
    receiver: &str,
    max: u32,
    now: UnixTime,
) -> Result<u64, DatabaseError> {
    let query = sqlx::query(
        "UPDATE outbox SET due_at = $1 WHERE id IN (SELECT id FROM outbox WHERE receiver = $2 \
         AND done_at IS NULL AND due_at > $3 ORDER BY due_at LIMIT $4)",
    );
    let query = query.bind(now.seconds()).bind(receiver).bind(now.seconds()).bind(i64::from(max));
    Ok(query.execute(connection).await?.rows_affected())
}
