//! A pooled connection while statements run on it. It returns to the pool only after an operation
//! that ended: if the future of an operation is dropped, at a deadline or because the client has
//! gone, the next one must not wait for the rest of its response.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use sqlx::pool::PoolConnection;
use sqlx::{Any, AnyConnection, AnyPool};
use tokio::runtime::Handle;

use super::error::DatabaseError;

/// A connection in use. Closed when this value is dropped, unless [`Checkout::finish`] was called.
pub(super) struct Checkout {
    connection: PoolConnection<Any>,
    in_use: Arc<AtomicU32>,
    /// How long the connection may take to return to the pool, which asks it for a sign of life.
    limit: Duration,
    is_usable: bool,
}

impl Checkout {
    /// Waits for a connection, and counts it in `in_use`.
    pub(super) async fn new(
        pool: &AnyPool,
        in_use: &Arc<AtomicU32>,
        limit: Duration,
    ) -> Result<Self, DatabaseError> {
        let connection = pool.acquire().await.map_err(|error| match error {
            // The pool tries again while connections are refused, and does not say so at the end.
            sqlx::Error::PoolTimedOut => {
                let max = pool.options().get_max_connections();
                match in_use.load(Ordering::Relaxed) >= max {
                    true => DatabaseError::AllInUse(max),
                    false => DatabaseError::Unreachable(pool.options().get_acquire_timeout()),
                }
            }
            error => DatabaseError::connecting(error),
        })?;
        in_use.fetch_add(1, Ordering::Relaxed);
        Ok(Self { connection, in_use: Arc::clone(in_use), limit, is_usable: false })
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
        self.in_use.fetch_sub(1, Ordering::Relaxed);
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
