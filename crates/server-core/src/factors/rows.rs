//! The SQL of the tables `factors` and `recovery_codes`. Each function takes a connection, so that
//! a caller can do more in one transaction.

use latchkey_token::UnixTime;
use sqlx::{AnyConnection, FromRow};

use crate::database::DatabaseError;

/// A stored step so far ahead of the present one is not believed: the server's clock was wrong.
const MAX_STEPS_AHEAD: i64 = 2;

/// A factor as it is stored.
#[derive(FromRow)]
pub(super) struct Row {
    pub(super) secret: String,
    pub(super) last_step: Option<i64>,
    /// Wrong codes in a row from devices that are new to the account.
    pub(super) strangers: i64,
}

impl Row {
    /// Whether the last step is one that no honest clock can have given.
    pub(super) fn is_ahead(&self, present: i64) -> bool {
        self.last_step.is_some_and(|step| step > present.saturating_add(MAX_STEPS_AHEAD))
    }
}

/// Locks the factor of an account until the transaction ends, as a use of it does.
pub(super) async fn lock(connection: &mut AnyConnection, account_id: &str) -> Result<(), DatabaseError> {
    let query = sqlx::query("UPDATE factors SET strangers = strangers WHERE account_id = $1");
    query.bind(account_id).execute(connection).await?;
    Ok(())
}

/// Whether an account has a second factor.
pub(crate) async fn has(connection: &mut AnyConnection, account_id: &str) -> Result<bool, DatabaseError> {
    let query = sqlx::query("SELECT 1 FROM factors WHERE account_id = $1");
    Ok(query.bind(account_id).fetch_optional(connection).await?.is_some())
}

pub(super) async fn find(
    connection: &mut AnyConnection,
    account_id: &str,
) -> Result<Option<Row>, DatabaseError> {
    let query = sqlx::query_as("SELECT secret, last_step, strangers FROM factors WHERE account_id = $1");
    Ok(query.bind(account_id).fetch_optional(connection).await?)
}

/// Takes a time step in one statement. Returns `false` if it, or a later one, was taken before, on
/// any server. `secret` is the sealed secret that the code was compared with: a step of another one
/// is not taken.
pub(super) async fn take_step(
    connection: &mut AnyConnection,
    account_id: &str,
    secret: &str,
    step: i64,
    present: i64,
) -> Result<bool, DatabaseError> {
    let taken = sqlx::query(
        "UPDATE factors SET last_step = $1, strangers = 0 WHERE account_id = $2 AND secret = $3 \
         AND (last_step IS NULL OR last_step < $4 OR last_step > $5)",
    )
    .bind(step)
    .bind(account_id)
    .bind(secret)
    .bind(step)
    .bind(present.saturating_add(MAX_STEPS_AHEAD))
    .execute(connection)
    .await?;
    Ok(taken.rows_affected() > 0)
}

/// Counts a wrong code from a device that is new to the account.
pub(super) async fn count_stranger(
    connection: &mut AnyConnection,
    account_id: &str,
) -> Result<(), DatabaseError> {
    let query = sqlx::query("UPDATE factors SET strangers = strangers + 1 WHERE account_id = $1");
    query.bind(account_id).execute(connection).await?;
    Ok(())
}

/// Forgets the wrong codes of strangers, because the owner, or an operator, has proven otherwise.
pub(crate) async fn forget_strangers(
    connection: &mut AnyConnection,
    account_id: &str,
) -> Result<(), DatabaseError> {
    let query = sqlx::query("UPDATE factors SET strangers = 0 WHERE account_id = $1 AND strangers > 0");
    query.bind(account_id).execute(connection).await?;
    Ok(())
}

/// Stores a factor in place of the one before.
pub(super) async fn put(
    connection: &mut AnyConnection,
    account_id: &str,
    secret: &str,
    last_step: i64,
    now: UnixTime,
) -> Result<(), DatabaseError> {
    sqlx::query(
        "INSERT INTO factors (account_id, secret, last_step, strangers, created_at) VALUES ($1, $2, $3, 0, $4) \
         ON CONFLICT (account_id) DO UPDATE SET secret = $2, last_step = $3, strangers = 0, created_at = $4",
    )
    .bind(account_id)
    .bind(secret)
    .bind(last_step)
    .bind(now.seconds())
    .execute(connection)
    .await?;
    Ok(())
}

/// A factor that comes from another server.
pub(crate) struct CarriedFactor<'a> {
    /// Sealed for the account that gets it.
    pub(crate) secret: &'a str,
    pub(crate) last_step: Option<i64>,
    pub(crate) created_at: UnixTime,
}

/// Stores the factor of an account that has none yet.
pub(crate) async fn carry_in(
    connection: &mut AnyConnection,
    account_id: &str,
    factor: &CarriedFactor<'_>,
) -> Result<(), DatabaseError> {
    sqlx::query(
        "INSERT INTO factors (account_id, secret, last_step, strangers, created_at) VALUES ($1, $2, $3, 0, $4)",
    )
    .bind(account_id)
    .bind(factor.secret)
    .bind(factor.last_step)
    .bind(factor.created_at.seconds())
    .execute(connection)
    .await?;
    Ok(())
}

/// A factor as it is stored, for another server.
#[derive(FromRow)]
pub(crate) struct StoredFactor {
    pub(crate) account_id: String,
    pub(crate) secret: String,
    pub(crate) last_step: Option<i64>,
    pub(crate) created_at: i64,
}

/// The factor of an account, for another server.
pub(crate) async fn stored(
    connection: &mut AnyConnection,
    account_id: &str,
) -> Result<Option<StoredFactor>, DatabaseError> {
    let query =
        sqlx::query_as("SELECT account_id, secret, last_step, created_at FROM factors WHERE account_id = $1");
    Ok(query.bind(account_id).fetch_optional(connection).await?)
}

/// The factors of the accounts whose names come after the first key, up to the second.
pub(crate) async fn of_page(
    connection: &mut AnyConnection,
    (after, last): (&str, &str),
) -> Result<Vec<StoredFactor>, DatabaseError> {
    let query = sqlx::query_as(
        "SELECT account_id, secret, last_step, created_at FROM factors WHERE account_id IN \
         (SELECT id FROM accounts WHERE username_key > $1 AND username_key <= $2 AND removed_at IS NULL)",
    );
    Ok(query.bind(after).bind(last).fetch_all(connection).await?)
}

/// Removes the factor of an account, and its recovery codes. Returns `false` if it had none.
pub(crate) async fn remove(connection: &mut AnyConnection, account_id: &str) -> Result<bool, DatabaseError> {
    delete_codes(&mut *connection, account_id).await?;
    let query = sqlx::query("DELETE FROM factors WHERE account_id = $1");
    Ok(query.bind(account_id).execute(connection).await?.rows_affected() > 0)
}

/// Adds a recovery code.
pub(super) async fn insert_code(
    connection: &mut AnyConnection,
    account_id: &str,
    code_hash: &str,
    now: UnixTime,
) -> Result<(), DatabaseError> {
    sqlx::query("INSERT INTO recovery_codes (account_id, code_hash, created_at) VALUES ($1, $2, $3)")
        .bind(account_id)
        .bind(code_hash)
        .bind(now.seconds())
        .execute(connection)
        .await?;
    Ok(())
}

/// Uses a recovery code, in one statement: of two at the same time one gets `true`.
pub(super) async fn take_code(
    connection: &mut AnyConnection,
    account_id: &str,
    code_hash: &str,
) -> Result<bool, DatabaseError> {
    let query = sqlx::query("DELETE FROM recovery_codes WHERE account_id = $1 AND code_hash = $2");
    let taken = query.bind(account_id).bind(code_hash).execute(connection).await?;
    Ok(taken.rows_affected() > 0)
}

/// How many recovery codes an account has.
pub(super) async fn count_codes(
    connection: &mut AnyConnection,
    account_id: &str,
) -> Result<i64, DatabaseError> {
    let query = sqlx::query_scalar("SELECT COUNT(*) FROM recovery_codes WHERE account_id = $1");
    Ok(query.bind(account_id).fetch_one(connection).await?)
}

/// Deletes the recovery codes of an account.
pub(super) async fn delete_codes(
    connection: &mut AnyConnection,
    account_id: &str,
) -> Result<(), DatabaseError> {
    let query = sqlx::query("DELETE FROM recovery_codes WHERE account_id = $1");
    query.bind(account_id).execute(connection).await?;
    Ok(())
}
