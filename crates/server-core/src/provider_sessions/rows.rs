//! The SQL of the table `provider_sessions`. Each function takes a connection, so that a caller can
//! do more in one transaction.

use latchkey_token::UnixTime;
use sqlx::{AnyConnection, FromRow};

use crate::database::DatabaseError;

/// How long a server has for a question and for storing its answer, in seconds. Then another server
/// may ask.
pub(super) const LEASE_SECONDS: i64 = 300;

/// A session that began by a provider.
#[derive(Clone, Copy, Debug)]
pub(super) struct NewRow<'a> {
    pub(super) sid: &'a str,
    pub(super) provider: &'a str,
    pub(super) issuer: &'a str,
    pub(super) sub: &'a str,
    pub(super) provider_sid: Option<&'a str>,
    /// Sealed.
    pub(super) refresh_token: Option<&'a str>,
    pub(super) due_at: Option<UnixTime>,
}

/// A row that a server has leased.
#[derive(Clone, FromRow)]
pub(super) struct Row {
    pub(super) sid: String,
    pub(super) sub: String,
    pub(super) refresh_token: Option<String>,
    pub(super) is_lost: i64,
    pub(super) attempts: i64,
    pub(super) silent_since: Option<i64>,
    pub(super) held_at: Option<i64>,
}

/// Who asks: no two leases have the same owner.
#[derive(Clone, Copy, Debug)]
pub(super) struct Lease<'a> {
    pub(super) sid: &'a str,
    pub(super) owner: &'a str,
}

/// Adds a row.
pub(super) async fn insert(
    connection: &mut AnyConnection,
    row: &NewRow<'_>,
    now: UnixTime,
) -> Result<(), DatabaseError> {
    sqlx::query(
        "INSERT INTO provider_sessions (sid, provider, issuer, sub, provider_sid, refresh_token, due_at, is_lost, \
         attempts, answered_at) VALUES ($1, $2, $3, $4, $5, $6, $7, 0, 0, $8)",
    )
    .bind(row.sid)
    .bind(row.provider)
    .bind(row.issuer)
    .bind(row.sub)
    .bind(row.provider_sid)
    .bind(row.refresh_token)
    .bind(row.due_at.map(UnixTime::seconds))
    .bind(now.seconds())
    .execute(connection)
    .await?;
    Ok(())
}

/// Deletes the row of a session that is over.
pub(crate) async fn forget(connection: &mut AnyConnection, sid: &str) -> Result<(), DatabaseError> {
    sqlx::query("DELETE FROM provider_sessions WHERE sid = $1").bind(sid).execute(connection).await?;
    Ok(())
}

/// The provider by which a session began.
pub(super) async fn provider(
    connection: &mut AnyConnection,
    sid: &str,
) -> Result<Option<String>, DatabaseError> {
    let query = sqlx::query_scalar("SELECT provider FROM provider_sessions WHERE sid = $1");
    Ok(query.bind(sid).fetch_optional(connection).await?)
}

/// The provider that holds a session.
pub(super) async fn held_by(
    connection: &mut AnyConnection,
    sid: &str,
) -> Result<Option<String>, DatabaseError> {
    let query =
        sqlx::query_scalar("SELECT provider FROM provider_sessions WHERE sid = $1 AND held_at IS NOT NULL");
    Ok(query.bind(sid).fetch_optional(connection).await?)
}

/// How many sessions a provider holds.
pub(super) async fn count_held(connection: &mut AnyConnection, provider: &str) -> Result<i64, DatabaseError> {
    let query = sqlx::query_scalar(
        "SELECT COUNT(*) FROM provider_sessions WHERE provider = $1 AND held_at IS NOT NULL",
    );
    Ok(query.bind(provider).fetch_one(connection).await?)
}

/// A lease that ends later than this was taken before the clock was set back, and is over. Twice as
/// long as a lease, because the servers' clocks differ.
fn latest_lease(now: UnixTime) -> i64 {
    now.plus(2 * LEASE_SECONDS).seconds()
}

/// Whether a provider is to be asked about a session. `latest`: a row that is due later was written
/// before the clock was set back, and is due.
pub(super) async fn is_any_due(
    connection: &mut AnyConnection,
    provider: &str,
    latest: UnixTime,
    now: UnixTime,
) -> Result<bool, DatabaseError> {
    // Each part is a range of the index.
    let query = sqlx::query_scalar(
        "SELECT COUNT(*) FROM (\
         SELECT sid FROM (SELECT sid FROM provider_sessions WHERE provider = $1 AND due_at <= $2 \
         AND (COALESCE(lease_until, 0) <= $3 OR lease_until > $4) LIMIT 1) AS due \
         UNION ALL \
         SELECT sid FROM (SELECT sid FROM provider_sessions WHERE provider = $5 AND due_at > $6 \
         AND (COALESCE(lease_until, 0) <= $7 OR lease_until > $8) LIMIT 1) AS late) AS either",
    );
    let (latest_lease, now) = (latest_lease(now), now.seconds());
    let query = query.bind(provider).bind(now).bind(now).bind(latest_lease);
    let query = query.bind(provider).bind(latest.seconds()).bind(now).bind(latest_lease);
    let due: i64 = query.fetch_one(connection).await?;
    Ok(due > 0)
}

/// Leases up to `max` rows of a provider that are due. Of two servers at the same time one gets a
/// row: the conditions outside are checked again when the row is locked, by when the other server
/// may be done with it.
pub(super) async fn lease(
    connection: &mut AnyConnection,
    (provider, owner): (&str, &str),
    (max, latest): (u32, UnixTime),
    now: UnixTime,
) -> Result<Vec<Row>, DatabaseError> {
    let query = sqlx::query_as(
        "UPDATE provider_sessions SET lease_owner = $1, lease_until = $2 \
         WHERE (due_at <= $3 OR due_at > $4) AND (COALESCE(lease_until, 0) <= $5 OR lease_until > $6) AND sid IN \
         (SELECT sid FROM (\
         SELECT sid FROM (SELECT sid FROM provider_sessions WHERE provider = $7 AND due_at <= $8 \
         AND (COALESCE(lease_until, 0) <= $9 OR lease_until > $10) ORDER BY due_at LIMIT $11) AS due \
         UNION ALL \
         SELECT sid FROM (SELECT sid FROM provider_sessions WHERE provider = $12 AND due_at > $13 \
         AND (COALESCE(lease_until, 0) <= $14 OR lease_until > $15) ORDER BY due_at LIMIT $16) AS late) \
         AS either LIMIT $17) \
         RETURNING sid, sub, refresh_token, is_lost, attempts, silent_since, held_at",
    );
    let until = now.plus(LEASE_SECONDS).seconds();
    let (latest_lease, latest, now, max) =
        (latest_lease(now), latest.seconds(), now.seconds(), i64::from(max));
    let query = query.bind(owner).bind(until).bind(now).bind(latest).bind(now).bind(latest_lease);
    let query = query.bind(provider).bind(now).bind(now).bind(latest_lease).bind(max);
    let query = query.bind(provider).bind(latest).bind(now).bind(latest_lease).bind(max).bind(max);
    Ok(query.fetch_all(connection).await?)
}

/// Records that the provider is asked now, and begins the lease anew. Returns `false` if the server
/// has no lease any more, or the session is over.
pub(super) async fn ask(
    connection: &mut AnyConnection,
    lease: Lease<'_>,
    now: UnixTime,
) -> Result<bool, DatabaseError> {
    let query = sqlx::query(
        "UPDATE provider_sessions SET is_lost = 1, attempts = attempts + 1, lease_until = $1 \
         WHERE sid = $2 AND lease_owner = $3 AND due_at IS NOT NULL",
    );
    let query = query.bind(now.plus(LEASE_SECONDS).seconds()).bind(lease.sid).bind(lease.owner);
    Ok(query.execute(connection).await?.rows_affected() > 0)
}

/// Stores that an answer has come, and the refresh token in it, if there is one. Returns `false` if
/// the server has no lease any more.
pub(super) async fn answered(
    connection: &mut AnyConnection,
    lease: Lease<'_>,
    refresh_token: Option<&str>,
) -> Result<bool, DatabaseError> {
    let query = sqlx::query(
        "UPDATE provider_sessions SET is_lost = 0, refresh_token = COALESCE($1, refresh_token) \
         WHERE sid = $2 AND lease_owner = $3",
    );
    let query = query.bind(refresh_token).bind(lease.sid).bind(lease.owner);
    Ok(query.execute(connection).await?.rows_affected() > 0)
}

/// Two servers have asked: which refresh token is the last one is not known.
pub(super) async fn confused(connection: &mut AnyConnection, sid: &str) -> Result<(), DatabaseError> {
    let query = sqlx::query("UPDATE provider_sessions SET is_lost = 1 WHERE sid = $1 AND due_at IS NOT NULL");
    query.bind(sid).execute(connection).await?;
    Ok(())
}

/// The provider has confirmed the session: nothing holds it.
pub(super) async fn confirmed(
    connection: &mut AnyConnection,
    lease: Lease<'_>,
    due_at: UnixTime,
    now: UnixTime,
) -> Result<bool, DatabaseError> {
    let query = sqlx::query(
        "UPDATE provider_sessions SET attempts = 0, answered_at = $1, silent_since = NULL, due_at = $2, \
         lease_owner = NULL, lease_until = NULL, held_at = NULL, held_why = NULL \
         WHERE sid = $3 AND lease_owner = $4",
    );
    let query = query.bind(now.seconds()).bind(due_at.seconds()).bind(lease.sid).bind(lease.owner);
    Ok(query.execute(connection).await?.rows_affected() > 0)
}

/// There was no answer. `is_lost`: whether one may have been sent.
pub(super) async fn unanswered(
    connection: &mut AnyConnection,
    lease: Lease<'_>,
    is_lost: bool,
    due_at: UnixTime,
    now: UnixTime,
) -> Result<bool, DatabaseError> {
    let query = sqlx::query(
        "UPDATE provider_sessions SET is_lost = $1, silent_since = COALESCE(silent_since, $2), due_at = $3, \
         lease_owner = NULL, lease_until = NULL WHERE sid = $4 AND lease_owner = $5",
    );
    let query = query.bind(i64::from(is_lost)).bind(now.seconds()).bind(due_at.seconds());
    Ok(query.bind(lease.sid).bind(lease.owner).execute(connection).await?.rows_affected() > 0)
}

/// The provider has said no: the session is held, and not asked about any more. Returns `false` if
/// the server has no lease any more.
pub(super) async fn said_no(
    connection: &mut AnyConnection,
    lease: Lease<'_>,
    now: UnixTime,
) -> Result<bool, DatabaseError> {
    let query = sqlx::query(
        "UPDATE provider_sessions SET held_at = COALESCE(held_at, $1), held_why = 'said_no', due_at = NULL, \
         refresh_token = NULL, lease_owner = NULL, lease_until = NULL WHERE sid = $2 AND lease_owner = $3",
    );
    let query = query.bind(now.seconds()).bind(lease.sid).bind(lease.owner);
    Ok(query.execute(connection).await?.rows_affected() > 0)
}

/// Holds a session whose provider is silent. `is_final`: it is not asked any more.
pub(super) async fn hold_silent(
    connection: &mut AnyConnection,
    sid: &str,
    is_final: bool,
    now: UnixTime,
) -> Result<(), DatabaseError> {
    let text = match is_final {
        true => {
            "UPDATE provider_sessions SET held_at = COALESCE(held_at, $1), \
             held_why = COALESCE(held_why, 'silent'), due_at = NULL, refresh_token = NULL WHERE sid = $2"
        }
        false => {
            "UPDATE provider_sessions SET held_at = COALESCE(held_at, $1), \
             held_why = COALESCE(held_why, 'silent') WHERE sid = $2"
        }
    };
    sqlx::query(text).bind(now.seconds()).bind(sid).execute(connection).await?;
    Ok(())
}
