//! A pooled connection while statements run on it. It returns to the pool only after an operation
//! that ended: if the future of an operation is dropped, at a deadline or because the client has
//! gone, the next one must not wait for the rest of its response.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use sqlx::pool::PoolConnection;
use sqlx::{Any, AnyConnection, AnyPool};
use tokio::runtime::Handle;
use tokio::sync::Notify;
use tokio::time::timeout;

use super::error::DatabaseError;

/// How long an operation waits for a connection on its way back to the pool before it makes another
/// one. The way takes one question to the database and its answer.
const RETURN_TIMEOUT: Duration = Duration::from_millis(50);

/// What the connections of a pool are doing.
#[derive(Debug, Default)]
pub(super) struct Usage {
    /// Operations that have a connection.
    operations: AtomicU32,
    /// Connections that have no operation any more and are not in the pool yet.
    returning: AtomicU32,
    returned: Notify,
}

impl Usage {
    /// Waits until a connection is back, if one is on its way and the pool has no other. Otherwise
    /// each of several operations, one after another, would make a new connection. A pooler with
    /// fewer connections than `database_connections` would hold the next one up, beside idle ones.
    async fn until_returned(&self, pool: &AnyPool) {
        let mut returned = pin!(self.returned.notified());
        // From here on no return is missed.
        returned.as_mut().enable();
        if pool.num_idle() == 0 && self.returning.load(Ordering::Acquire) > 0 {
            // After the time-out, the pool decides.
            let _ = timeout(RETURN_TIMEOUT, returned).await;
        }
    }
}

/// A connection on its way back to the pool.
struct Returning(Arc<Usage>);

impl Returning {
    fn new(usage: &Arc<Usage>) -> Self {
        usage.returning.fetch_add(1, Ordering::AcqRel);
        Self(Arc::clone(usage))
    }
}

impl Drop for Returning {
    fn drop(&mut self) {
        self.0.returning.fetch_sub(1, Ordering::AcqRel);
        self.0.returned.notify_waiters();
    }
}

/// A connection in use. Closed when this value is dropped, unless [`Checkout::finish`] was called.
pub(super) struct Checkout {
    connection: PoolConnection<Any>,
    usage: Arc<Usage>,
    /// How long the connection may take to return to the pool, which asks it for a sign of life.
    limit: Duration,
    is_usable: bool,
}

impl Checkout {
    /// Waits for a connection, and counts it in `usage`.
    pub(super) async fn new(
        pool: &AnyPool,
        usage: &Arc<Usage>,
        limit: Duration,
    ) -> Result<Self, DatabaseError> {
        usage.until_returned(pool).await;
        let connection = pool.acquire().await.map_err(|error| match error {
            // The pool tries again while connections are refused, and does not say so at the end.
            sqlx::Error::PoolTimedOut => {
                let max = pool.options().get_max_connections();
                match usage.operations.load(Ordering::Relaxed) >= max {
                    true => DatabaseError::AllInUse(max),
                    false => DatabaseError::Unreachable(pool.options().get_acquire_timeout()),
                }
            }
            error => DatabaseError::connecting(error),
        })?;
        usage.operations.fetch_add(1, Ordering::Relaxed);
        Ok(Self { connection, usage: Arc::clone(usage), limit, is_usable: false })
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
        self.usage.operations.fetch_sub(1, Ordering::Relaxed);
        match Handle::try_current() {
            Ok(runtime) if self.is_usable => {
                let returning = Returning::new(&self.usage);
                // The pool sets no limit of its own: a connection that froze would take its place
                // in the pool with it.
                let back = timeout(self.limit, self.connection.return_to_pool());
                runtime.spawn(async move {
                    let _ = back.await;
                    drop(returning);
                });
            }
            _ => self.connection.close_on_drop(),
        }
    }
}
