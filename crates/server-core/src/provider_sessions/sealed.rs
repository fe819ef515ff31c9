//! The refresh tokens at rest: what they are sealed about, and how a rotation of the seal key finds
//! them.

use sqlx::AnyConnection;

use crate::database::DatabaseError;

/// What the refresh token of a session is sealed about.
pub(crate) fn about(sid: &str) -> String {
    format!("{sid} provider")
}

/// The sealed tokens of up to `max` sessions whose ids come after `after`.
pub(crate) async fn sealed(
    connection: &mut AnyConnection,
    after: &str,
    max: i64,
) -> Result<Vec<(String, String)>, DatabaseError> {
    let query = sqlx::query_as(
        "SELECT sid, refresh_token FROM provider_sessions WHERE sid > $1 AND refresh_token IS NOT NULL \
         ORDER BY sid LIMIT $2",
    );
    Ok(query.bind(after).bind(max).fetch_all(connection).await?)
}

/// Replaces a sealed token, unless the provider has given another one since. Returns how many.
pub(crate) async fn reseal(
    connection: &mut AnyConnection,
    sid: &str,
    (old, new): (&str, &str),
) -> Result<u64, DatabaseError> {
    let query =
        sqlx::query("UPDATE provider_sessions SET refresh_token = $1 WHERE sid = $2 AND refresh_token = $3");
    Ok(query.bind(new).bind(sid).bind(old).execute(connection).await?.rows_affected())
}
