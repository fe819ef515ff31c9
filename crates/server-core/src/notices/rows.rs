//! The SQL of the table `notices`.

use latchkey_token::Thumbprint;
use sqlx::AnyConnection;
use uuid::Uuid;

use super::Notice;
use crate::database::DatabaseError;

/// Stores a notice.
pub(super) async fn insert(
    connection: &mut AnyConnection,
    notice: &Notice<'_>,
    new_key: bool,
) -> Result<(), DatabaseError> {
    let label = notice.label.quoted();
    sqlx::query(
        "INSERT INTO notices (id, account_id, kind, at, sid, jkt, address, device_name, platform, new_key) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
    )
    .bind(Uuid::new_v4().to_string())
    .bind(notice.account_id)
    .bind(notice.kind.as_str())
    .bind(notice.at.seconds())
    .bind(notice.sid)
    .bind(notice.jkt.map(Thumbprint::as_str))
    .bind(notice.address)
    .bind(label.name)
    .bind(label.platform)
    .bind(i64::from(new_key))
    .execute(connection)
    .await?;
    Ok(())
}

/// Moves an open notice of the same kind and key to the time and address of this one. Returns
/// `false` if there is none.
pub(super) async fn repeat(
    connection: &mut AnyConnection,
    notice: &Notice<'_>,
) -> Result<bool, DatabaseError> {
    let moved = sqlx::query(
        "UPDATE notices SET at = $1, address = $2 \
         WHERE account_id = $3 AND kind = $4 AND COALESCE(jkt, '') = $5 AND answer IS NULL",
    )
    .bind(notice.at.seconds())
    .bind(notice.address)
    .bind(notice.account_id)
    .bind(notice.kind.as_str())
    .bind(notice.jkt.map(Thumbprint::as_str).unwrap_or_default())
    .execute(connection)
    .await?;
    Ok(moved.rows_affected() > 0)
}
