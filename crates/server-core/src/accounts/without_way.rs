//! Accounts that cannot sign in where passwords are off: they have neither a passkey nor a link to
//! a provider's account.

use sqlx::{AnyConnection, AssertSqlSafe};

use crate::database::DatabaseError;
use crate::providers::ProviderRules;

/// How many accounts are named.
const MAX_NAMED: i64 = 20;

/// Accounts that have no way in without a password, and are not disabled.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct WithoutWay {
    /// The user names of those with a role, 20 at most.
    pub with_role: Vec<String>,
    /// How many others there are. Includes who was invited and has not come yet.
    pub others: i64,
}

/// Finds them. `passkeys`: they are offered, so that one is a way in.
pub(crate) async fn without_way(
    connection: &mut AnyConnection,
    (passkeys, providers): (bool, &[ProviderRules]),
) -> Result<WithoutWay, DatabaseError> {
    let passkey = match passkeys {
        true => " AND NOT EXISTS (SELECT 1 FROM passkeys WHERE passkeys.account_id = accounts.id)",
        false => "",
    };
    let link = match providers {
        [] => String::new(),
        [_, others @ ..] => {
            let others: String = (2..others.len().saturating_add(2)).map(|n| format!(", ${n}")).collect();
            format!(
                " AND NOT EXISTS (SELECT 1 FROM account_links WHERE account_links.account_id = accounts.id \
                 AND issuer IN ($1{others}))"
            )
        }
    };
    let of = format!("FROM accounts WHERE removed_at IS NULL AND disabled_at IS NULL{passkey}{link}");
    let text = format!("SELECT username {of} AND role IS NOT NULL ORDER BY username_key LIMIT {MAX_NAMED}");
    let mut named = sqlx::query_scalar(AssertSqlSafe(text));
    let mut counted = sqlx::query_scalar(AssertSqlSafe(format!("SELECT COUNT(*) {of} AND role IS NULL")));
    for rules in providers {
        named = named.bind(&rules.issuer);
        counted = counted.bind(&rules.issuer);
    }
    let with_role = named.fetch_all(&mut *connection).await?;
    Ok(WithoutWay { with_role, others: counted.fetch_one(connection).await? })
}
