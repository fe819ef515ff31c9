//! The SQL of the table `notices`.

use latchkey_token::{LEEWAY_SECONDS, Thumbprint, UnixTime};
use sqlx::{AnyConnection, FromRow};
use uuid::Uuid;

use super::{NOTICE_SECONDS, Notice, NoticeKind, OpenNotice};
use crate::database::DatabaseError;
use crate::sessions::DeviceLabel;

/// The removal of a second factor is told while it is pending. The time of a notice is up to 61
/// seconds later than that of its event; see [`time`].
macro_rules! while_pending {
    ($before:literal, $after:literal) => {
        concat!(
            $before,
            "AND (notices.kind <> 'factor_removal' OR EXISTS (SELECT 1 FROM pending \
             WHERE pending.account_id = notices.account_id AND pending.kind = 'factor_removal' \
             AND pending.spent_at IS NULL AND notices.at >= pending.created_at \
             AND notices.at <= pending.created_at + 61)) ",
            $after
        )
    };
}

/// Maximum number of notices in a list.
const MAX_LISTED: i64 = 20;

/// The session that reads notices, and since when they and other sessions count.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reader<'a> {
    pub(super) account_id: &'a str,
    pub(super) sid: &'a str,
    pub(super) jkt: Option<&'a str>,
    /// When the session began.
    pub(super) began: UnixTime,
    /// Notices of earlier events have ended unanswered.
    pub(super) open_since: UnixTime,
    /// A session that began earlier is past its absolute limit,
    pub(super) began_since: UnixTime,
    /// one without contact since then past its idle limit,
    pub(super) seen_since: UnixTime,
    /// and one without a key that began earlier has no valid token.
    pub(super) keyless_since: UnixTime,
}

/// An open notice, as it is stored.
#[derive(Debug, FromRow)]
pub(super) struct Row {
    id: String,
    pub(super) kind: String,
    at: i64,
    pub(super) sid: Option<String>,
    pub(super) jkt: Option<String>,
    /// Empty if it is not known: the column must not be null.
    address: String,
    device_name: Option<String>,
    platform: Option<String>,
    new_key: i64,
}

impl Row {
    /// When it happened.
    pub(super) fn at(&self) -> UnixTime {
        UnixTime::new(self.at)
    }

    /// As it is shown; `None` if a newer server has written it.
    pub(super) fn shown(self, can_answer: bool) -> Option<OpenNotice> {
        Some(OpenNotice {
            kind: NoticeKind::parse(&self.kind)?,
            id: self.id,
            at: self.at,
            address: Some(self.address).filter(|address| !address.is_empty()),
            label: DeviceLabel { name: self.device_name, platform: self.platform },
            new_key: self.new_key != 0,
            can_answer,
        })
    }
}

/// The stored time of an event, which only sessions that began earlier are told of. One that is
/// stored already did, also if its time says the same second, or a later one: the servers' clocks
/// differ.
async fn time(connection: &mut AnyConnection, notice: &Notice<'_>) -> Result<UnixTime, DatabaseError> {
    let query = sqlx::query_scalar(
        "SELECT MAX(auth_time) FROM sessions WHERE account_id = $1 AND sid <> $2 AND ended_at IS NULL \
         AND auth_time >= $3 AND auth_time <= $4",
    );
    let query = query.bind(notice.account_id).bind(notice.sid.unwrap_or_default());
    let query = query.bind(notice.at.seconds()).bind(notice.at.plus(LEEWAY_SECONDS).seconds());
    let latest: Option<i64> = query.fetch_one(connection).await?;
    Ok(latest.map_or(notice.at, |began| UnixTime::new(began).plus(1)))
}

/// Stores a notice. `is_mailed`: a mail about it is queued.
pub(super) async fn insert(
    connection: &mut AnyConnection,
    notice: &Notice<'_>,
    new_key: bool,
    is_mailed: bool,
) -> Result<(), DatabaseError> {
    let (label, at) = (notice.label.quoted(), time(&mut *connection, notice).await?);
    sqlx::query(
        "INSERT INTO notices (id, account_id, kind, at, sid, jkt, address, device_name, platform, new_key, \
         mailed_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
    )
    .bind(Uuid::new_v4().to_string())
    .bind(notice.account_id)
    .bind(notice.what.kind().as_str())
    .bind(at.seconds())
    .bind(notice.sid)
    .bind(notice.jkt.map(Thumbprint::as_str))
    .bind(notice.address.unwrap_or_default())
    .bind(label.name)
    .bind(label.platform)
    .bind(i64::from(new_key))
    .bind(is_mailed.then_some(notice.at.seconds()))
    .execute(connection)
    .await?;
    Ok(())
}

/// Moves an open notice of the same kind and key to the time and address of this one. Returns
/// `false` if there is none.
pub(super) async fn repeat(
    connection: &mut AnyConnection,
    notice: &Notice<'_>,
    is_mailed: bool,
) -> Result<bool, DatabaseError> {
    let at = time(&mut *connection, notice).await?;
    let moved = sqlx::query(
        "UPDATE notices SET at = $1, address = $2, mailed_at = COALESCE($3, mailed_at) \
         WHERE account_id = $4 AND kind = $5 AND COALESCE(jkt, '') = $6 AND answer IS NULL",
    )
    .bind(at.seconds())
    .bind(notice.address.unwrap_or_default())
    .bind(is_mailed.then_some(notice.at.seconds()))
    .bind(notice.account_id)
    .bind(notice.what.kind().as_str())
    .bind(notice.jkt.map(Thumbprint::as_str).unwrap_or_default())
    .execute(connection)
    .await?;
    Ok(moved.rows_affected() > 0)
}

/// Whether a mail about a notice of this kind was queued after `since`, answered or not.
pub(super) async fn is_mailed_since(
    connection: &mut AnyConnection,
    account_id: &str,
    kind: NoticeKind,
    since: UnixTime,
) -> Result<bool, DatabaseError> {
    let query =
        sqlx::query("SELECT 1 FROM notices WHERE account_id = $1 AND kind = $2 AND mailed_at > $3 LIMIT 1");
    let query = query.bind(account_id).bind(kind.as_str()).bind(since.seconds());
    Ok(query.fetch_optional(connection).await?.is_some())
}

/// The open notices that a session is shown, the newest first.
pub(super) async fn list(
    connection: &mut AnyConnection,
    reader: &Reader<'_>,
) -> Result<Vec<Row>, DatabaseError> {
    let query = sqlx::query_as(while_pending!(
        "SELECT id, kind, at, sid, jkt, address, device_name, platform, new_key FROM notices \
             WHERE account_id = $1 AND answer IS NULL AND at > $2 AND at > $3 AND COALESCE(sid, '') <> $4 \
             AND (jkt IS NULL OR jkt <> $5) ",
        "ORDER BY at DESC, id LIMIT $6"
    ));
    let query = query
        .bind(reader.account_id)
        .bind(reader.open_since.seconds())
        .bind(reader.began.seconds())
        .bind(reader.sid)
        .bind(reader.jkt.unwrap_or_default())
        .bind(MAX_LISTED);
    Ok(query.fetch_all(connection).await?)
}

/// How many there are.
pub(super) async fn count(connection: &mut AnyConnection, reader: &Reader<'_>) -> Result<i64, DatabaseError> {
    let query = sqlx::query_scalar(while_pending!(
        "SELECT COUNT(*) FROM notices WHERE account_id = $1 AND answer IS NULL AND at > $2 AND at > $3 \
             AND COALESCE(sid, '') <> $4 AND (jkt IS NULL OR jkt <> $5) ",
        ""
    ));
    let query = query
        .bind(reader.account_id)
        .bind(reader.open_since.seconds())
        .bind(reader.began.seconds())
        .bind(reader.sid)
        .bind(reader.jkt.unwrap_or_default());
    Ok(query.fetch_one(connection).await?)
}

/// One of the open notices that a session is shown.
pub(super) async fn find(
    connection: &mut AnyConnection,
    reader: &Reader<'_>,
    id: &str,
) -> Result<Option<Row>, DatabaseError> {
    // PostgreSQL refuses some texts with an error.
    if Uuid::try_parse(id).is_err() {
        return Ok(None);
    }
    let query = sqlx::query_as(while_pending!(
        "SELECT id, kind, at, sid, jkt, address, device_name, platform, new_key FROM notices \
             WHERE account_id = $1 AND answer IS NULL AND at > $2 AND at > $3 AND COALESCE(sid, '') <> $4 \
             AND (jkt IS NULL OR jkt <> $5) ",
        "AND id = $6"
    ));
    let query = query
        .bind(reader.account_id)
        .bind(reader.open_since.seconds())
        .bind(reader.began.seconds())
        .bind(reader.sid)
        .bind(reader.jkt.unwrap_or_default())
        .bind(id);
    Ok(query.fetch_optional(connection).await?)
}

/// Whether there is an open notice about the session or its key that another active session may
/// still answer. When none is left that could, the session must not be silenced for good.
///
/// One that is in question itself since before cannot: an owner who sees a stranger and changes the
/// password first could otherwise not say "not me" any more.
pub(super) async fn is_in_question(
    connection: &mut AnyConnection,
    reader: &Reader<'_>,
) -> Result<bool, DatabaseError> {
    let query = sqlx::query(while_pending!(
        "SELECT 1 FROM notices JOIN sessions ON sessions.account_id = notices.account_id \
             WHERE notices.account_id = $1 AND answer IS NULL AND at > $2 AND (notices.sid = $3 OR notices.jkt = $4) \
             AND ended_at IS NULL AND auth_time < at AND sessions.sid <> COALESCE(notices.sid, '') \
             AND (sessions.jkt IS NULL OR notices.jkt IS NULL OR sessions.jkt <> notices.jkt) \
             AND auth_time > $5 AND last_seen > $6 AND (sessions.jkt IS NOT NULL OR auth_time > $7) \
         AND NOT EXISTS (SELECT 1 FROM notices AS earlier JOIN sessions AS judges \
         ON judges.account_id = earlier.account_id WHERE earlier.account_id = sessions.account_id \
         AND earlier.kind <> 'factor_removal' AND earlier.answer IS NULL AND earlier.at > $8 AND earlier.at < notices.at \
         AND (earlier.sid = sessions.sid OR earlier.jkt = sessions.jkt) AND judges.ended_at IS NULL \
         AND judges.auth_time < earlier.at AND judges.sid <> COALESCE(earlier.sid, '') \
         AND (judges.jkt IS NULL OR earlier.jkt IS NULL OR judges.jkt <> earlier.jkt) \
         AND judges.auth_time > $9 AND judges.last_seen > $10 \
         AND (judges.jkt IS NOT NULL OR judges.auth_time > $11)) ",
        "LIMIT 1"
    ));
    let query = query
        .bind(reader.account_id)
        .bind(reader.open_since.seconds())
        .bind(reader.sid)
        .bind(reader.jkt.unwrap_or_default())
        .bind(reader.began_since.seconds())
        .bind(reader.seen_since.seconds())
        .bind(reader.keyless_since.seconds())
        .bind(reader.open_since.seconds())
        .bind(reader.began_since.seconds())
        .bind(reader.seen_since.seconds())
        .bind(reader.keyless_since.seconds());
    Ok(query.fetch_optional(connection).await?.is_some())
}

/// Answers an open notice. Returns `false` if it was answered in the meantime, perhaps at another
/// server.
pub(super) async fn answer(
    connection: &mut AnyConnection,
    id: &str,
    answer: &str,
    now: UnixTime,
) -> Result<bool, DatabaseError> {
    let query =
        sqlx::query("UPDATE notices SET answer = $1, answered_at = $2 WHERE id = $3 AND answer IS NULL");
    let answered = query.bind(answer).bind(now.seconds()).bind(id).execute(connection).await?;
    Ok(answered.rows_affected() > 0)
}

/// Gives the same answer to the other open notices about a session or its key; only to those of
/// `kind`, if there is one.
pub(super) async fn answer_others(
    connection: &mut AnyConnection,
    (account_id, row): (&str, &Row),
    kind: Option<NoticeKind>,
    answer: &str,
    now: UnixTime,
) -> Result<(), DatabaseError> {
    let query = sqlx::query(
        "UPDATE notices SET answer = $1, answered_at = $2 WHERE account_id = $3 AND answer IS NULL \
         AND (sid = $4 OR jkt = $5) AND (kind = $6 OR $7 = 1)",
    );
    let query = query
        .bind(answer)
        .bind(now.seconds())
        .bind(account_id)
        .bind(row.sid.as_deref().unwrap_or_default())
        .bind(row.jkt.as_deref().unwrap_or_default())
        .bind(kind.map(NoticeKind::as_str).unwrap_or_default())
        .bind(i64::from(kind.is_none()));
    query.execute(connection).await?;
    Ok(())
}

/// Deletes up to `max` notices that have ended, answered or not. Returns how many it deleted.
pub(crate) async fn purge_expired(
    connection: &mut AnyConnection,
    now: UnixTime,
    max: u32,
) -> Result<u64, DatabaseError> {
    let query = sqlx::query(
        "DELETE FROM notices WHERE id IN (SELECT id FROM notices WHERE at <= $1 ORDER BY at LIMIT $2)",
    );
    let query = query.bind(now.plus(-NOTICE_SECONDS).seconds()).bind(i64::from(max));
    Ok(query.execute(connection).await?.rows_affected())
}
