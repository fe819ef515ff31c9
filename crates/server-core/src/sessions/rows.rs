//! The SQL of the table `sessions`. What writes takes a connection, so that a caller can write more in one transaction.

use latchkey_token::{Thumbprint, UnixTime};
use sqlx::AnyConnection;
use uuid::Uuid;

use super::{EndReason, ListedSession, NewSession, Session};
use crate::accounts;
use crate::database::{Database, DatabaseError};
use crate::settings::{SessionSettings, TokenSettings};

/// The most sessions that are listed. Whoever has more can end all of them.
const MOST_LISTED: i64 = 200;

pub async fn start(
    connection: &mut AnyConnection,
    session: &NewSession<'_>,
    now: UnixTime,
) -> Result<(), DatabaseError> {
    sqlx::query(
        "INSERT INTO sessions (sid, account_id, device_id, jkt, auth_time, last_seen, device_name, platform, \
         address, lease_ends_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
    )
    .bind(session.sid)
    .bind(session.account_id)
    .bind(session.device_id)
    .bind(session.jkt.map(Thumbprint::as_str))
    .bind(now.seconds())
    .bind(now.seconds())
    .bind(session.label.name.as_deref())
    .bind(session.label.platform.as_deref())
    .bind(session.address)
    .bind(session.lease_ends_at.map(UnixTime::seconds))
    .execute(connection)
    .await?;
    Ok(())
}

/// A text that is no id names no session; PostgreSQL would refuse some of them with an error.
pub async fn find(database: &Database, sid: &str) -> Result<Option<Session>, DatabaseError> {
    if Uuid::try_parse(sid).is_err() {
        return Ok(None);
    }
    let query = sqlx::query_as(
        "SELECT account_id, device_id, jkt, auth_time, last_seen, ended_at, end_reason \
         FROM sessions WHERE sid = $1",
    );
    Ok(query.bind(sid).fetch_optional(database.pool()).await?)
}

/// Whether a device key has ever been in a session of this account, as far back as sessions are remembered.
pub async fn has_key(database: &Database, account_id: &str, jkt: &Thumbprint) -> Result<bool, DatabaseError> {
    let query = sqlx::query("SELECT 1 FROM sessions WHERE account_id = $1 AND jkt = $2 LIMIT 1");
    Ok(query.bind(account_id).bind(jkt.as_str()).fetch_optional(database.pool()).await?.is_some())
}

/// Notes that the device was in contact, and from where. `false`: the session has ended meanwhile.
pub async fn touch(
    connection: &mut AnyConnection,
    sid: &str,
    address: &str,
    lease_ends_at: Option<UnixTime>,
    now: UnixTime,
) -> Result<bool, DatabaseError> {
    let touched = sqlx::query(
        "UPDATE sessions SET last_seen = CASE WHEN last_seen < $1 THEN $2 ELSE last_seen END, \
         address = $3, lease_ends_at = COALESCE($4, lease_ends_at) WHERE sid = $5 AND ended_at IS NULL",
    )
    .bind(now.seconds())
    .bind(now.seconds())
    .bind(address)
    .bind(lease_ends_at.map(UnixTime::seconds))
    .bind(sid)
    .execute(connection)
    .await?;
    Ok(touched.rows_affected() > 0)
}

/// Ends a session, and tells whose it was. `None`: it has ended before, or was never there.
pub async fn end(
    connection: &mut AnyConnection,
    sid: &str,
    reason: EndReason,
    now: UnixTime,
) -> Result<Option<String>, DatabaseError> {
    let query = sqlx::query_scalar(
        "UPDATE sessions SET ended_at = $1, end_reason = $2 WHERE sid = $3 AND ended_at IS NULL \
         RETURNING account_id",
    );
    Ok(query.bind(now.seconds()).bind(reason.as_str()).bind(sid).fetch_optional(connection).await?)
}

/// Ends every session of an account, and tells their ids.
pub async fn end_of_account(
    connection: &mut AnyConnection,
    account_id: &str,
    reason: EndReason,
    now: UnixTime,
) -> Result<Vec<String>, DatabaseError> {
    // No session has this id.
    end_others(connection, account_id, "", reason, now).await
}

/// Ends every session of an account but one, and tells their ids.
pub async fn end_others(
    connection: &mut AnyConnection,
    account_id: &str,
    but: &str,
    reason: EndReason,
    now: UnixTime,
) -> Result<Vec<String>, DatabaseError> {
    let query = sqlx::query_scalar(
        "UPDATE sessions SET ended_at = $1, end_reason = $2 \
         WHERE account_id = $3 AND sid <> $4 AND ended_at IS NULL RETURNING sid",
    );
    let query = query.bind(now.seconds()).bind(reason.as_str()).bind(account_id).bind(but);
    Ok(query.fetch_all(connection).await?)
}

/// Ends the earlier sessions of the same account, device id and key, and returns their ids. A
/// session without a key replaces none.
///
/// Two sign-ins at the same time end each other's session in turn and not both at once: the
/// account's row is locked until the transaction ends, so the later one sees what the earlier one
/// has written.
pub async fn replace_earlier(
    connection: &mut AnyConnection,
    session: &NewSession<'_>,
    now: UnixTime,
) -> Result<Vec<String>, DatabaseError> {
    let Some(jkt) = session.jkt else { return Ok(Vec::new()) };
    accounts::lock(&mut *connection, session.account_id).await?;
    let query = sqlx::query_scalar(
        "UPDATE sessions SET ended_at = $1, end_reason = $2 WHERE account_id = $3 AND device_id = $4 \
         AND jkt = $5 AND sid <> $6 AND ended_at IS NULL RETURNING sid",
    );
    let query = query.bind(now.seconds()).bind(EndReason::Replaced.as_str()).bind(session.account_id);
    let query = query.bind(session.device_id).bind(jkt.as_str()).bind(session.sid);
    Ok(query.fetch_all(connection).await?)
}

/// The living sessions of an account, or of all accounts, the one last seen first. One without a device key cannot be
/// renewed, and lives as long as its access token.
pub async fn list(
    database: &Database,
    account_id: Option<&str>,
    (settings, tokens): (&SessionSettings, &TokenSettings),
    now: UnixTime,
) -> Result<Vec<ListedSession>, DatabaseError> {
    let query = sqlx::query_as(
        "SELECT sid, username, device_name, platform, auth_time AS created_at, last_seen AS last_seen_at, \
         lease_ends_at, address, device_id FROM sessions JOIN accounts ON accounts.id = account_id \
         WHERE ended_at IS NULL AND auth_time > $1 AND last_seen > $2 \
         AND (jkt IS NOT NULL OR auth_time > $3) AND (account_id = $4 OR $5 = 1) \
         ORDER BY last_seen DESC, auth_time DESC, sid LIMIT $6",
    );
    let query = query
        .bind(now.plus(-settings.absolute_seconds).seconds())
        .bind(now.plus(-settings.idle_seconds).seconds())
        .bind(now.plus(-tokens.access_seconds).seconds())
        .bind(account_id.unwrap_or_default())
        .bind(i64::from(account_id.is_none()))
        .bind(MOST_LISTED);
    Ok(query.fetch_all(database.pool()).await?)
}

/// The sessions that ended at `since` or later and were in contact at `seen` or later: id, reason, time. The last access
/// token of one that was not seen for longer is dead already.
pub async fn ended_since(
    database: &Database,
    since: UnixTime,
    seen: UnixTime,
) -> Result<Vec<(String, EndReason, UnixTime)>, DatabaseError> {
    let query = sqlx::query_as(
        "SELECT sid, end_reason, ended_at FROM sessions WHERE ended_at >= $1 AND last_seen >= $2",
    );
    let rows: Vec<(String, Option<String>, i64)> =
        query.bind(since.seconds()).bind(seen.seconds()).fetch_all(database.pool()).await?;
    let read = |(sid, reason, at): (String, Option<String>, i64)| {
        (sid, EndReason::parse(reason.as_deref().unwrap_or_default()), UnixTime::new(at))
    };
    Ok(rows.into_iter().map(read).collect())
}

/// Forgets sessions that nothing can bring back: those that began before `before`.
pub async fn forget(database: &Database, before: UnixTime) -> Result<u64, DatabaseError> {
    let deleted = sqlx::query("DELETE FROM sessions WHERE auth_time < $1")
        .bind(before.seconds())
        .execute(database.pool())
        .await?;
    Ok(deleted.rows_affected())
}
