//! Sessions: one row for each sign-in on a device. Owns the table `sessions` and the rules of its end.

use latchkey_token::{Thumbprint, UnixTime};
use sqlx::FromRow;
use uuid::Uuid;

use crate::database::{Database, DatabaseError};
use crate::settings::SessionSettings;

/// Why a session is over, as stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum EndReason {
    /// The person signed out on the device.
    SignedOut,
    /// Ended from elsewhere.
    Revoked,
    /// The account was shut.
    AccountDisabled,
}

impl EndReason {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::SignedOut => "signed_out",
            Self::Revoked => "revoked",
            Self::AccountDisabled => "account_disabled",
        }
    }

    /// A reason that a newer server wrote is an end all the same.
    pub(crate) fn parse(text: &str) -> Self {
        match text {
            "signed_out" => Self::SignedOut,
            "account_disabled" => Self::AccountDisabled,
            _ => Self::Revoked,
        }
    }
}

/// A session as it is stored.
#[derive(FromRow)]
pub(crate) struct Session {
    pub(crate) account_id: String,
    pub(crate) device_id: String,
    pub(crate) jkt: Option<String>,
    pub(crate) auth_time: i64,
    pub(crate) last_seen: i64,
    pub(crate) ended_at: Option<i64>,
    pub(crate) end_reason: Option<String>,
}

/// What a session is at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    Alive,
    Ended(EndReason),
    /// Not renewed for too long, or too long ago.
    Expired,
}

impl Session {
    pub(crate) fn standing(&self, settings: &SessionSettings, now: UnixTime) -> Standing {
        if self.ended_at.is_some() {
            return Standing::Ended(EndReason::parse(self.end_reason.as_deref().unwrap_or_default()));
        }
        let over = UnixTime::new(self.auth_time).plus(settings.absolute_seconds);
        let idle = UnixTime::new(self.last_seen).plus(settings.idle_seconds);
        if now < over && now < idle { Standing::Alive } else { Standing::Expired }
    }
}

/// Starts a session and answers its id.
pub(crate) async fn start(
    database: &Database,
    account_id: &str,
    device_id: &str,
    jkt: Option<&Thumbprint>,
    now: UnixTime,
) -> Result<String, DatabaseError> {
    let sid = Uuid::new_v4().to_string();
    sqlx::query(
        "INSERT INTO sessions (sid, account_id, device_id, jkt, auth_time, last_seen) \
         VALUES ($1, $2, $3, $4, $5, $6)",
    )
    .bind(sid.as_str())
    .bind(account_id)
    .bind(device_id)
    .bind(jkt.map(Thumbprint::as_str))
    .bind(now.seconds())
    .bind(now.seconds())
    .execute(database.pool())
    .await?;
    Ok(sid)
}

/// A text that is no id names no session; PostgreSQL would refuse some of them with an error.
pub(crate) async fn find(database: &Database, sid: &str) -> Result<Option<Session>, DatabaseError> {
    if Uuid::try_parse(sid).is_err() {
        return Ok(None);
    }
    let query = sqlx::query_as(
        "SELECT account_id, device_id, jkt, auth_time, last_seen, ended_at, end_reason \
         FROM sessions WHERE sid = $1",
    );
    Ok(query.bind(sid).fetch_optional(database.pool()).await?)
}

/// Notes that the device was in contact. `false`: the session has ended meanwhile.
pub(crate) async fn touch(database: &Database, sid: &str, now: UnixTime) -> Result<bool, DatabaseError> {
    let touched = sqlx::query(
        "UPDATE sessions SET last_seen = CASE WHEN last_seen < $1 THEN $2 ELSE last_seen END \
         WHERE sid = $3 AND ended_at IS NULL",
    )
    .bind(now.seconds())
    .bind(now.seconds())
    .bind(sid)
    .execute(database.pool())
    .await?;
    Ok(touched.rows_affected() > 0)
}

/// Ends a session. One that has ended already, or was never there, is left as it is.
pub(crate) async fn end(
    database: &Database,
    sid: &str,
    reason: EndReason,
    now: UnixTime,
) -> Result<(), DatabaseError> {
    sqlx::query("UPDATE sessions SET ended_at = $1, end_reason = $2 WHERE sid = $3 AND ended_at IS NULL")
        .bind(now.seconds())
        .bind(reason.as_str())
        .bind(sid)
        .execute(database.pool())
        .await?;
    Ok(())
}

/// The sessions that ended at `since` or later: id, reason, time.
pub(crate) async fn ended_since(
    database: &Database,
    since: UnixTime,
) -> Result<Vec<(String, EndReason, UnixTime)>, DatabaseError> {
    let query = sqlx::query_as("SELECT sid, end_reason, ended_at FROM sessions WHERE ended_at >= $1");
    let rows: Vec<(String, Option<String>, i64)> =
        query.bind(since.seconds()).fetch_all(database.pool()).await?;
    let read = |(sid, reason, at): (String, Option<String>, i64)| {
        (sid, EndReason::parse(reason.as_deref().unwrap_or_default()), UnixTime::new(at))
    };
    Ok(rows.into_iter().map(read).collect())
}

/// Forgets sessions that nothing can bring back: those that began before `before`.
pub(crate) async fn forget(database: &Database, before: UnixTime) -> Result<u64, DatabaseError> {
    let deleted = sqlx::query("DELETE FROM sessions WHERE auth_time < $1")
        .bind(before.seconds())
        .execute(database.pool())
        .await?;
    Ok(deleted.rows_affected())
}
