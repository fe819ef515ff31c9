//! Links to providers' accounts that move to another server.

use latchkey_token::UnixTime;
use serde::{Deserialize, Serialize};
use sqlx::AnyConnection;

use crate::database::DatabaseError;

/// A provider's account that belongs to an account (OpenID Connect Core §2).
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct CarriedLink {
    /// The provider's issuer.
    pub issuer: String,
    /// The subject there.
    pub sub: String,
}

impl CarriedLink {
    /// Whether its values can be those of a link.
    pub(crate) fn is_valid(&self) -> bool {
        [&self.issuer, &self.sub].into_iter().all(|text| crate::accounts::is_line(text, 255))
    }
}

/// The links of the accounts whose names come after the first key, up to the second, with the ids
/// of the accounts.
pub(crate) async fn of_page(
    connection: &mut AnyConnection,
    (after, last): (&str, &str),
) -> Result<Vec<(String, CarriedLink)>, DatabaseError> {
    let query = sqlx::query_as(
        "SELECT account_id, issuer, sub FROM account_links WHERE account_id IN \
         (SELECT id FROM accounts WHERE username_key > $1 AND username_key <= $2 AND removed_at IS NULL) \
         ORDER BY issuer, sub",
    );
    let rows: Vec<(String, String, String)> = query.bind(after).bind(last).fetch_all(connection).await?;
    Ok(rows.into_iter().map(|(id, issuer, sub)| (id, CarriedLink { issuer, sub })).collect())
}

/// Links a new account. What another account is linked to stays there. Returns how many links do.
pub(crate) async fn carry_in(
    connection: &mut AnyConnection,
    account_id: &str,
    links: &[CarriedLink],
    now: UnixTime,
) -> Result<u64, DatabaseError> {
    let mut left_out = 0;
    for link in links {
        let added = sqlx::query(
            "INSERT INTO account_links (issuer, sub, account_id, created_at) VALUES ($1, $2, $3, $4) \
             ON CONFLICT (issuer, sub) DO NOTHING",
        )
        .bind(link.issuer.as_str())
        .bind(link.sub.as_str())
        .bind(account_id)
        .bind(now.seconds())
        .execute(&mut *connection)
        .await?;
        left_out += u64::from(added.rows_affected() == 0);
    }
    Ok(left_out)
}
