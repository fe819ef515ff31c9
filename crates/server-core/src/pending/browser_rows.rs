//! The SQL of `pending` that only requests to a browser need: their limits, the exchange of a
//! ticket for a cookie, and changes that fail if another request was first.

use latchkey_token::{Thumbprint, UnixTime};
use sqlx::AnyConnection;

use crate::database::DatabaseError;

/// How many of the oldest rows make room at once.
const ROOM: i64 = 100;

/// Requests of one address: how many are open, and how many began since a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct OfAddress {
    pub(crate) open: i64,
    pub(crate) begun: i64,
}

/// Counts the requests of an address that began after `since`.
pub(crate) async fn of_address(
    connection: &mut AnyConnection,
    address: &str,
    since: UnixTime,
    now: UnixTime,
) -> Result<OfAddress, DatabaseError> {
    let query = sqlx::query_as(
        "SELECT COUNT(*), COUNT(CASE WHEN spent_at IS NULL AND expires_at > $1 THEN 1 END) FROM pending \
         WHERE address = $2 AND kind = 'browser' AND created_at > $3",
    );
    let query = query.bind(now.seconds()).bind(address).bind(since.seconds());
    let (begun, open): (i64, i64) = query.fetch_one(connection).await?;
    Ok(OfAddress { open, begun })
}

/// Deletes the oldest requests if there are `max`.
pub(crate) async fn make_room(connection: &mut AnyConnection, max: i64) -> Result<(), DatabaseError> {
    let query = sqlx::query_scalar(
        "SELECT COUNT(*) FROM (SELECT 1 AS one FROM pending WHERE kind = 'browser' LIMIT $1) AS requests",
    );
    let requests: i64 = query.bind(max).fetch_one(&mut *connection).await?;
    if requests < max {
        return Ok(());
    }
    let query = sqlx::query(
        "DELETE FROM pending WHERE id IN \
         (SELECT id FROM pending WHERE kind = 'browser' ORDER BY created_at LIMIT $1)",
    );
    query.bind(ROOM).execute(connection).await?;
    Ok(())
}

/// Ends the open requests of a key. The rows stay, where they are counted.
pub(crate) async fn end_requests_of_key(
    connection: &mut AnyConnection,
    jkt: &Thumbprint,
    now: UnixTime,
) -> Result<(), DatabaseError> {
    let query = sqlx::query(
        "UPDATE pending SET expires_at = $1, code_hash = NULL, extra = NULL \
         WHERE jkt = $2 AND kind = 'browser' AND spent_at IS NULL AND expires_at > $3",
    );
    query.bind(now.seconds()).bind(jkt.as_str()).bind(now.seconds()).execute(connection).await?;
    Ok(())
}

/// Exchanges the code of an open row for another one: of two at the same time one gets `true`.
pub(crate) async fn exchange_code(
    connection: &mut AnyConnection,
    id: &str,
    (from, to): (&str, &str),
    extra: &str,
    now: UnixTime,
) -> Result<bool, DatabaseError> {
    let changed = sqlx::query(
        "UPDATE pending SET code_hash = $1, extra = $2 \
         WHERE id = $3 AND code_hash = $4 AND spent_at IS NULL AND expires_at > $5",
    )
    .bind(to)
    .bind(extra)
    .bind(id)
    .bind(from)
    .bind(now.seconds())
    .execute(connection)
    .await?;
    Ok(changed.rows_affected() > 0)
}

/// Changes what is sealed in an open row, and its end. Returns `false` if it is over, or if it is
/// not as it was read: each sealed text is another one.
pub(crate) async fn swap(
    connection: &mut AnyConnection,
    id: &str,
    (from, to): (&str, &str),
    expires_at: UnixTime,
    now: UnixTime,
) -> Result<bool, DatabaseError> {
    let changed = sqlx::query(
        "UPDATE pending SET extra = $1, expires_at = $2 \
         WHERE id = $3 AND extra = $4 AND spent_at IS NULL AND expires_at > $5",
    )
    .bind(to)
    .bind(expires_at.seconds())
    .bind(id)
    .bind(from)
    .bind(now.seconds())
    .execute(connection)
    .await?;
    Ok(changed.rows_affected() > 0)
}

/// Makes a row an account's, so that it ends when the account's password or factor changes.
pub(crate) async fn set_account(
    connection: &mut AnyConnection,
    id: &str,
    account_id: &str,
) -> Result<(), DatabaseError> {
    let query = sqlx::query("UPDATE pending SET account_id = $1 WHERE id = $2");
    query.bind(account_id).bind(id).execute(connection).await?;
    Ok(())
}

/// Uses a row as `spend` does, and leaves `extra` in it.
pub(crate) async fn spend_with(
    connection: &mut AnyConnection,
    id: &str,
    sid: Option<&str>,
    extra: &str,
    now: UnixTime,
) -> Result<bool, DatabaseError> {
    let spent = sqlx::query(
        "UPDATE pending SET spent_at = $1, sid = COALESCE($2, sid), extra = $3, code_hash = NULL \
         WHERE id = $4 AND spent_at IS NULL AND expires_at > $5",
    )
    .bind(now.seconds())
    .bind(sid)
    .bind(extra)
    .bind(id)
    .bind(now.seconds())
    .execute(connection)
    .await?;
    Ok(spent.rows_affected() > 0)
}
