//! The SQL of the table `passkeys`. Each function takes a connection, so that a caller can do more
//! in one transaction.

use latchkey_token::UnixTime;
use sqlx::{AnyConnection, FromRow};

use super::{MAX_PASSKEYS, Passkey};
use crate::database::DatabaseError;
use crate::webauthn::NewCredential;

/// What is needed to judge an assertion, and to tell of it.
#[derive(Clone, Debug, FromRow)]
pub(super) struct Known {
    pub(super) id: String,
    pub(super) account_id: String,
    pub(super) username: String,
    pub(super) user_handle: String,
    pub(super) public_key: String,
    counter: i64,
    backup_eligible: i64,
}

impl Known {
    pub(super) fn counter(&self) -> u32 {
        u32::try_from(self.counter).unwrap_or(u32::MAX)
    }

    pub(super) fn is_backup_eligible(&self) -> bool {
        self.backup_eligible != 0
    }
}

#[derive(FromRow)]
struct Row {
    id: String,
    name: String,
    created_at: i64,
    last_used_at: Option<i64>,
    backed_up: i64,
    suspicious_at: Option<i64>,
}

impl From<Row> for Passkey {
    fn from(row: Row) -> Self {
        Self {
            id: row.id,
            name: row.name,
            created_at: row.created_at,
            last_used_at: row.last_used_at,
            is_synced: row.backed_up != 0,
            is_suspicious: row.suspicious_at.is_some(),
        }
    }
}

/// A passkey to store.
#[derive(Clone, Copy, Debug)]
pub(super) struct NewRow<'a> {
    pub(super) id: &'a str,
    pub(super) account_id: &'a str,
    pub(super) credential: &'a NewCredential,
    pub(super) name: &'a str,
    /// The session.
    pub(super) added_by: &'a str,
}

/// Stores a passkey. Returns `false` if a credential with this id is stored already.
pub(super) async fn insert(
    connection: &mut AnyConnection,
    row: &NewRow<'_>,
    now: UnixTime,
) -> Result<bool, DatabaseError> {
    let credential = row.credential;
    let inserted = sqlx::query(
        "INSERT INTO passkeys (id, account_id, credential_id, public_key, counter, backup_eligible, backed_up, name, \
         added_by, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) \
         ON CONFLICT (credential_id) DO NOTHING",
    )
    .bind(row.id)
    .bind(row.account_id)
    .bind(credential.id.as_str())
    .bind(credential.public_key.as_str())
    .bind(i64::from(credential.counter))
    .bind(i64::from(credential.is_backup_eligible))
    .bind(i64::from(credential.is_backed_up))
    .bind(row.name)
    .bind(row.added_by)
    .bind(now.seconds())
    .execute(connection)
    .await?;
    Ok(inserted.rows_affected() > 0)
}

/// The passkeys of an account, the oldest first.
pub(crate) async fn list(
    connection: &mut AnyConnection,
    account_id: &str,
) -> Result<Vec<Passkey>, DatabaseError> {
    let query = sqlx::query_as(
        "SELECT id, name, created_at, last_used_at, backed_up, suspicious_at FROM passkeys \
         WHERE account_id = $1 ORDER BY created_at, id LIMIT $2",
    );
    let rows: Vec<Row> = query.bind(account_id).bind(MAX_PASSKEYS).fetch_all(connection).await?;
    Ok(rows.into_iter().map(Passkey::from).collect())
}

/// How many passkeys an account has.
pub(crate) async fn count(connection: &mut AnyConnection, account_id: &str) -> Result<i64, DatabaseError> {
    let query = sqlx::query_scalar("SELECT COUNT(*) FROM passkeys WHERE account_id = $1");
    Ok(query.bind(account_id).fetch_one(connection).await?)
}

/// The ids of an account's credentials, as their authenticators know them.
pub(super) async fn credential_ids(
    connection: &mut AnyConnection,
    account_id: &str,
) -> Result<Vec<String>, DatabaseError> {
    let query = sqlx::query_scalar("SELECT credential_id FROM passkeys WHERE account_id = $1 LIMIT $2");
    Ok(query.bind(account_id).bind(MAX_PASSKEYS).fetch_all(connection).await?)
}

/// Finds a passkey by the id of its credential. One of a removed account is not found.
pub(super) async fn find(
    connection: &mut AnyConnection,
    credential_id: &str,
) -> Result<Option<Known>, DatabaseError> {
    let query = sqlx::query_as(
        "SELECT passkeys.id, account_id, username, user_handle, public_key, counter, backup_eligible \
         FROM passkeys JOIN accounts ON accounts.id = passkeys.account_id \
         WHERE credential_id = $1 AND removed_at IS NULL AND user_handle IS NOT NULL",
    );
    Ok(query.bind(credential_id).fetch_optional(connection).await?)
}

/// Records a use. Returns `false` if the passkey is gone, or was used with another counter since it
/// was read.
pub(super) async fn used(
    connection: &mut AnyConnection,
    known: &Known,
    (counter, is_backed_up): (u32, bool),
    now: UnixTime,
) -> Result<bool, DatabaseError> {
    let updated = sqlx::query(
        "UPDATE passkeys SET counter = $1, backed_up = $2, last_used_at = $3 WHERE id = $4 AND counter = $5",
    )
    .bind(i64::from(counter))
    .bind(i64::from(is_backed_up))
    .bind(now.seconds())
    .bind(known.id.as_str())
    .bind(known.counter)
    .execute(connection)
    .await?;
    Ok(updated.rows_affected() > 0)
}

/// Marks a passkey whose counter went back.
pub(super) async fn mark_suspicious(
    connection: &mut AnyConnection,
    id: &str,
    now: UnixTime,
) -> Result<(), DatabaseError> {
    let query = sqlx::query("UPDATE passkeys SET suspicious_at = $1 WHERE id = $2");
    query.bind(now.seconds()).bind(id).execute(connection).await?;
    Ok(())
}

/// Gives a passkey of an account another name. Returns `false` if there is none with this id.
pub(super) async fn rename(
    connection: &mut AnyConnection,
    (account_id, id): (&str, &str),
    name: &str,
) -> Result<bool, DatabaseError> {
    let query = sqlx::query("UPDATE passkeys SET name = $1 WHERE id = $2 AND account_id = $3");
    Ok(query.bind(name).bind(id).bind(account_id).execute(connection).await?.rows_affected() > 0)
}

/// Removes a passkey of an account. Returns `false` if there is none with this id.
pub(crate) async fn remove(
    connection: &mut AnyConnection,
    (account_id, id): (&str, &str),
) -> Result<bool, DatabaseError> {
    let query = sqlx::query("DELETE FROM passkeys WHERE id = $1 AND account_id = $2");
    Ok(query.bind(id).bind(account_id).execute(connection).await?.rows_affected() > 0)
}

/// Removes the passkeys that sessions of a device key, or one session, have added. Returns how
/// many.
pub(crate) async fn remove_added_by(
    connection: &mut AnyConnection,
    account_id: &str,
    (sid, jkt): (&str, &str),
) -> Result<u64, DatabaseError> {
    let removed = sqlx::query(
        "DELETE FROM passkeys WHERE account_id = $1 AND (added_by = $2 OR added_by IN \
         (SELECT sid FROM sessions WHERE account_id = $3 AND jkt = $4))",
    )
    .bind(account_id)
    .bind(sid)
    .bind(account_id)
    .bind(jkt)
    .execute(connection)
    .await?;
    Ok(removed.rows_affected())
}

/// Removes what an account has of passkeys.
pub(crate) async fn remove_all_of(
    connection: &mut AnyConnection,
    account_id: &str,
) -> Result<u64, DatabaseError> {
    let query = sqlx::query("DELETE FROM passkeys WHERE account_id = $1");
    let removed = query.bind(account_id).execute(&mut *connection).await?;
    let query = sqlx::query("UPDATE accounts SET user_handle = NULL WHERE id = $1");
    query.bind(account_id).execute(connection).await?;
    Ok(removed.rows_affected())
}

/// Removes every passkey. Returns how many there were.
pub(crate) async fn remove_all(connection: &mut AnyConnection) -> Result<u64, DatabaseError> {
    Ok(sqlx::query("DELETE FROM passkeys").execute(connection).await?.rows_affected())
}

/// The user handle of an account. `fresh` becomes it, if it has none.
pub(super) async fn user_handle(
    connection: &mut AnyConnection,
    account_id: &str,
    fresh: &str,
) -> Result<Option<String>, DatabaseError> {
    let query = sqlx::query("UPDATE accounts SET user_handle = $1 WHERE id = $2 AND user_handle IS NULL");
    query.bind(fresh).bind(account_id).execute(&mut *connection).await?;
    let query = sqlx::query_scalar("SELECT user_handle FROM accounts WHERE id = $1 AND removed_at IS NULL");
    Ok(query.bind(account_id).fetch_optional(connection).await?.flatten())
}

/// The relying party id of the passkeys that there are, and how many there are.
pub(crate) async fn bound(connection: &mut AnyConnection) -> Result<Option<(String, i64)>, DatabaseError> {
    let query = sqlx::query_as(
        "SELECT id, (SELECT COUNT(*) FROM passkeys) FROM relying_party WHERE EXISTS (SELECT 1 FROM passkeys)",
    );
    Ok(query.fetch_optional(connection).await?)
}

/// Binds the passkeys to a relying party id, if there are none yet. Returns whether it is theirs.
pub(super) async fn bind(connection: &mut AnyConnection, rp_id: &str) -> Result<bool, DatabaseError> {
    sqlx::query(
        "INSERT INTO relying_party (one, id) VALUES (1, $1) \
         ON CONFLICT (one) DO UPDATE SET id = $2 WHERE NOT EXISTS (SELECT 1 FROM passkeys)",
    )
    .bind(rp_id)
    .bind(rp_id)
    .execute(&mut *connection)
    .await?;
    let query = sqlx::query_scalar("SELECT id FROM relying_party WHERE one = 1");
    let bound: Option<String> = query.fetch_optional(connection).await?;
    Ok(bound.as_deref() == Some(rp_id))
}
