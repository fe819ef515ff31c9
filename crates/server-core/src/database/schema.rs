//! The version of the tables: whether it is this program's, and its migration. Owns the table of
//! applied migrations (sqlx's `_sqlx_migrations`).
//!
//! A database that is up to date is only read, so a start does not wait for a lock that another
//! program holds.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use sqlx::migrate::{MigrateError, Migration, Migrator};
use sqlx::{AnyConnection, AssertSqlSafe};
use tokio::time::{sleep, timeout};

use super::error::DatabaseError;
use super::transaction;

/// Without the driver's lock, which belongs to a connection and not to a transaction.
static MIGRATIONS: LazyLock<Migrator> = LazyLock::new(|| {
    let mut migrations = sqlx::migrate!("./migrations");
    migrations.set_locking(false);
    migrations
});

/// The advisory lock of PostgreSQL that a migration holds: "latchkey" in ASCII.
const LOCK: i64 = i64::from_be_bytes(*b"latchkey");

/// After this time a migration is reported in the log: it waits for a lock, or has much to do.
const REPORT_AFTER: Duration = Duration::from_secs(1);

/// The pause between two tries to get SQLite's write lock.
const LOCK_PAUSE: Duration = Duration::from_millis(50);

/// The tables, as they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Version {
    /// There are none.
    Empty,
    Older,
    Current,
    Newer,
}

/// Compares the migrations that were applied with those of this program.
pub(super) async fn version(
    connection: &mut AnyConnection,
    begin: Option<&Arc<str>>,
) -> Result<Version, DatabaseError> {
    let mut transaction = transaction::begin(connection, begin).await?;
    let version = compare(&mut transaction).await?;
    transaction.commit().await?;
    Ok(version)
}

async fn compare(connection: &mut AnyConnection) -> Result<Version, DatabaseError> {
    let tables = if super::is_sqlite(connection) {
        "SELECT COUNT(*) FROM sqlite_master WHERE type = 'table' AND name = '_sqlx_migrations'"
    } else {
        "SELECT COUNT(*) FROM pg_class WHERE oid = to_regclass('_sqlx_migrations')"
    };
    let tables: i64 = sqlx::query_scalar(tables).fetch_one(&mut *connection).await?;
    if tables == 0 {
        return Ok(Version::Empty);
    }
    let query = sqlx::query_as("SELECT version, checksum FROM _sqlx_migrations WHERE success = TRUE");
    let applied: Vec<(i64, Vec<u8>)> = query.fetch_all(connection).await?;
    let applied: HashMap<i64, Vec<u8>> = applied.into_iter().collect();
    if applied.keys().any(|version| !MIGRATIONS.version_exists(*version)) {
        return Ok(Version::Newer);
    }
    // Another text under the same number is reported by the migration.
    let is_applied =
        |ours: &Migration| applied.get(&ours.version).is_some_and(|checksum| checksum[..] == *ours.checksum);
    Ok(if MIGRATIONS.iter().all(is_applied) { Version::Current } else { Version::Older })
}

/// Brings the tables up to date within `limit`. Servers that start at the same time do it one after
/// the other. Returns whether there was anything to do.
pub(super) async fn migrate(
    connection: &mut AnyConnection,
    limit: Duration,
    begin: Option<&Arc<str>>,
) -> Result<bool, DatabaseError> {
    let late = |_| DatabaseError::MigrationTimedOut(limit);
    match timeout(limit, version(connection, begin)).await.map_err(late)?? {
        Version::Current => return Ok(false),
        Version::Newer => return Err(DatabaseError::Newer),
        Version::Empty | Version::Older => {}
    }
    let mut migrating = std::pin::pin!(timeout(limit, run(connection, limit, begin)));
    let outcome = tokio::select! {
        outcome = &mut migrating => outcome,
        () = sleep(REPORT_AFTER) => {
            tracing::warn!(
                limit = limit.as_secs(),
                "the database is not up to date yet: another server migrates it, or this one still does"
            );
            migrating.await
        }
    };
    outcome.map_err(late)?.map(|()| true)
}

/// All steps in one transaction, which holds a lock from its beginning to its end: SQLite's write
/// lock, or an advisory one.
///
/// `run_direct` instead of `run`, because with `run` the compiler cannot see that the future is
/// `Send`.
async fn run(
    connection: &mut AnyConnection,
    limit: Duration,
    begin: Option<&Arc<str>>,
) -> Result<(), DatabaseError> {
    let mut transaction = if super::is_sqlite(connection) {
        loop {
            match transaction::begin_writing(connection, begin).await {
                Ok(transaction) => break transaction,
                Err(DatabaseError::Contended(_)) => sleep(LOCK_PAUSE).await,
                Err(error) => return Err(error),
            }
        }
    } else {
        let mut transaction = transaction::begin(connection, begin).await?;
        // A migration of a large table takes longer than any other statement; the wait for a lock
        // ends at the server too.
        let lock = format!(
            "SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0; \
             SET LOCAL lock_timeout = {}; SELECT pg_advisory_xact_lock({LOCK})",
            limit.as_millis()
        );
        let locked = sqlx::raw_sql(AssertSqlSafe(lock)).execute(&mut *transaction).await;
        locked.map_err(|error| failed(MigrateError::Execute(error), limit))?;
        transaction
    };
    let run = MIGRATIONS.run_direct(None, &mut *transaction, false).await;
    run.map_err(|error| failed(error, limit))?;
    Ok(transaction.commit().await?)
}

fn failed(error: MigrateError, limit: Duration) -> DatabaseError {
    match error {
        MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) => {
            match DatabaseError::from(error) {
                DatabaseError::Contended(_) => DatabaseError::MigrationTimedOut(limit),
                error => error,
            }
        }
        MigrateError::VersionMissing(_) => DatabaseError::Newer,
        error => DatabaseError::Migration(error),
    }
}
