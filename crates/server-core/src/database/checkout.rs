//! A pooled connection while statements run on it. It returns to the pool only after an operation
//! that ended: if the future of an operation is dropped, at a deadline or because the client has
//! gone, the next one must not wait for the rest of its response.

use std::time::Duration;

use sqlx::pool::PoolConnection;
use sqlx::{Any, AnyConnection, AnyPool};
use tokio::runtime::Handle;

use super::error::DatabaseError;

/// A connection in use. Closed when this value is dropped, unless [`Checkout::finish`] was called.
pub(super) struct Checkout {
    connection: PoolConnection<Any>,
    /// How long the connection may take to return to the pool, which asks it for a sign of life.
    limit: Duration,
    is_usable: bool,
}

impl Checkout {
    pub(super) async fn new(pool: &AnyPool, limit: Duration) -> Result<Self, DatabaseError> {
        let connection = pool.acquire().await.map_err(DatabaseError::connecting)?;
        Ok(Self { connection, limit, is_usable: false })
    }

    pub(super) fn connection(&mut self) -> &mut AnyConnection {
        &mut self.connection
    }

    /// Ends the operation. `fault` is its error, if the database had a part in it.
    pub(super) fn finish(mut self, fault: Option<&DatabaseError>) {
        self.is_usable = fault.is_none_or(|fault| !fault.spoils_connection());
    }
}

impl Drop for Checkout {
    fn drop(&mut self) {
        match Handle::try_current() {
            Ok(runtime) if self.is_usable => {
                // The pool sets no limit of its own: a connection that froze would take its place
                // in the pool with it.
                runtime.spawn(tokio::time::timeout(self.limit, self.connection.return_to_pool()));
            }
            _ => self.connection.close_on_drop(),
        }
    }
}
