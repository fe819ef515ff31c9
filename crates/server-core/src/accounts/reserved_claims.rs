//! Accounts whose custom claims have names that are the server's own by now: set in an earlier
//! version, and in no token any more.

use serde_json::{Map, Value};
use sqlx::AnyConnection;

use super::custom_claims::ROLE_CLAIM;
use crate::database::DatabaseError;

/// How many accounts with reserved claims are named.
const MAX_NAMED: i64 = 20;

/// The user names of accounts with custom claims whose names are the server's own since tokens say
/// how the user signed in, and which role the account has.
pub(crate) async fn with_reserved_claims(
    connection: &mut AnyConnection,
) -> Result<Vec<String>, DatabaseError> {
    let query = sqlx::query_as(
        "SELECT username, claims FROM accounts WHERE removed_at IS NULL \
         AND (claims LIKE '%\"acr\"%' OR claims LIKE '%\"amr\"%' OR claims LIKE '%\"latchkey_role\"%') ORDER BY username_key LIMIT $1",
    );
    let rows: Vec<(String, String)> = query.bind(MAX_NAMED).fetch_all(connection).await?;
    // The pattern also finds values and nested names.
    let has_reserved = |claims: &str| {
        let claims: Map<String, Value> = serde_json::from_str(claims).unwrap_or_default();
        ["acr", "amr", ROLE_CLAIM].iter().any(|name| claims.contains_key(*name))
    };
    Ok(rows.into_iter().filter(|(_, claims)| has_reserved(claims)).map(|(name, _)| name).collect())
}
