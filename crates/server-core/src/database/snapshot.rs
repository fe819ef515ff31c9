//! One moment of the database, read in parts: a transaction that only reads, on a connection of its
//! own. Each part has the deadline of an operation. Writers do not wait for it.

use sqlx::AnyConnection;
use tokio::time::timeout;

use super::checkout::Checkout;
use super::{Database, DatabaseError, Work, is_sqlite};

/// PostgreSQL ends a session that pauses for longer in a transaction. A reader of the parts may be
/// slow, and must not block `VACUUM` indefinitely.
const BEGIN_POSTGRESQL: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; \
     SET LOCAL idle_in_transaction_session_timeout = '10min'";

/// SQLite's log (WAL) shows a transaction what it held at its first statement.
const BEGIN_SQLITE: &str = "BEGIN; SELECT COUNT(*) FROM shared_secrets";

/// A transaction that reads. Its connection is closed if it is dropped before [`Snapshot::end`].
pub(crate) struct Snapshot {
    checkout: Checkout,
    database: Database,
}

impl Database {
    /// Begins to read one moment of the database.
    pub(crate) async fn snapshot(&self) -> Result<Snapshot, DatabaseError> {
        let begin = async {
            let mut checkout = Checkout::new(&self.pool, &self.usage, self.limit).await?;
            let connection = checkout.connection();
            let begin = if is_sqlite(connection) { BEGIN_SQLITE } else { BEGIN_POSTGRESQL };
            sqlx::raw_sql(begin).execute(connection).await?;
            Ok(Snapshot { checkout, database: self.clone() })
        };
        timeout(self.limit, begin).await.unwrap_or(Err(DatabaseError::TimedOut(self.limit)))
    }
}

impl Snapshot {
    /// Reads a part.
    pub(crate) async fn read<'env, T>(
        &mut self,
        body: impl for<'c> FnOnce(&'c mut AnyConnection) -> Work<'env, 'c, Result<T, DatabaseError>> + Send + 'env,
    ) -> Result<T, DatabaseError> {
        let limit = self.database.limit;
        let part = timeout(limit, body(self.checkout.connection()).future).await;
        part.unwrap_or(Err(DatabaseError::TimedOut(limit)))
    }

    /// Ends the transaction, and returns the connection to the pool.
    pub(crate) async fn end(mut self) -> Result<(), DatabaseError> {
        let limit = self.database.limit;
        let ending = async {
            sqlx::raw_sql("COMMIT").execute(self.checkout.connection()).await?;
            Ok(())
        };
        let ended = timeout(limit, ending).await.unwrap_or(Err(DatabaseError::TimedOut(limit)));
        self.checkout.finish(ended.as_ref().err());
        ended
    }
}
