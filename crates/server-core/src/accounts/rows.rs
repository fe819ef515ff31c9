//! The SQL of the table `accounts`. Each function takes a connection, so that a caller can do more
//! in one transaction.

use std::collections::HashSet;

use latchkey_token::UnixTime;
use serde_json::{Map, Value};
use sqlx::{AnyConnection, FromRow};

use super::{Account, Role, Username, words};
use crate::database::DatabaseError;
use crate::language::Language;

/// A row as it is stored.
#[derive(FromRow)]
pub(super) struct Row {
    id: String,
    username: String,
    username_key: String,
    password_hash: String,
    given_name: Option<String>,
    family_name: Option<String>,
    email: Option<String>,
    claims: String,
    created_at: i64,
    disabled_at: Option<i64>,
    language: Option<String>,
    role: Option<String>,
    factor_required_at: Option<i64>,
    factor_asked_at: Option<i64>,
    factors: i64,
}

impl From<Row> for Account {
    fn from(row: Row) -> Self {
        Self {
            id: row.id,
            username: row.username,
            username_key: row.username_key,
            password_hash: row.password_hash,
            given_name: row.given_name,
            family_name: row.family_name,
            email: row.email,
            claims: row.claims,
            created_at: UnixTime::new(row.created_at),
            disabled_at: row.disabled_at.map(UnixTime::new),
            language: row.language.as_deref().and_then(Language::parse),
            role: row.role.as_deref().and_then(Role::parse),
            factor_required_at: row.factor_required_at.map(UnixTime::new),
            factor_asked_at: row.factor_asked_at.map(UnixTime::new),
            has_factor: row.factors > 0,
        }
    }
}

/// The columns of [`Row`].
macro_rules! columns {
    () => {
        "id, username, username_key, password_hash, given_name, family_name, email, claims, created_at, disabled_at, \
         language, role, factor_required_at, factor_asked_at, \
         (SELECT COUNT(*) FROM factors WHERE account_id = accounts.id) AS factors"
    };
}

pub(super) use columns;

/// A statement that reads a [`Row`].
macro_rules! select {
    ($which:literal) => {
        concat!("SELECT ", columns!(), " FROM accounts ", $which)
    };
}

/// An account to store; its values are checked.
#[derive(Debug)]
pub(crate) struct NewRow<'a> {
    pub(crate) id: &'a str,
    pub(crate) username: &'a Username,
    pub(crate) password_hash: &'a str,
    pub(crate) given_name: Option<&'a str>,
    pub(crate) family_name: Option<&'a str>,
    pub(crate) email: Option<&'a str>,
    pub(crate) claims: &'a Map<String, Value>,
    pub(crate) disabled_at: Option<UnixTime>,
}

/// Stores an account. Returns `false` if the user name or the id is in use.
pub(crate) async fn insert(
    connection: &mut AnyConnection,
    row: &NewRow<'_>,
    now: UnixTime,
) -> Result<bool, DatabaseError> {
    let inserted = sqlx::query(
        "INSERT INTO accounts (id, username, username_key, password_hash, given_name, family_name, email, claims, \
         created_at, disabled_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) \
         ON CONFLICT DO NOTHING",
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

/// The key of a user name that comes before this one, with none between them; empty if there is
/// none.
pub(crate) async fn key_before(connection: &mut AnyConnection, key: &str) -> Result<String, DatabaseError> {
    let query = sqlx::query_scalar("SELECT MAX(username_key) FROM accounts WHERE username_key < $1");
    let before: Option<String> = query.bind(key).fetch_one(connection).await?;
    Ok(before.unwrap_or_default())
}

/// Those of the ids that an account has, or had before it was removed.
pub(crate) async fn ids_in_use(
    connection: &mut AnyConnection,
    ids: &[&str],
) -> Result<HashSet<String>, DatabaseError> {
    let mut in_use = HashSet::new();
    for id in ids {
        let query = sqlx::query_scalar("SELECT id FROM accounts WHERE id = $1");
        let found: Option<String> = query.bind(*id).fetch_optional(&mut *connection).await?;
        in_use.extend(found);
    }
    Ok(in_use)
}

/// Finds an account by its user name. Removed accounts are not found.
pub(crate) async fn find_by_name(
    connection: &mut AnyConnection,
    username: &Username,
) -> Result<Option<Account>, DatabaseError> {
    let query = sqlx::query_as(select!("WHERE username_key = $1 AND removed_at IS NULL"));
    let row: Option<Row> = query.bind(username.key()).fetch_optional(connection).await?;
    Ok(row.map(Account::from))
}

/// Finds an account by its id. Removed accounts are not found.
pub(crate) async fn find(connection: &mut AnyConnection, id: &str) -> Result<Option<Account>, DatabaseError> {
    let query = sqlx::query_as(select!("WHERE id = $1 AND removed_at IS NULL"));
    let row: Option<Row> = query.bind(id).fetch_optional(connection).await?;
    Ok(row.map(Account::from))
}

/// Finds the account with an e-mail address, in any case of its letters; `None` if several have it.
/// Removed accounts are not found.
pub(crate) async fn find_by_email(
    connection: &mut AnyConnection,
    email: &str,
) -> Result<Option<Account>, DatabaseError> {
    let query = sqlx::query_as(select!("WHERE LOWER(email) = LOWER($1) AND removed_at IS NULL LIMIT 2"));
    let mut rows: Vec<Row> = query.bind(email).fetch_all(connection).await?;
    Ok(rows.pop().filter(|_| rows.is_empty()).map(Account::from))
}

/// Sets the language of an account's mails; `None`: the server's.
pub(crate) async fn set_language(
    connection: &mut AnyConnection,
    id: &str,
    language: Option<Language>,
) -> Result<(), DatabaseError> {
    let query = sqlx::query("UPDATE accounts SET language = $1 WHERE id = $2");
    query.bind(language.map(Language::code)).bind(id).execute(connection).await?;
    Ok(())
}

/// Up to `max` accounts whose names come after `after`, in the order of the names.
pub(crate) async fn page(
    connection: &mut AnyConnection,
    after: &str,
    max: u32,
) -> Result<Vec<Account>, DatabaseError> {
    let query = sqlx::query_as(select!(
        "WHERE username_key > $1 AND removed_at IS NULL ORDER BY username_key LIMIT $2"
    ));
    let rows: Vec<Row> = query.bind(after).bind(i64::from(max)).fetch_all(connection).await?;
    Ok(rows.into_iter().map(Account::from).collect())
}

/// Sets a password's hash.
pub(crate) async fn set_password(
    connection: &mut AnyConnection,
    id: &str,
    password_hash: &str,
) -> Result<(), DatabaseError> {
    let query = sqlx::query("UPDATE accounts SET password_hash = $1 WHERE id = $2");
    query.bind(password_hash).bind(id).execute(connection).await?;
    Ok(())
}

/// Gives an account another user name. Returns `false` if the name is in use.
pub(crate) async fn rename(
    connection: &mut AnyConnection,
    id: &str,
    username: &Username,
) -> Result<bool, DatabaseError> {
    let renamed = sqlx::query(
        "UPDATE accounts SET username = $1, username_key = $2, is_indexed = 0 WHERE id = $3 AND removed_at IS NULL \
         AND NOT EXISTS (SELECT 1 FROM accounts WHERE username_key = $4 AND id <> $5)",
    )
    .bind(username.as_str())
    .bind(username.key())
    .bind(id)
    .bind(username.key())
    .bind(id)
    .execute(connection)
    .await?;
    Ok(renamed.rows_affected() > 0)
}

/// Stores names, address and custom claims of an account; they are checked.
pub(crate) async fn change_profile(
    connection: &mut AnyConnection,
    id: &str,
    [given_name, family_name, email]: [Option<&str>; 3],
    claims: &Map<String, Value>,
) -> Result<(), DatabaseError> {
    sqlx::query(
        "UPDATE accounts SET given_name = $1, family_name = $2, email = $3, claims = $4, is_indexed = 0 \
         WHERE id = $5 AND removed_at IS NULL",
    )
    .bind(given_name)
    .bind(family_name)
    .bind(email)
    .bind(serde_json::to_string(claims).unwrap_or_default())
    .bind(id)
    .execute(connection)
    .await?;
    Ok(())
}

/// Disables an account. Returns `false` if it was disabled before.
pub(crate) async fn disable(
    connection: &mut AnyConnection,
    id: &str,
    now: UnixTime,
) -> Result<bool, DatabaseError> {
    let query = sqlx::query("UPDATE accounts SET disabled_at = $1 WHERE id = $2 AND disabled_at IS NULL");
    Ok(query.bind(now.seconds()).bind(id).execute(connection).await?.rows_affected() > 0)
}

/// Enables an account. Returns `false` if it was enabled.
pub(crate) async fn enable(connection: &mut AnyConnection, id: &str) -> Result<bool, DatabaseError> {
    let query =
        sqlx::query("UPDATE accounts SET disabled_at = NULL WHERE id = $1 AND disabled_at IS NOT NULL");
    Ok(query.bind(id).execute(connection).await?.rows_affected() > 0)
}

/// Sets when a device of the account was first told that a second factor is required.
pub(crate) async fn set_factor_asked(
    connection: &mut AnyConnection,
    id: &str,
    at: Option<UnixTime>,
) -> Result<(), DatabaseError> {
    let query = sqlx::query("UPDATE accounts SET factor_asked_at = $1 WHERE id = $2");
    query.bind(at.map(UnixTime::seconds)).bind(id).execute(connection).await?;
    Ok(())
}

/// Sets since when an operator requires a second factor of an account.
pub(crate) async fn set_factor_required(
    connection: &mut AnyConnection,
    id: &str,
    at: Option<UnixTime>,
) -> Result<(), DatabaseError> {
    let query = sqlx::query("UPDATE accounts SET factor_required_at = $1 WHERE id = $2");
    query.bind(at.map(UnixTime::seconds)).bind(id).execute(connection).await?;
    Ok(())
}

/// Sets the role of an account.
pub(crate) async fn set_role(
    connection: &mut AnyConnection,
    id: &str,
    role: Option<Role>,
) -> Result<(), DatabaseError> {
    let query = sqlx::query("UPDATE accounts SET role = $1 WHERE id = $2");
    query.bind(role.map(Role::as_str)).bind(id).execute(connection).await?;
    Ok(())
}

/// Records a sign-in to the account. It stays when the session is deleted.
pub(crate) async fn signed_in(
    connection: &mut AnyConnection,
    id: &str,
    now: UnixTime,
) -> Result<(), DatabaseError> {
    let query = sqlx::query("UPDATE accounts SET last_sign_in_at = $1 WHERE id = $2");
    query.bind(now.seconds()).bind(id).execute(connection).await?;
    Ok(())
}

/// Replaces the custom claims of these names with what came along; the others stay. What came along
/// is left out if the account would have too many.
pub(crate) async fn carry_claims(
    connection: &mut AnyConnection,
    account: &Account,
    names: &[String],
    carried: Map<String, Value>,
) -> Result<(), DatabaseError> {
    let before = account.claims()?;
    let mut claims = before.clone();
    claims.retain(|name, _| !names.contains(name));
    claims.extend(carried);
    if claims == before {
        return Ok(());
    }
    if super::check_claims(&claims).is_err() {
        tracing::warn!(account = account.id, "claims of a provider were left out: there are too many");
        return Ok(());
    }
    let query = sqlx::query("UPDATE accounts SET claims = $1 WHERE id = $2");
    query
        .bind(serde_json::to_string(&claims).unwrap_or_default())
        .bind(&account.id)
        .execute(connection)
        .await?;
    Ok(())
}

/// Deletes the personal data in an account's row. Its name is free then: no user name has a colon.
pub(crate) async fn anonymize(
    connection: &mut AnyConnection,
    id: &str,
    now: UnixTime,
) -> Result<(), DatabaseError> {
    sqlx::query(
        "UPDATE accounts SET username = '', username_key = $1, password_hash = '', given_name = NULL, \
         family_name = NULL, email = NULL, claims = '{}', language = NULL, role = NULL, last_sign_in_at = NULL, is_indexed = 1, removed_at = $2 WHERE id = $3",
    )
    .bind(format!("removed:{id}"))
    .bind(now.seconds())
    .bind(id)
    .execute(&mut *connection)
    .await?;
    words::forget(&mut *connection, id).await?;
    // The sessions are stored while a device may ask for them, without their personal data.
    sqlx::query(
        "UPDATE sessions SET device_name = NULL, platform = NULL, address = NULL, ended_by_name = NULL, \
         ended_by_platform = NULL WHERE account_id = $1",
    )
    .bind(id)
    .execute(&mut *connection)
    .await?;
    sqlx::query("DELETE FROM notices WHERE account_id = $1").bind(id).execute(connection).await?;
    Ok(())
}

/// Deletes up to `max` rows of accounts that were removed before `before`. Their sessions go first:
/// they are as old. Returns how many it deleted.
pub(crate) async fn purge_removed(
    connection: &mut AnyConnection,
    before: UnixTime,
    max: u32,
) -> Result<u64, DatabaseError> {
    let query = sqlx::query(
        "DELETE FROM accounts WHERE id IN \
         (SELECT id FROM accounts WHERE removed_at < $1 ORDER BY removed_at LIMIT $2)",
    );
    let deleted = query.bind(before.seconds()).bind(i64::from(max)).execute(connection).await?;
    Ok(deleted.rows_affected())
}
