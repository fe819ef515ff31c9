//! The SQL of the table `sessions`. Each function takes a connection, so that a caller can do more
//! in one transaction.

use latchkey_token::{Thumbprint, UnixTime};
use sqlx::{AnyConnection, FromRow};
use uuid::Uuid;

use super::{DeviceLabel, End, EndReason, ListedSession, NewSession, Others, Session, SessionEnd, Which};
use crate::database::DatabaseError;
use crate::proven::Proven;
use crate::settings::{SessionSettings, TokenSettings};

/// Maximum number of sessions in a list. An account with more can still end all of them.
const MAX_LISTED: i64 = 200;

/// A row as it is stored.
#[derive(FromRow)]
struct Row {
    account_id: String,
    device_id: String,
    jkt: Option<String>,
    auth_time: i64,
    authenticated_at: Option<i64>,
    last_seen: i64,
    acr: Option<String>,
    amr: Option<String>,
    adds_way_until: Option<i64>,
    ended_at: Option<i64>,
    end_reason: Option<String>,
    ended_by_name: Option<String>,
    ended_by_platform: Option<String>,
}

impl From<Row> for Session {
    fn from(row: Row) -> Self {
        let label = DeviceLabel { name: row.ended_by_name, platform: row.ended_by_platform };
        let by = (label != DeviceLabel::default()).then_some(label);
        let reason = EndReason::parse(row.end_reason.as_deref().unwrap_or_default());
        Self {
            ended: row.ended_at.map(|at| SessionEnd { reason, at: UnixTime::new(at), by }),
            account_id: row.account_id,
            device_id: row.device_id,
            jkt: row.jkt,
            auth_time: UnixTime::new(row.auth_time),
            authenticated_at: UnixTime::new(row.authenticated_at.unwrap_or(row.auth_time)),
            last_seen: UnixTime::new(row.last_seen),
            proven: Proven::from_stored(row.acr, row.amr.as_deref()),
            adds_way_until: row.adds_way_until.map(UnixTime::new),
        }
    }
}

/// Adds a session.
pub(crate) async fn start(
    connection: &mut AnyConnection,
    session: &NewSession<'_>,
    now: UnixTime,
) -> Result<(), DatabaseError> {
    sqlx::query(
        "INSERT INTO sessions (sid, account_id, device_id, jkt, auth_time, last_seen, device_name, platform, \
         address, lease_ends_at, acr, amr, authenticated_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
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
    .bind(session.proven.acr.as_deref())
    .bind(session.proven.stored_amr())
    .bind(session.authenticated_at.map(UnixTime::seconds))
    .execute(connection)
    .await?;
    Ok(())
}

/// Stores what the user of an active session has proven since, which is a contact. Its `auth_time`
/// stays. Returns `false` if the session has ended.
pub(crate) async fn set_proven(
    connection: &mut AnyConnection,
    sid: &str,
    proven: &Proven,
    now: UnixTime,
) -> Result<bool, DatabaseError> {
    let query = sqlx::query(
        "UPDATE sessions SET acr = $1, amr = $2, last_seen = CASE WHEN last_seen < $3 THEN $3 ELSE last_seen END \
         WHERE sid = $4 AND ended_at IS NULL",
    );
    let query = query.bind(proven.acr.as_deref()).bind(proven.stored_amr()).bind(now.seconds()).bind(sid);
    Ok(query.execute(connection).await?.rows_affected() > 0)
}

/// Lets a session add ways to sign in until a time, without another confirmation.
pub(crate) async fn let_add_way(
    connection: &mut AnyConnection,
    sid: &str,
    until: UnixTime,
) -> Result<(), DatabaseError> {
    let query = sqlx::query("UPDATE sessions SET adds_way_until = $1 WHERE sid = $2");
    query.bind(until.seconds()).bind(sid).execute(connection).await?;
    Ok(())
}

/// Finds a session. A text that is not an id matches no session and is not queried, because
/// PostgreSQL refuses some texts with an error.
pub(crate) async fn find(
    connection: &mut AnyConnection,
    sid: &str,
) -> Result<Option<Session>, DatabaseError> {
    if Uuid::try_parse(sid).is_err() {
        return Ok(None);
    }
    let query = sqlx::query_as(
        "SELECT account_id, device_id, jkt, auth_time, authenticated_at, last_seen, acr, amr, adds_way_until, \
         ended_at, end_reason, ended_by_name, ended_by_platform FROM sessions WHERE sid = $1",
    );
    let row: Option<Row> = query.bind(sid).fetch_optional(connection).await?;
    Ok(row.map(Session::from))
}

/// Whether a device key is known to an account: it was in a session of it, as far back as sessions
/// are stored. A session that ended because another person may have had the password makes no key
/// known. `except` is a session that does not count.
pub(crate) async fn has_key(
    connection: &mut AnyConnection,
    account_id: &str,
    jkt: &Thumbprint,
    except: Option<&str>,
) -> Result<bool, DatabaseError> {
    let query = sqlx::query(
        "SELECT 1 FROM sessions WHERE account_id = $1 AND jkt = $2 AND sid <> $3 AND (end_reason IS NULL \
         OR end_reason NOT IN ('not_me', 'account_disabled', 'password_reset', 'forked')) LIMIT 1",
    );
    let query = query.bind(account_id).bind(jkt.as_str()).bind(except.unwrap_or_default());
    Ok(query.fetch_optional(connection).await?.is_some())
}

/// Whether a device key is known to any account; see [`has_key`].
pub(crate) async fn is_known_key(
    connection: &mut AnyConnection,
    jkt: &Thumbprint,
) -> Result<bool, DatabaseError> {
    let query = sqlx::query(
        "SELECT 1 FROM sessions WHERE jkt = $1 AND (end_reason IS NULL \
         OR end_reason NOT IN ('not_me', 'account_disabled', 'password_reset', 'forked')) LIMIT 1",
    );
    Ok(query.bind(jkt.as_str()).fetch_optional(connection).await?.is_some())
}

/// Which sessions an account has besides this one.
pub(crate) async fn others(
    connection: &mut AnyConnection,
    account_id: &str,
    sid: &str,
) -> Result<Others, DatabaseError> {
    let query = sqlx::query_scalar(
        "SELECT CASE \
           WHEN EXISTS (SELECT 1 FROM sessions WHERE account_id = $1 AND sid <> $2 AND ended_at IS NULL) THEN 2 \
           WHEN EXISTS (SELECT 1 FROM sessions WHERE account_id = $1 AND sid <> $2) THEN 1 ELSE 0 END",
    );
    let others: i64 = query.bind(account_id).bind(sid).fetch_one(connection).await?;
    Ok(match others {
        0 => Others::Never,
        1 => Others::Ended,
        _ => Others::Active,
    })
}

/// When a device key first was in a session of an account that made it known; see [`has_key`].
pub(crate) async fn key_known_since(
    connection: &mut AnyConnection,
    account_id: &str,
    jkt: &str,
) -> Result<Option<UnixTime>, DatabaseError> {
    let query = sqlx::query_scalar(
        "SELECT MIN(auth_time) FROM sessions WHERE account_id = $1 AND jkt = $2 AND (end_reason IS NULL \
         OR end_reason NOT IN ('not_me', 'account_disabled', 'password_reset', 'forked'))",
    );
    let since: Option<i64> = query.bind(account_id).bind(jkt).fetch_one(connection).await?;
    Ok(since.map(UnixTime::new))
}

/// How the device of a session described itself when it signed in.
pub(crate) async fn label_of(
    connection: &mut AnyConnection,
    sid: &str,
) -> Result<DeviceLabel, DatabaseError> {
    let query = sqlx::query_as("SELECT device_name, platform FROM sessions WHERE sid = $1");
    let row: Option<(Option<String>, Option<String>)> = query.bind(sid).fetch_optional(connection).await?;
    let (name, platform) = row.unwrap_or_default();
    Ok(DeviceLabel { name, platform })
}

/// The address of a session's latest contact.
pub(crate) async fn address_of(
    connection: &mut AnyConnection,
    sid: &str,
) -> Result<Option<String>, DatabaseError> {
    let query = sqlx::query_scalar("SELECT address FROM sessions WHERE sid = $1");
    let address: Option<Option<String>> = query.bind(sid).fetch_optional(connection).await?;
    Ok(address.flatten())
}

/// Records the contact of a device and its address. Returns `false` if the session has ended in the
/// meantime.
pub(crate) async fn touch(
    connection: &mut AnyConnection,
    sid: &str,
    address: Option<&str>,
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

/// Ends sessions, and returns their ids and accounts.
///
/// With [`Which::Replaced`] the account's row is to be locked: of two concurrent sign-ins of one
/// device, the later one then reads the rows that the earlier one has written, so that they do not
/// both end each other's session.
pub(super) async fn end(
    connection: &mut AnyConnection,
    which: Which<'_>,
    end: &End<'_>,
) -> Result<Vec<(String, String)>, DatabaseError> {
    let by = end.by.map(DeviceLabel::quoted).unwrap_or_default();
    let text = match which {
        Which::One(_) => {
            "UPDATE sessions SET ended_at = $1, end_reason = $2, ended_by_name = $3, ended_by_platform = $4 \
             WHERE sid = $5 AND ended_at IS NULL RETURNING sid, account_id"
        }
        Which::Account { .. } => {
            "UPDATE sessions SET ended_at = $1, end_reason = $2, ended_by_name = $3, ended_by_platform = $4 \
             WHERE account_id = $5 AND ended_at IS NULL RETURNING sid, account_id"
        }
        Which::Others { .. } => {
            "UPDATE sessions SET ended_at = $1, end_reason = $2, ended_by_name = $3, ended_by_platform = $4 \
             WHERE account_id = $5 AND sid <> $6 AND ended_at IS NULL RETURNING sid, account_id"
        }
        // A session without a key has no others.
        Which::Disowned { .. } => {
            "UPDATE sessions SET ended_at = $1, end_reason = $2, ended_by_name = $3, ended_by_platform = $4 \
             WHERE account_id = $5 AND (sid = $6 OR jkt = $7) AND ended_at IS NULL RETURNING sid, account_id"
        }
        Which::Replaced { .. } => {
            "UPDATE sessions SET ended_at = $1, end_reason = $2, ended_by_name = $3, ended_by_platform = $4 \
             WHERE account_id = $5 AND device_id = $6 AND jkt = $7 AND sid <> $8 AND ended_at IS NULL \
             RETURNING sid, account_id"
        }
    };
    let query =
        sqlx::query_as(text).bind(end.at.seconds()).bind(end.reason.as_str()).bind(by.name).bind(by.platform);
    let query = match which {
        Which::One(sid) => query.bind(sid),
        Which::Account { account_id } => query.bind(account_id),
        Which::Others { account_id, except } => query.bind(account_id).bind(except),
        Which::Disowned { account_id, sid, jkt } => query.bind(account_id).bind(sid).bind(jkt),
        Which::Replaced { account_id, device_id, jkt, by } => {
            query.bind(account_id).bind(device_id).bind(jkt.as_str()).bind(by)
        }
    };
    Ok(query.fetch_all(connection).await?)
}

/// Gives sessions that have ended before the reason [`EndReason::NotMe`], so that their key is no
/// longer known to the account.
pub(crate) async fn disown_ended(
    connection: &mut AnyConnection,
    account_id: &str,
    sid: &str,
    jkt: &str,
) -> Result<(), DatabaseError> {
    let query = sqlx::query(
        "UPDATE sessions SET end_reason = $1 \
         WHERE account_id = $2 AND (sid = $3 OR jkt = $4) AND ended_at IS NOT NULL",
    );
    query.bind(EndReason::NotMe.as_str()).bind(account_id).bind(sid).bind(jkt).execute(connection).await?;
    Ok(())
}

/// The active sessions of an account, or of all accounts, latest contact first. A session without a
/// device key cannot be renewed, and lasts as long as its access token.
pub(crate) async fn list(
    connection: &mut AnyConnection,
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
        .bind(MAX_LISTED);
    Ok(query.fetch_all(connection).await?)
}

/// The sessions that ended at `since` or later and were in contact at `seen` or later: id, reason,
/// time. The last access token of a session without contact since then has expired. At most `max`
/// of them, the last ones first.
pub(crate) async fn ended_since(
    connection: &mut AnyConnection,
    since: UnixTime,
    seen: UnixTime,
    max: u32,
) -> Result<Vec<(String, EndReason, UnixTime)>, DatabaseError> {
    let query = sqlx::query_as(
        "SELECT sid, end_reason, ended_at FROM sessions WHERE ended_at >= $1 AND last_seen >= $2 \
         ORDER BY ended_at DESC LIMIT $3",
    );
    let rows: Vec<(String, Option<String>, i64)> =
        query.bind(since.seconds()).bind(seen.seconds()).bind(i64::from(max)).fetch_all(connection).await?;
    let read = |(sid, reason, at): (String, Option<String>, i64)| {
        (sid, EndReason::parse(reason.as_deref().unwrap_or_default()), UnixTime::new(at))
    };
    Ok(rows.into_iter().map(read).collect())
}

/// Deletes up to `max` sessions that began before `before`: they are past their absolute limit. One
/// that ended at `told_since` or later stays: its device may not have asked yet who ended it.
/// Returns how many it deleted.
pub(crate) async fn purge_expired(
    connection: &mut AnyConnection,
    before: UnixTime,
    told_since: UnixTime,
    max: u32,
) -> Result<u64, DatabaseError> {
    let query = sqlx::query(
        "DELETE FROM sessions WHERE sid IN (SELECT sid FROM sessions WHERE auth_time < $1 \
         AND (ended_at IS NULL OR ended_at < $2) ORDER BY auth_time LIMIT $3)",
    );
    let query = query.bind(before.seconds()).bind(told_since.seconds()).bind(i64::from(max));
    let deleted = query.execute(connection).await?;
    Ok(deleted.rows_affected())
}
