//! The table `throttles`.

use latchkey_token::UnixTime;
use sqlx::{AnyConnection, FromRow};

use crate::clock::CLOCK_SKEW_SECONDS;
use crate::database::DatabaseError;
use crate::settings::ThrottleSettings;

/// A row as it is stored.
#[derive(FromRow)]
struct Row {
    id: String,
    failures: i64,
    failed_at: i64,
    wait: i64,
}

/// The failures of an account, an address or a device.
#[derive(Debug)]
pub(super) struct Count {
    pub(super) failures: i64,
    pub(super) failed_at: UnixTime,
    /// How long the next attempt waits after the last failure, in seconds.
    pub(super) wait: i64,
}

impl From<Row> for Count {
    fn from(row: Row) -> Self {
        Self { failures: row.failures, failed_at: UnixTime::new(row.failed_at), wait: row.wait }
    }
}

/// The counts of these ids, expired ones too.
pub(super) async fn find_both(
    connection: &mut AnyConnection,
    id: &str,
    other: Option<&str>,
) -> Result<[Option<Count>; 2], DatabaseError> {
    let query = sqlx::query_as("SELECT id, failures, failed_at, wait FROM throttles WHERE id IN ($1, $2)");
    let rows: Vec<Row> = query.bind(id).bind(other).fetch_all(connection).await?;
    let (own, others): (Vec<_>, Vec<_>) = rows.into_iter().partition(|row| row.id == id);
    Ok([own, others].map(|rows| rows.into_iter().next().map(Count::from)))
}

/// Counts a failure, in one statement, so that two at the same time both count. After `free`
/// failures the wait is a second, and each further one doubles it.
pub(super) async fn count(
    connection: &mut AnyConnection,
    id: &str,
    free: u32,
    settings: &ThrottleSettings,
    now: UnixTime,
) -> Result<(), DatabaseError> {
    sqlx::query(
        "INSERT INTO throttles (id, failures, failed_at, wait) VALUES ($1, 1, $2, 0) \
         ON CONFLICT (id) DO UPDATE SET \
           failures = CASE WHEN throttles.failed_at < $3 OR throttles.failed_at > $6 THEN 1 \
                           ELSE throttles.failures + 1 END, \
           wait = CASE WHEN throttles.failed_at < $3 OR throttles.failed_at > $6 \
                         OR throttles.failures + 1 < $4 THEN 0 \
                       WHEN throttles.wait = 0 THEN 1 \
                       WHEN throttles.wait * 2 > $5 THEN $5 ELSE throttles.wait * 2 END, \
           failed_at = $2",
    )
    .bind(id)
    .bind(now.seconds())
    .bind(now.plus(-settings.forget_seconds).seconds())
    .bind(i64::from(free))
    .bind(settings.longest_seconds)
    .bind(now.plus(CLOCK_SKEW_SECONDS).seconds())
    .execute(connection)
    .await?;
    Ok(())
}

pub(super) async fn delete(connection: &mut AnyConnection, id: &str) -> Result<(), DatabaseError> {
    sqlx::query("DELETE FROM throttles WHERE id = $1").bind(id).execute(connection).await?;
    Ok(())
}

/// Deletes up to `max` counts without a failure since `before`. Returns how many it deleted.
pub(super) async fn purge_before(
    connection: &mut AnyConnection,
    before: UnixTime,
    max: u32,
) -> Result<u64, DatabaseError> {
    let query = sqlx::query(
        "DELETE FROM throttles WHERE id IN \
         (SELECT id FROM throttles WHERE failed_at < $1 ORDER BY failed_at LIMIT $2)",
    );
    let deleted = query.bind(before.seconds()).bind(i64::from(max)).execute(connection).await?;
    Ok(deleted.rows_affected())
}
