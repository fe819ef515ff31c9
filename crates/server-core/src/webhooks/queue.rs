//! Queues an event for the receivers that get it. The database knows them, so that an
//! operator's command queues as a server does.

use latchkey_token::UnixTime;
use sqlx::AnyConnection;

use crate::database::DatabaseError;

/// Queues an event of the audit log, in its transaction, for each receiver that gets it.
pub(crate) async fn insert(
    connection: &mut AnyConnection,
    audit_id: &str,
    event: &str,
    now: UnixTime,
) -> Result<(), DatabaseError> {
    // Not `LIKE`, for whose pattern SQLite would prepare the statement anew each time.
    let query = sqlx::query(
        "INSERT INTO outbox (id, kind, receiver, template, data, created_at, due_at, expires_at, attempts) \
         SELECT $1 || name, 'webhook', 'webhook:' || name, $2, $3, $4, $5, $6, 0 FROM webhooks \
         WHERE events = '' OR REPLACE(events, $7, '') <> events",
    );
    let (seconds, expires_at) = (now.seconds(), now.plus(super::MAX_SECONDS).seconds());
    query
        // The receiver is in it, because the same event has a row for each.
        .bind(format!("{audit_id}:"))
        .bind(event)
        .bind(format!("\"{audit_id}\""))
        .bind(seconds)
        .bind(seconds)
        .bind(expires_at)
        .bind(format!(" {event} "))
        .execute(connection)
        .await?;
    Ok(())
}

/// The receiver of a row, in the table `outbox`.
pub(super) fn receiver(name: &str) -> String {
    format!("webhook:{name}")
}
