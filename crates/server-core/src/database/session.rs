//! The settings of each new connection. What the statements of this crate rely on is set here, and
//! not left to the defaults of a database.

use std::time::Duration;

use sqlx::{AnyConnection, AssertSqlSafe};

/// How a transaction begins where each may have another connection: with the settings of
/// [`prepare`], for itself, and without the prepared statements that another client has left on the
/// connection. Their names would be given twice.
pub(super) fn begin(limit: Duration) -> String {
    let (statement, idle) = (statement_timeout(limit), limit.as_millis());
    format!(
        "BEGIN ISOLATION LEVEL READ COMMITTED; SET LOCAL statement_timeout = {statement}; \
         SET LOCAL idle_in_transaction_session_timeout = {idle}; DEALLOCATE ALL"
    )
}

fn statement_timeout(limit: Duration) -> u128 {
    limit.as_millis() * 4 / 5
}

/// How long one try waits for SQLite's write lock.
pub(super) fn busy_timeout(limit: Duration) -> Duration {
    limit / 3
}

/// Prepares a new connection. `limit` is the deadline of an operation.
///
/// PostgreSQL: statements end at the server shortly before the deadline, so that a lock that
/// another holds does not cost a connection; and the isolation is the one that the statements are
/// written for. SQLite: each of three tries may wait for the write lock for a third of the
/// deadline. (The driver itself turns foreign keys on.)
pub(super) async fn prepare(
    connection: &mut AnyConnection,
    limit: Duration,
    is_owner: bool,
) -> Result<(), sqlx::Error> {
    let settings = if super::is_sqlite(connection) {
        let busy = format!("PRAGMA busy_timeout = {}", busy_timeout(limit).as_millis());
        // Stored in the file: a command that may not change the database leaves it.
        if is_owner { format!("{busy}; PRAGMA journal_mode = WAL") } else { busy }
    } else {
        format!(
            "SET statement_timeout = {}; SET idle_in_transaction_session_timeout = {}; \
             SET default_transaction_isolation = 'read committed'",
            statement_timeout(limit),
            limit.as_millis(),
        )
    };
    // Without parameters it is not a prepared statement, which some poolers refuse.
    sqlx::raw_sql(AssertSqlSafe(settings)).execute(connection).await?;
    Ok(())
}
