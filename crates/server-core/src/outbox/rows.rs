//! The SQL of the table `outbox`. Each function takes a connection, so that a caller can do more in
//! one transaction.

use latchkey_token::UnixTime;
use sqlx::{AnyConnection, FromRow};
use uuid::Uuid;

use super::mail::Mail;
use super::retry;
use crate::database::DatabaseError;

/// Mail is given up after this time, in seconds.
const DAY_SECONDS: i64 = 86_400;

const HOUR_SECONDS: i64 = 3600;

/// How long a server has to send what it leased, in seconds. Then another one does.
pub const LEASE_SECONDS: i64 = 300;

/// The receiver of all mail: there is one SMTP server.
pub(super) const SMTP: &str = "smtp";

/// A mail to queue.
#[derive(Clone, Copy, Debug)]
pub(super) struct NewRow<'a> {
    pub(super) account_id: Option<&'a str>,
    pub(super) pending_id: Option<&'a str>,
    /// A sealed code.
    pub(super) secret: Option<&'a str>,
    pub(super) mail: &'a Mail,
}

/// A row that a server has leased.
#[derive(Clone, FromRow)]
pub(crate) struct Row {
    pub(crate) id: String,
    pub(crate) account_id: Option<String>,
    pub(crate) template: String,
    pub(crate) data: String,
    pub(crate) secret: Option<String>,
    pub(crate) pending_id: Option<String>,
    pub(crate) expires_at: i64,
    pub(crate) attempts: i64,
}

/// Why a row is not sent any more, or that it was sent. Stored for an operator who looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Sent,
    /// The receiver does not take it.
    Refused,
    /// Its time was over before the receiver took it.
    GivenUp,
    /// There is no account to tell it to, or what it tells is over.
    Dropped,
}

impl Outcome {
    fn as_str(self) -> &'static str {
        match self {
            Self::Sent => "sent",
            Self::Refused => "refused",
            Self::GivenUp => "given_up",
            Self::Dropped => "dropped",
        }
    }
}

/// Queues a mail.
pub(super) async fn insert(
    connection: &mut AnyConnection,
    row: &NewRow<'_>,
    now: UnixTime,
) -> Result<(), DatabaseError> {
    let day = now.plus(DAY_SECONDS);
    // A code is not sent after its own end.
    let expires_at = row.mail.code_expires_at().map_or(day, |end| end.min(day));
    // A row without a receiver costs the same to write, and does not delay the others.
    let done = row.account_id.is_none();
    sqlx::query(
        "INSERT INTO outbox (id, kind, receiver, account_id, template, data, secret, pending_id, created_at, \
         due_at, expires_at, attempts, done_at, outcome) \
         VALUES ($1, 'mail', $2, $3, $4, $5, $6, $7, $8, $9, $10, 0, $11, $12)",
    )
    .bind(Uuid::new_v4().to_string())
    .bind(SMTP)
    .bind(row.account_id)
    .bind(row.mail.template())
    .bind(row.mail.data())
    .bind(row.secret)
    .bind(row.pending_id)
    .bind(now.seconds())
    .bind(now.seconds())
    .bind(expires_at.seconds())
    .bind(done.then_some(now.seconds()))
    .bind(done.then_some(Outcome::Dropped.as_str()))
    .execute(connection)
    .await?;
    Ok(())
}

/// A lease that ends later than this was taken before the clock was set back, and is over. Twice as
/// long as a lease, because the servers' clocks differ.
fn latest_lease(now: UnixTime) -> i64 {
    now.plus(2 * LEASE_SECONDS).seconds()
}

/// A row that is due later than this was queued before the clock was set back, and is due.
fn latest_due(now: UnixTime) -> i64 {
    now.plus(2 * retry::LONGEST).seconds()
}

/// Whether a receiver has a row to send or to give up.
pub(crate) async fn is_any_due(
    connection: &mut AnyConnection,
    receiver: &str,
    now: UnixTime,
) -> Result<bool, DatabaseError> {
    // Each part is a range of the index: a long queue that waits costs nothing here.
    let query = sqlx::query_scalar(
        "SELECT COUNT(*) FROM (\
         SELECT id FROM (SELECT id FROM outbox WHERE receiver = $1 AND done_at IS NULL AND due_at <= $2 \
         AND (COALESCE(lease_until, 0) <= $3 OR lease_until > $4) LIMIT 1) AS due \
         UNION ALL \
         SELECT id FROM (SELECT id FROM outbox WHERE receiver = $5 AND done_at IS NULL AND due_at > $6 \
         AND (COALESCE(lease_until, 0) <= $7 OR lease_until > $8) LIMIT 1) AS late) AS either",
    );
    let (latest_due, latest_lease, now) = (latest_due(now), latest_lease(now), now.seconds());
    let query = query.bind(receiver).bind(now).bind(now).bind(latest_lease);
    let query = query.bind(receiver).bind(latest_due).bind(now).bind(latest_lease);
    let due: i64 = query.fetch_one(connection).await?;
    Ok(due > 0)
}

/// Leases up to `max` rows of a receiver that are due and whose time is not over. Of two servers at
/// the same time one gets a row: the condition outside is checked again when the row is locked.
pub(crate) async fn lease(
    connection: &mut AnyConnection,
    (receiver, owner): (&str, &str),
    (max, until): (u32, UnixTime),
    now: UnixTime,
) -> Result<Vec<Row>, DatabaseError> {
    let query = sqlx::query_as(
        "UPDATE outbox SET lease_owner = $1, lease_until = $2, attempts = attempts + 1 \
         WHERE done_at IS NULL AND (COALESCE(lease_until, 0) <= $3 OR lease_until > $4) AND id IN \
         (SELECT id FROM (\
         SELECT id FROM (SELECT id FROM outbox WHERE receiver = $5 AND done_at IS NULL AND due_at <= $6 \
         AND expires_at > $7 AND (COALESCE(lease_until, 0) <= $8 OR lease_until > $9) \
         ORDER BY due_at LIMIT $10) AS due \
         UNION ALL \
         SELECT id FROM (SELECT id FROM outbox WHERE receiver = $11 AND done_at IS NULL AND due_at > $12 \
         AND expires_at > $13 AND (COALESCE(lease_until, 0) <= $14 OR lease_until > $15) \
         ORDER BY due_at LIMIT $16) AS late) AS either LIMIT $17) \
         RETURNING id, account_id, template, data, secret, pending_id, expires_at, attempts",
    );
    let (latest_lease, latest_due, now, max) =
        (latest_lease(now), latest_due(now), now.seconds(), i64::from(max));
    let query = query.bind(owner).bind(until.seconds()).bind(now).bind(latest_lease);
    let query = query.bind(receiver).bind(now).bind(now).bind(now).bind(latest_lease).bind(max);
    let query =
        query.bind(receiver).bind(latest_due).bind(now).bind(now).bind(latest_lease).bind(max).bind(max);
    Ok(query.fetch_all(connection).await?)
}

/// Up to `max` rows of a receiver whose time is over and that no server sends now.
pub(crate) async fn overdue(
    connection: &mut AnyConnection,
    receiver: &str,
    max: u32,
    now: UnixTime,
) -> Result<Vec<Row>, DatabaseError> {
    let query = sqlx::query_as(
        "SELECT id, account_id, template, data, secret, pending_id, expires_at, attempts FROM outbox \
         WHERE receiver = $1 AND done_at IS NULL AND expires_at <= $2 \
         AND (COALESCE(lease_until, 0) <= $3 OR lease_until > $4) ORDER BY expires_at LIMIT $5",
    );
    let query = query.bind(receiver).bind(now.seconds()).bind(now.seconds()).bind(latest_lease(now));
    let query = query.bind(i64::from(max));
    Ok(query.fetch_all(connection).await?)
}

/// Records that the content of a row is given to the receiver now, and begins the lease anew, so
/// that no other server sends it meanwhile. `None` if the server has no lease on it any more;
/// otherwise whether it is for the first time.
pub(super) async fn hand_over(
    connection: &mut AnyConnection,
    id: &str,
    owner: &str,
    now: UnixTime,
) -> Result<Option<bool>, DatabaseError> {
    let until = now.plus(LEASE_SECONDS).seconds();
    let first = sqlx::query(
        "UPDATE outbox SET handed_over_at = $1, lease_until = $2 \
         WHERE id = $3 AND lease_owner = $4 AND done_at IS NULL AND handed_over_at IS NULL",
    );
    let first = first.bind(now.seconds()).bind(until).bind(id).bind(owner).execute(&mut *connection).await?;
    if first.rows_affected() > 0 {
        return Ok(Some(true));
    }
    let again = sqlx::query(
        "UPDATE outbox SET lease_until = $1 WHERE id = $2 AND lease_owner = $3 AND done_at IS NULL",
    );
    let again = again.bind(until).bind(id).bind(owner).execute(connection).await?;
    Ok((again.rows_affected() > 0).then_some(false))
}

/// Lets a row end sooner: with the code in it.
pub(super) async fn expire_at(
    connection: &mut AnyConnection,
    id: &str,
    expires_at: UnixTime,
) -> Result<(), DatabaseError> {
    let query = sqlx::query("UPDATE outbox SET expires_at = $1 WHERE id = $2");
    query.bind(expires_at.seconds()).bind(id).execute(connection).await?;
    Ok(())
}

/// Records what came of a row, and deletes its secret. Returns `false` if that was recorded before.
pub(crate) async fn finish(
    connection: &mut AnyConnection,
    id: &str,
    outcome: Outcome,
    now: UnixTime,
) -> Result<bool, DatabaseError> {
    let finished = sqlx::query(
        "UPDATE outbox SET done_at = $1, outcome = $2, secret = NULL, lease_owner = NULL, lease_until = NULL \
         WHERE id = $3 AND done_at IS NULL",
    );
    let finished = finished.bind(now.seconds()).bind(outcome.as_str()).bind(id).execute(connection).await?;
    Ok(finished.rows_affected() > 0)
}

/// Drops the mails whose codes are sealed, because the seal key is lost.
pub(crate) async fn drop_sealed(connection: &mut AnyConnection, now: UnixTime) -> Result<(), DatabaseError> {
    let query = sqlx::query(
        "UPDATE outbox SET done_at = COALESCE(done_at, $1), outcome = COALESCE(outcome, $2), secret = NULL, \
         lease_owner = NULL, lease_until = NULL WHERE secret IS NOT NULL",
    );
    query.bind(now.seconds()).bind(Outcome::Dropped.as_str()).execute(connection).await?;
    Ok(())
}

/// Gives the lease on a row back. It is due again at `due_at`.
pub(crate) async fn release(
    connection: &mut AnyConnection,
    id: &str,
    owner: &str,
    due_at: UnixTime,
) -> Result<(), DatabaseError> {
    let query = sqlx::query(
        "UPDATE outbox SET due_at = $1, lease_owner = NULL, lease_until = NULL \
         WHERE id = $2 AND lease_owner = $3 AND done_at IS NULL",
    );
    query.bind(due_at.seconds()).bind(id).bind(owner).execute(connection).await?;
    Ok(())
}

/// How many rows of a receiver wait.
pub(crate) async fn count_open(connection: &mut AnyConnection, receiver: &str) -> Result<i64, DatabaseError> {
    let query = sqlx::query_scalar("SELECT COUNT(*) FROM outbox WHERE receiver = $1 AND done_at IS NULL");
    Ok(query.bind(receiver).fetch_one(connection).await?)
}

/// Deletes up to `max` rows that were done a day ago, or whose time was over then, and those that
/// had no receiver after an hour: anyone can cause many of them. Returns how many it deleted.
pub(super) async fn purge_expired(
    connection: &mut AnyConnection,
    now: UnixTime,
    max: u32,
) -> Result<u64, DatabaseError> {
    let query = sqlx::query(
        "DELETE FROM outbox WHERE id IN (SELECT id FROM outbox WHERE done_at < $1 \
         OR (done_at < $2 AND account_id IS NULL) OR (done_at IS NULL AND expires_at < $3) LIMIT $4)",
    );
    let (day, hour) = (now.plus(-DAY_SECONDS).seconds(), now.plus(-HOUR_SECONDS).seconds());
    let query = query.bind(day).bind(hour).bind(day).bind(i64::from(max));
    Ok(query.execute(connection).await?.rows_affected())
}
