//! The SQL of the table `accounts`. What writes takes a connection, so that a caller can write more in one transaction.

use latchkey_token::UnixTime;
use serde_json::{Map, Value};
use sqlx::AnyConnection;

use super::{Account, Username};
use crate::database::{Database, DatabaseError};

/// An account that is about to be stored, checked.
#[derive(Debug)]
pub struct NewRow<'a> {
    pub id: &'a str,
    pub username: &'a Username,
    pub password_hash: &'a str,
    pub given_name: Option<&'a str>,
    pub family_name: Option<&'a str>,
    pub email: Option<&'a str>,
    pub claims: &'a Map<String, Value>,
    pub disabled_at: Option<UnixTime>,
}

/// Stores an account. `false`: the user name is taken.
pub async fn insert(
    connection: &mut AnyConnection,
    row: &NewRow<'_>,
    now: UnixTime,
) -> Result<bool, DatabaseError> {
    let inserted = sqlx::query(
        "INSERT INTO accounts (id, username, username_key, password_hash, given_name, family_name, email, claims, \
         created_at, disabled_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) \
         ON CONFLICT (username_key) DO NOTHING",
    )
    .bind(row.id)
    .bind(row.username.as_str())
    .bind(row.username.key())
    .bind(row.password_hash)
    .bind(row.given_name)
    .bind(row.family_name)
    .bind(row.email)
    .bind(serde_json::to_string(row.claims).unwrap_or_default())
    .bind(now.seconds())
    .bind(row.disabled_at.map(UnixTime::seconds))
    .execute(connection)
    .await?;
    Ok(inserted.rows_affected() > 0)
}

pub async fn find_by_name(
    database: &Database,
    username: &Username,
) -> Result<Option<Account>, DatabaseError> {
    let query = sqlx::query_as(
        "SELECT id, username, username_key, password_hash, given_name, family_name, email, claims, created_at, \
         disabled_at FROM accounts WHERE username_key = $1 AND removed_at IS NULL",
    );
    Ok(query.bind(username.key()).fetch_optional(database.pool()).await?)
}

pub async fn find(database: &Database, id: &str) -> Result<Option<Account>, DatabaseError> {
    let query = sqlx::query_as(
        "SELECT id, username, username_key, password_hash, given_name, family_name, email, claims, created_at, \
         disabled_at FROM accounts WHERE id = $1 AND removed_at IS NULL",
    );
    Ok(query.bind(id).fetch_optional(database.pool()).await?)
}

/// The accounts whose names come after `after`, in the order of the names: `most` of them.
pub async fn page(database: &Database, after: &str, most: u32) -> Result<Vec<Account>, DatabaseError> {
    let query = sqlx::query_as(
        "SELECT id, username, username_key, password_hash, given_name, family_name, email, claims, created_at, \
         disabled_at FROM accounts WHERE username_key > $1 AND removed_at IS NULL ORDER BY username_key LIMIT $2",
    );
    Ok(query.bind(after).bind(i64::from(most)).fetch_all(database.pool()).await?)
}

/// Puts a hash in the place of the one that was read. `false`: it was changed meanwhile.
pub async fn change_password(
    connection: &mut AnyConnection,
    account: &Account,
    password_hash: &str,
) -> Result<bool, DatabaseError> {
    let changed = sqlx::query("UPDATE accounts SET password_hash = $1 WHERE id = $2 AND password_hash = $3")
        .bind(password_hash)
        .bind(account.id.as_str())
        .bind(account.password_hash.as_str())
        .execute(connection)
        .await?;
    Ok(changed.rows_affected() > 0)
}

/// Puts a hash in, whatever is there.
pub async fn set_password(
    connection: &mut AnyConnection,
    id: &str,
    password_hash: &str,
) -> Result<(), DatabaseError> {
    let query = sqlx::query("UPDATE accounts SET password_hash = $1 WHERE id = $2");
    query.bind(password_hash).bind(id).execute(connection).await?;
    Ok(())
}

/// Shuts an account. `false`: it was shut before.
pub async fn disable(connection: &mut AnyConnection, id: &str, now: UnixTime) -> Result<bool, DatabaseError> {
    let query = sqlx::query("UPDATE accounts SET disabled_at = $1 WHERE id = $2 AND disabled_at IS NULL");
    Ok(query.bind(now.seconds()).bind(id).execute(connection).await?.rows_affected() > 0)
}

/// Opens an account again. `false`: it was open.
pub async fn enable(connection: &mut AnyConnection, id: &str) -> Result<bool, DatabaseError> {
    let query =
        sqlx::query("UPDATE accounts SET disabled_at = NULL WHERE id = $1 AND disabled_at IS NOT NULL");
    Ok(query.bind(id).execute(connection).await?.rows_affected() > 0)
}

/// Locks an account's row until the transaction ends. A change of an account and its sessions locks
/// the account first.
pub async fn lock(connection: &mut AnyConnection, id: &str) -> Result<(), DatabaseError> {
    let query = sqlx::query("UPDATE accounts SET disabled_at = disabled_at WHERE id = $1");
    query.bind(id).execute(connection).await?;
    Ok(())
}

/// Takes everything personal out of an account's row. Its name is free then: no user name has a colon.
pub async fn empty(connection: &mut AnyConnection, id: &str, now: UnixTime) -> Result<(), DatabaseError> {
    sqlx::query(
        "UPDATE accounts SET username = '', username_key = $1, password_hash = '', given_name = NULL, \
         family_name = NULL, email = NULL, claims = '{}', removed_at = $2 WHERE id = $3",
    )
    .bind(format!("removed:{id}"))
    .bind(now.seconds())
    .bind(id)
    .execute(&mut *connection)
    .await?;
    // The sessions stay as long as a device may ask for them, without what says whose they were.
    sqlx::query(
        "UPDATE sessions SET device_name = NULL, platform = NULL, address = NULL WHERE account_id = $1",
    )
    .bind(id)
    .execute(connection)
    .await?;
    Ok(())
}

/// Forgets the rows of accounts that were removed before `before`, with their sessions.
pub async fn forget_removed(database: &Database, before: UnixTime) -> Result<(), DatabaseError> {
    sqlx::query("DELETE FROM accounts WHERE removed_at < $1")
        .bind(before.seconds())
        .execute(database.pool())
        .await?;
    Ok(())
}
