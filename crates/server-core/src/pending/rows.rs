//! The SQL of the table `pending`. Each function takes a connection, so that a caller can do more
//! in one transaction.

use latchkey_token::{Thumbprint, UnixTime};
use sqlx::{AnyConnection, FromRow};

use super::{Kind, NewPending, Pending};
use crate::database::DatabaseError;

/// After its end a row is kept for this long, so that a device hears that it is over, in seconds.
const KEPT_SECONDS: i64 = 3600;

const DAY_SECONDS: i64 = 86_400;

/// A row as it is stored.
#[derive(FromRow)]
struct Row {
    id: String,
    kind: String,
    account_id: Option<String>,
    jkt: Option<String>,
    device_id: Option<String>,
    created_at: i64,
    expires_at: i64,
    tries: i64,
    sid: Option<String>,
    sent_at: Option<i64>,
    spent_at: Option<i64>,
    extra: Option<String>,
}

impl Row {
    /// `None` for a kind of a newer version.
    fn read(self) -> Option<Pending> {
        Some(Pending {
            kind: Kind::parse(&self.kind)?,
            id: self.id,
            account_id: self.account_id,
            jkt: self.jkt,
            device_id: self.device_id,
            created_at: UnixTime::new(self.created_at),
            expires_at: UnixTime::new(self.expires_at),
            tries: self.tries,
            sid: self.sid,
            sent_at: self.sent_at.map(UnixTime::new),
            spent_at: self.spent_at.map(UnixTime::new),
            extra: self.extra,
        })
    }
}

/// Stores something pending.
pub(crate) async fn insert(
    connection: &mut AnyConnection,
    new: &NewPending<'_>,
    now: UnixTime,
) -> Result<(), DatabaseError> {
    sqlx::query(
        "INSERT INTO pending (id, kind, account_id, jkt, device_id, address, created_at, expires_at, tries, \
         code_hash, sid, extra) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0, $9, $10, $11)",
    )
    .bind(new.id)
    .bind(new.kind.as_str())
    .bind(new.account_id)
    .bind(new.jkt.map(Thumbprint::as_str))
    .bind(new.device_id)
    .bind(new.address)
    .bind(now.seconds())
    .bind(new.expires_at.seconds())
    .bind(new.code_hash)
    .bind(new.sid)
    .bind(new.extra)
    .execute(connection)
    .await?;
    Ok(())
}

/// Finds something pending by its id, also if it has expired or was used. A text with a zero byte
/// is no id, and PostgreSQL refuses it with an error.
pub(crate) async fn find(connection: &mut AnyConnection, id: &str) -> Result<Option<Pending>, DatabaseError> {
    if id.contains('\0') {
        return Ok(None);
    }
    let query = sqlx::query_as(
        "SELECT id, kind, account_id, jkt, device_id, created_at, expires_at, tries, sid, sent_at, spent_at, \
         extra FROM pending WHERE id = $1",
    );
    let row: Option<Row> = query.bind(id).fetch_optional(connection).await?;
    Ok(row.and_then(Row::read))
}

/// Finds something pending by the hash of its code, also if it has expired or was used.
pub(crate) async fn find_by_code(
    connection: &mut AnyConnection,
    code_hash: &str,
) -> Result<Option<Pending>, DatabaseError> {
    let query = sqlx::query_as(
        "SELECT id, kind, account_id, jkt, device_id, created_at, expires_at, tries, sid, sent_at, spent_at, \
         extra FROM pending WHERE code_hash = $1",
    );
    let row: Option<Row> = query.bind(code_hash).fetch_optional(connection).await?;
    Ok(row.and_then(Row::read))
}

/// What of one kind an account has, the latest first, also if it has expired or was used.
pub(crate) async fn find_of(
    connection: &mut AnyConnection,
    kind: Kind,
    account_id: &str,
) -> Result<Vec<Pending>, DatabaseError> {
    let query = sqlx::query_as(
        "SELECT id, kind, account_id, jkt, device_id, created_at, expires_at, tries, sid, sent_at, spent_at, \
         extra FROM pending WHERE account_id = $1 AND kind = $2 ORDER BY created_at DESC, id",
    );
    let rows: Vec<Row> = query.bind(account_id).bind(kind.as_str()).fetch_all(connection).await?;
    Ok(rows.into_iter().filter_map(Row::read).collect())
}

/// Counts a wrong try in one statement. Returns `false` if there were `max` before, or it is over.
pub(crate) async fn count_try(
    connection: &mut AnyConnection,
    id: &str,
    max: i64,
    now: UnixTime,
) -> Result<bool, DatabaseError> {
    let counted = sqlx::query(
        "UPDATE pending SET tries = tries + 1 \
         WHERE id = $1 AND tries < $2 AND spent_at IS NULL AND expires_at > $3",
    )
    .bind(id)
    .bind(max)
    .bind(now.seconds())
    .execute(connection)
    .await?;
    Ok(counted.rows_affected() > 0)
}

/// Uses it, in one statement: of two at the same time one gets `true`. `sid` is the session that
/// it has become, if it has; what was sealed in it is deleted.
pub(crate) async fn spend(
    connection: &mut AnyConnection,
    id: &str,
    sid: Option<&str>,
    now: UnixTime,
) -> Result<bool, DatabaseError> {
    let spent = sqlx::query(
        "UPDATE pending SET spent_at = $1, sid = COALESCE($2, sid), extra = NULL \
         WHERE id = $3 AND spent_at IS NULL AND expires_at > $4",
    )
    .bind(now.seconds())
    .bind(sid)
    .bind(id)
    .bind(now.seconds())
    .execute(connection)
    .await?;
    Ok(spent.rows_affected() > 0)
}

/// Lets something go on with other sealed contents and another end. Returns `false` if it is over.
pub(crate) async fn go_on(
    connection: &mut AnyConnection,
    id: &str,
    extra: &str,
    expires_at: UnixTime,
    now: UnixTime,
) -> Result<bool, DatabaseError> {
    let changed = sqlx::query(
        "UPDATE pending SET extra = $1, expires_at = $2 \
         WHERE id = $3 AND spent_at IS NULL AND expires_at > $4",
    )
    .bind(extra)
    .bind(expires_at.seconds())
    .bind(id)
    .bind(now.seconds())
    .execute(connection)
    .await?;
    Ok(changed.rows_affected() > 0)
}

/// Ends what of one kind one key has begun for an account, because it begins anew. The rows stay,
/// where they are counted.
pub(crate) async fn supersede(
    connection: &mut AnyConnection,
    kind: Kind,
    account_id: &str,
    jkt: &Thumbprint,
    now: UnixTime,
) -> Result<(), DatabaseError> {
    let query = sqlx::query(
        "UPDATE pending SET expires_at = $1 WHERE account_id = $2 AND kind = $3 AND jkt = $4 \
         AND spent_at IS NULL AND expires_at > $5",
    );
    let query = query.bind(now.seconds()).bind(account_id).bind(kind.as_str()).bind(jkt.as_str());
    query.bind(now.seconds()).execute(connection).await?;
    Ok(())
}

/// Records that the mail of a request is handed over for the first time: its life begins.
pub(crate) async fn begin(
    connection: &mut AnyConnection,
    id: &str,
    expires_at: UnixTime,
    now: UnixTime,
) -> Result<(), DatabaseError> {
    let query = sqlx::query(
        "UPDATE pending SET sent_at = $1, expires_at = $2 \
         WHERE id = $3 AND sent_at IS NULL AND spent_at IS NULL",
    );
    query.bind(now.seconds()).bind(expires_at.seconds()).bind(id).execute(connection).await?;
    Ok(())
}

/// Ends everything of an account that was not used yet. Used rows stay: a device may ask for the
/// same answer again.
pub(crate) async fn end_all_of(
    connection: &mut AnyConnection,
    account_id: &str,
) -> Result<(), DatabaseError> {
    let query = sqlx::query("DELETE FROM pending WHERE account_id = $1 AND spent_at IS NULL");
    query.bind(account_id).execute(connection).await?;
    Ok(())
}

/// Ends the sign-ins that are not finished, of the account that an identity at a provider belongs
/// to.
pub(crate) async fn end_sign_ins_of_identity(
    connection: &mut AnyConnection,
    issuer: &str,
    sub: &str,
) -> Result<(), DatabaseError> {
    let query = sqlx::query(
        "DELETE FROM pending WHERE spent_at IS NULL AND kind IN ('browser', 'challenge') AND account_id IN \
         (SELECT account_id FROM account_links WHERE issuer = $1 AND sub = $2)",
    );
    query.bind(issuer).bind(sub).execute(connection).await?;
    Ok(())
}

/// Ends what is pending of an account, except the codes that an operator has made. The removal of a
/// factor stays too: when it is due it is cancelled with its reason, if the role needs the factor.
pub(crate) async fn end_all_but_operators(
    connection: &mut AnyConnection,
    account_id: &str,
) -> Result<(), DatabaseError> {
    let query = sqlx::query(
        "DELETE FROM pending WHERE account_id = $1 AND spent_at IS NULL AND \
         (kind NOT IN ('invite', 'password', 'factor', 'factor_removal') OR EXISTS (SELECT 1 FROM audit_events \
         WHERE audit_events.account_id = $2 AND at = pending.created_at AND event = 'code_made' \
         AND detail = pending.kind AND actor_id IS NOT NULL))",
    );
    query.bind(account_id).bind(account_id).execute(connection).await?;
    Ok(())
}

/// Ends the codes of an account that were mailed, or are about to be, and requests for one.
pub(crate) async fn end_mailed(
    connection: &mut AnyConnection,
    account_id: &str,
) -> Result<(), DatabaseError> {
    let query = sqlx::query(
        "DELETE FROM pending WHERE account_id = $1 AND spent_at IS NULL AND (kind = 'forgot' OR id IN \
         (SELECT pending_id FROM outbox WHERE outbox.account_id = $2 AND pending_id IS NOT NULL))",
    );
    query.bind(account_id).bind(account_id).execute(connection).await?;
    Ok(())
}

/// Ends the codes that an account has made for others and that were not used yet: it has lost the
/// role. Codes that somebody else made later stay. The audit log knows who made which.
pub(crate) async fn end_made_by(
    connection: &mut AnyConnection,
    actor_id: &str,
    since: UnixTime,
) -> Result<(), DatabaseError> {
    let query = sqlx::query(
        "DELETE FROM pending WHERE spent_at IS NULL AND kind IN ('invite', 'password', 'factor') AND EXISTS \
         (SELECT 1 FROM audit_events WHERE actor_id = $1 AND at > $2 AND event = 'code_made' \
         AND audit_events.account_id = pending.account_id AND at = pending.created_at AND detail = pending.kind)",
    );
    query.bind(actor_id).bind(since.seconds()).execute(connection).await?;
    Ok(())
}

/// Ends what of one kind one key has begun for an account, because it begins anew. Without a key,
/// what is for any key. Returns whether there was any.
pub(crate) async fn end_kind_of(
    connection: &mut AnyConnection,
    kind: Kind,
    account_id: &str,
    jkt: Option<&Thumbprint>,
) -> Result<bool, DatabaseError> {
    let query = sqlx::query(
        "DELETE FROM pending WHERE account_id = $1 AND kind = $2 AND COALESCE(jkt, '') = $3 AND spent_at IS NULL",
    );
    let query = query.bind(account_id).bind(kind.as_str()).bind(jkt.map_or("", Thumbprint::as_str));
    Ok(query.execute(connection).await?.rows_affected() > 0)
}

/// What of one kind is due at `now` and not done, the earliest first, `max` at most.
pub(crate) async fn find_due(
    connection: &mut AnyConnection,
    kind: Kind,
    now: UnixTime,
    max: u32,
) -> Result<Vec<Pending>, DatabaseError> {
    let query = sqlx::query_as(
        "SELECT id, kind, account_id, jkt, device_id, created_at, expires_at, tries, sid, sent_at, spent_at, \
         extra FROM pending WHERE kind = $1 AND spent_at IS NULL AND expires_at <= $2 \
         ORDER BY expires_at, id LIMIT $3",
    );
    let query = query.bind(kind.as_str()).bind(now.seconds()).bind(i64::from(max));
    let rows: Vec<Row> = query.fetch_all(connection).await?;
    Ok(rows.into_iter().filter_map(Row::read).collect())
}

/// Takes what is due, in one statement: of two servers at the same time one gets `true`.
pub(crate) async fn complete(
    connection: &mut AnyConnection,
    id: &str,
    now: UnixTime,
) -> Result<bool, DatabaseError> {
    let query = sqlx::query(
        "UPDATE pending SET spent_at = $1 WHERE id = $2 AND spent_at IS NULL AND expires_at <= $3",
    );
    let query = query.bind(now.seconds()).bind(id).bind(now.seconds());
    Ok(query.execute(connection).await?.rows_affected() > 0)
}

/// Ends what a key has begun for an account, also for a request that came before. The rows stay,
/// where they are counted.
pub(crate) async fn end_all_of_key(
    connection: &mut AnyConnection,
    account_id: &str,
    jkt: &str,
) -> Result<(), DatabaseError> {
    // Not the present time: a request in progress compares with the time at which it came.
    let query = sqlx::query(
        "UPDATE pending SET expires_at = created_at WHERE account_id = $1 AND jkt = $2 AND spent_at IS NULL",
    );
    query.bind(account_id).bind(jkt).execute(connection).await?;
    Ok(())
}

/// Deletes up to `max` rows that expired an hour ago; requests for a code a day after they came,
/// because they are counted; removals of a factor not before they were done. Returns how many it
/// deleted.
pub(crate) async fn purge_expired(
    connection: &mut AnyConnection,
    now: UnixTime,
    max: u32,
) -> Result<u64, DatabaseError> {
    let query = sqlx::query(
        "DELETE FROM pending WHERE id IN \
         (SELECT id FROM pending WHERE expires_at < $1 AND (kind <> 'forgot' OR created_at < $2) \
         AND (kind <> 'factor_removal' OR spent_at IS NOT NULL) \
         ORDER BY expires_at LIMIT $3)",
    );
    let before = now.plus(-KEPT_SECONDS);
    let query = query.bind(before.seconds()).bind(now.plus(-DAY_SECONDS).seconds()).bind(i64::from(max));
    let deleted = query.execute(connection).await?;
    Ok(deleted.rows_affected())
}
