//! The connection to SQLite or PostgreSQL, by URL. Owns opening, migration and the only way to run
//! statements ([`Database::read`], [`Database::write`]); the SQL of a table is in the module of its
//! type. One SQL text serves both databases: `$1` parameters, TEXT and BIGINT.
//!
//! Every operation has one deadline, from the wait for a connection to the answer to its `COMMIT`.
//! A transaction that the database rolled back only because of others is repeated.

mod checkout;
mod error;
mod file;
mod schema;
mod session;
mod snapshot;
mod transaction;
mod words;

use std::marker::PhantomData;
use std::pin::Pin;
use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use aws_lc_rs::rand;
use sqlx::any::{AnyConnectOptions, AnyPoolOptions};
use sqlx::{AnyConnection, AnyPool, AssertSqlSafe, ConnectOptions, Connection};
use tokio::time::{Instant, sleep, timeout, timeout_at};

use crate::database_url::DatabaseUrl;
use crate::invalid_database_url::InvalidDatabaseUrl;
use crate::settings::{CoreSettings, PoolMode};
use checkout::{Checkout, Usage};
use schema::Version;

pub use error::DatabaseError;
pub(crate) use error::TransactionError;
pub(crate) use file::require;
pub(crate) use snapshot::Snapshot;

/// How long an operation waits for a connection. After that the database counts as away.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(3);

/// How often an operation is tried.
const MAX_TRIES: u32 = 3;

/// The pauses before a further try are this long at least, and three times as long at most.
const PAUSE: Duration = Duration::from_millis(10);

/// Asks for the right to write, and writes nothing: no row has this name. Both databases check the
/// right before they look for rows; PostgreSQL assigns no transaction id for it.
const MAY_WRITE: &str = "UPDATE shared_secrets SET value = value WHERE name = ''";

/// Whether opening may create the database and change its tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Opening {
    /// It must be there and up to date.
    Existing,
    /// It is created if it is missing, and brought up to date.
    Create,
}

/// Limits of one pool.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    pub(crate) connections: u32,
    /// The deadline of an operation.
    pub(crate) operation: Duration,
    /// The deadline of a migration.
    pub(crate) migration: Duration,
    pub(crate) pool_mode: PoolMode,
}

impl Limits {
    /// The limits of a server.
    pub(crate) fn of(settings: &CoreSettings) -> Self {
        Self {
            connections: settings.database_connections,
            operation: Duration::from_secs(settings.database_timeout_seconds),
            migration: Duration::from_secs(settings.database_migration_seconds),
            pool_mode: settings.database_pool_mode,
        }
    }

    /// The same with at most this many connections.
    pub(crate) fn with(self, connections: u32) -> Self {
        Self { connections, ..self }
    }

    /// How transactions begin, if each may have another connection.
    fn begin(&self, url: &DatabaseUrl) -> Option<Arc<str>> {
        let is_shared = self.pool_mode == PoolMode::Transaction && !url.is_sqlite();
        is_shared.then(|| session::begin(self.operation).into())
    }
}

/// A pool of connections. Cloning shares it.
#[derive(Clone, Debug)]
pub(crate) struct Database {
    pool: AnyPool,
    limit: Duration,
    is_sqlite: bool,
    /// How transactions begin, if a pooler may give each of them another connection. Then every
    /// statement is in one.
    begin: Option<Arc<str>>,
    usage: Arc<Usage>,
}

/// Statements to run on a connection: see [`work`].
pub(crate) struct Work<'env, 'c, T> {
    future: Pin<Box<dyn Future<Output = T> + Send + 'c>>,
    /// Allows the future to borrow from its environment: `'env` outlives `'c`.
    environment: PhantomData<&'c &'env ()>,
}

/// Makes a future the body of [`Database::read`] or [`Database::write`]. (Boxed, because the
/// compiler cannot show yet that the future of an async closure with a borrowed argument is
/// `Send`.)
pub(crate) fn work<'env, 'c, T>(future: impl Future<Output = T> + Send + 'c) -> Work<'env, 'c, T> {
    Work { future: Box::pin(future), environment: PhantomData }
}

impl Database {
    /// Connects, and checks or migrates the tables.
    pub(crate) async fn open(
        url: &DatabaseUrl,
        limits: &Limits,
        opening: Opening,
    ) -> Result<Self, DatabaseError> {
        let (limit, is_owner, begin) = (limits.operation, opening == Opening::Create, limits.begin(url));
        let options = options(url, begin.is_some())?;
        // The pool hides why a connection was not made behind a time-out.
        let mut first = connect(url, &options, limits, opening).await?;
        migrate_or_check(&mut first, limits, begin.as_ref(), opening).await?;
        let pool = AnyPoolOptions::new()
            .max_connections(limits.connections)
            .acquire_timeout(limit.min(ACQUIRE_TIMEOUT))
            // A connection to a file does not end while it is idle, as one to a server does.
            .test_before_acquire(!url.is_sqlite());
        let pool = match begin {
            Some(_) => pool,
            None => pool
                .after_connect(move |connection, _| Box::pin(session::prepare(connection, limit, is_owner))),
        };
        let pool = pool.connect_lazy_with(options);
        let database = Self { pool, limit, is_sqlite: is_sqlite(&first), begin, usage: Arc::default() };
        if !database.is_sqlite && database.begin.is_none() {
            // A pooler that loses prepared statements does so as soon as there are two connections.
            database.read(|connection| work(prepared(connection))).await?;
            timeout(limit, prepared(&mut first)).await.unwrap_or(Err(DatabaseError::TimedOut(limit)))?;
            database.read(|connection| work(prepared(connection))).await?;
        }
        let _ = timeout(limit, first.close()).await;
        Ok(database)
    }

    /// Brings the tables up to date, and does nothing else. Returns whether there was anything to
    /// do.
    pub(crate) async fn migrate(url: &DatabaseUrl, limits: &Limits) -> Result<bool, DatabaseError> {
        let begin = limits.begin(url);
        let mut first = connect(url, &options(url, begin.is_some())?, limits, Opening::Create).await?;
        let migrated = schema::migrate(&mut first, limits.migration, begin.as_ref()).await?;
        let _ = timeout(limits.operation, first.close()).await;
        Ok(migrated)
    }

    /// Runs statements that only read, on one connection.
    pub(crate) async fn read<'env, T>(
        &self,
        body: impl for<'c> Fn(&'c mut AnyConnection) -> Work<'env, 'c, Result<T, DatabaseError>> + Send + 'env,
    ) -> Result<T, DatabaseError> {
        let deadline = Instant::now() + self.limit;
        let mut tries = 1;
        loop {
            let attempt = async {
                let mut checkout = Checkout::new(&self.pool, &self.usage, self.limit).await?;
                let outcome = match &self.begin {
                    None => body(checkout.connection()).future.await,
                    Some(_) => {
                        let reading = async {
                            let mut transaction =
                                transaction::begin(checkout.connection(), self.begin.as_ref()).await?;
                            let found = body(&mut transaction).future.await?;
                            transaction.commit().await?;
                            Ok(found)
                        };
                        reading.await
                    }
                };
                checkout.finish(outcome.as_ref().err());
                outcome
            };
            let outcome = timeout_at(deadline, attempt).await;
            let outcome = outcome.unwrap_or(Err(DatabaseError::TimedOut(self.limit)));
            if !repeats(outcome.as_ref().err(), &mut tries).await {
                return outcome;
            }
        }
    }

    /// Runs one statement that writes, as a transaction of its own: it costs one round trip. `body`
    /// is called again if the transaction was rolled back because of others.
    pub(crate) async fn write_once<'env, T>(
        &self,
        body: impl for<'c> Fn(&'c mut AnyConnection) -> Work<'env, 'c, Result<T, DatabaseError>> + Send + 'env,
    ) -> Result<T, DatabaseError> {
        if self.begin.is_some() {
            return self.write(body).await;
        }
        self.read(body).await.map_err(|error| match error {
            DatabaseError::TimedOut(_) => DatabaseError::Unconfirmed("it did not answer in time"),
            error => error,
        })
    }

    /// Runs statements in one transaction: committed if `body` returns `Ok`, rolled back otherwise.
    /// `body` is called again if the transaction was rolled back because of others, so all that it
    /// does must be in the transaction. A `COMMIT` without an answer is never repeated.
    pub(crate) async fn write<'env, T, E: TransactionError>(
        &self,
        body: impl for<'c> Fn(&'c mut AnyConnection) -> Work<'env, 'c, Result<T, E>> + Send + 'env,
    ) -> Result<T, E> {
        let deadline = Instant::now() + self.limit;
        let mut tries = 1;
        loop {
            let is_committing = AtomicBool::new(false);
            let attempt = async {
                let mut checkout = Checkout::new(&self.pool, &self.usage, self.limit).await?;
                let transaction = async {
                    let mut transaction =
                        transaction::begin_writing(checkout.connection(), self.begin.as_ref()).await?;
                    let written = body(&mut transaction).future.await?;
                    is_committing.store(true, Ordering::Relaxed);
                    transaction.commit().await.map_err(DatabaseError::committing)?;
                    Ok(written)
                };
                let outcome: Result<T, E> = transaction.await;
                checkout.finish(outcome.as_ref().err().and_then(E::database));
                outcome
            };
            let outcome = timeout_at(deadline, attempt).await.unwrap_or_else(|_| {
                Err(E::from(match is_committing.load(Ordering::Relaxed) {
                    true => DatabaseError::Unconfirmed("it did not answer in time"),
                    false => DatabaseError::TimedOut(self.limit),
                }))
            });
            if !repeats(outcome.as_ref().err().and_then(E::database), &mut tries).await {
                return outcome;
            }
        }
    }

    /// Checks that the database can be written. A connection that cannot, because it leads to a
    /// standby, is closed.
    pub(crate) async fn check_writable(&self) -> Result<(), DatabaseError> {
        self.read(|connection| work(may_write(connection))).await
    }

    /// SQLite: writes the log (WAL) into the database and empties it, unless a reader needs it.
    /// Does not wait for readers, because it would hold up writers meanwhile.
    pub(crate) async fn checkpoint(&self) -> Result<(), DatabaseError> {
        if !self.is_sqlite {
            return Ok(());
        }
        let usual_timeout =
            format!("PRAGMA busy_timeout = {}", session::busy_timeout(self.limit).as_millis());
        let usual_timeout = usual_timeout.as_str();
        self.read(|connection| {
            work(async move {
                let checkpoint = "PRAGMA busy_timeout = 50; PRAGMA wal_checkpoint(TRUNCATE)";
                let written = sqlx::raw_sql(checkpoint).execute(&mut *connection).await;
                // Also after a failure: the connection is used again.
                sqlx::raw_sql(AssertSqlSafe(usual_timeout)).execute(connection).await?;
                written?;
                Ok(())
            })
        })
        .await
    }

    /// Waits for statements in progress and closes the files. Without an answer of the database
    /// this does not end.
    pub(crate) async fn close(&self) {
        self.pool.close().await;
    }
}

/// Checks that what this connection shows is the present, and not the past of a standby. SQLite has
/// no standby, and its one write lock is not asked for.
pub(crate) async fn check_primary(connection: &mut AnyConnection) -> Result<(), DatabaseError> {
    if is_sqlite(connection) { Ok(()) } else { may_write(connection).await }
}

/// `is_shared`: a pooler may give each transaction another connection, so that a statement that was
/// prepared in one is not there in the next.
fn options(url: &DatabaseUrl, is_shared: bool) -> Result<AnyConnectOptions, DatabaseError> {
    sqlx::any::install_default_drivers();
    url.check()?;
    let mut options = AnyConnectOptions::from_str(url.expose()).map_err(|_| InvalidDatabaseUrl::Form)?;
    if is_shared {
        options.database_url.query_pairs_mut().append_pair("statement-cache-capacity", "0");
    }
    Ok(options.disable_statement_logging())
}

/// Makes one connection, and the file of SQLite before it if `opening` allows that.
async fn connect(
    url: &DatabaseUrl,
    options: &AnyConnectOptions,
    limits: &Limits,
    opening: Opening,
) -> Result<AnyConnection, DatabaseError> {
    match opening {
        Opening::Create if url.is_sqlite() => file::create(url)?,
        Opening::Existing if url.is_sqlite() => file::require(url)?,
        _ => {}
    }
    let connecting = async {
        let mut connection = options.connect().await.map_err(DatabaseError::connecting)?;
        let mut tries = 1;
        loop {
            if limits.begin(url).is_some() {
                return Ok(connection);
            }
            let is_owner = opening == Opening::Create;
            let prepared = session::prepare(&mut connection, limits.operation, is_owner).await;
            let outcome = prepared.map_err(DatabaseError::from);
            // Of several first servers on a new SQLite file, one sets its journal mode.
            if !repeats(outcome.as_ref().err(), &mut tries).await {
                return outcome.map(|()| connection);
            }
        }
    };
    let limit = limits.operation;
    timeout(limit, connecting).await.unwrap_or(Err(DatabaseError::TimedOut(limit)))
}

async fn migrate_or_check(
    connection: &mut AnyConnection,
    limits: &Limits,
    begin: Option<&Arc<str>>,
    opening: Opening,
) -> Result<(), DatabaseError> {
    if opening == Opening::Create {
        return schema::migrate(connection, limits.migration, begin).await.map(drop);
    }
    let version = timeout(limits.operation, schema::version(connection, begin)).await;
    match version.unwrap_or(Err(DatabaseError::TimedOut(limits.operation)))? {
        Version::Current => Ok(()),
        Version::Empty => Err(DatabaseError::Empty),
        Version::Older => Err(DatabaseError::Older),
        Version::Newer => Err(DatabaseError::Newer),
    }
}

/// Whether an operation with this error is tried again. Waits before it is, for a random time, so
/// that two which were in each other's way are not again.
async fn repeats(error: Option<&DatabaseError>, tries: &mut u32) -> bool {
    if !error.is_some_and(DatabaseError::may_repeat) || *tries == MAX_TRIES {
        return false;
    }
    *tries += 1;
    let mut random = [0];
    // Without randomness the pause is the shortest.
    let _ = rand::fill(&mut random);
    sleep(PAUSE + PAUSE * u32::from(random[0]) / 128).await;
    true
}

async fn prepared(connection: &mut AnyConnection) -> Result<(), DatabaseError> {
    sqlx::query("SELECT COUNT(*) FROM shared_secrets WHERE name = $1").bind("").execute(connection).await?;
    Ok(())
}

async fn may_write(connection: &mut AnyConnection) -> Result<(), DatabaseError> {
    sqlx::query(MAY_WRITE).execute(connection).await?;
    Ok(())
}

fn is_sqlite(connection: &AnyConnection) -> bool {
    connection.backend_name() == "SQLite"
}

#[cfg(test)]
mod tests;
