//! The lock of an account's row. A change of an account and its sessions locks the account first,
//! and so do those that depend on what the account was when it was read.

use sqlx::AnyConnection;

use super::rows::{Row, columns};
use super::{Account, Username};
use crate::database::DatabaseError;

/// Locks an account's row until the transaction ends. A change of an account and its sessions locks
/// the account first.
pub(crate) async fn lock(connection: &mut AnyConnection, id: &str) -> Result<(), DatabaseError> {
    let query = sqlx::query("UPDATE accounts SET disabled_at = disabled_at WHERE id = $1");
    query.bind(id).execute(connection).await?;
    Ok(())
}

/// [`lock`], and returns the account as it is by now; `None` if it was removed. Whether it has a
/// second factor may be from before the lock.
pub(crate) async fn lock_and_find(
    connection: &mut AnyConnection,
    id: &str,
) -> Result<Option<Account>, DatabaseError> {
    let query = sqlx::query_as(concat!(
        "UPDATE accounts SET disabled_at = disabled_at WHERE id = $1 AND removed_at IS NULL RETURNING ",
        columns!()
    ));
    let row: Option<Row> = query.bind(id).fetch_optional(connection).await?;
    Ok(row.map(Account::from))
}

/// [`lock`] for the account with this user name, if there is one.
pub(crate) async fn lock_by_name(
    connection: &mut AnyConnection,
    username: &Username,
) -> Result<(), DatabaseError> {
    let query = sqlx::query("UPDATE accounts SET disabled_at = disabled_at WHERE username_key = $1");
    query.bind(username.key()).execute(connection).await?;
    Ok(())
}
