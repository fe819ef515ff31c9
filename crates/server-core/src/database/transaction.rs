//! How transactions begin. What is in them is the caller's.

use std::sync::Arc;

use sqlx::{Any, AnyConnection, AssertSqlSafe, Connection as _, Transaction};

use super::error::DatabaseError;
use super::is_sqlite;

/// Begins a transaction, with `begin` where it has to bring its own settings.
pub(super) async fn begin<'c>(
    connection: &'c mut AnyConnection,
    begin: Option<&Arc<str>>,
) -> Result<Transaction<'c, Any>, DatabaseError> {
    Ok(match begin {
        Some(begin) => connection.begin_with(AssertSqlSafe(Arc::clone(begin))).await?,
        None => connection.begin().await?,
    })
}

/// Begins a transaction that writes. SQLite waits for its write lock here: to a transaction that
/// has read before, it refuses the lock at once if another has written meanwhile.
pub(super) async fn begin_writing<'c>(
    connection: &'c mut AnyConnection,
    begin: Option<&Arc<str>>,
) -> Result<Transaction<'c, Any>, DatabaseError> {
    if is_sqlite(connection) {
        return Ok(connection.begin_with("BEGIN IMMEDIATE").await?);
    }
    self::begin(connection, begin).await
}
