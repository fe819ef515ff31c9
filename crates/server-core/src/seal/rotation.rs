//! The rotation of the seal key: a new key is put in front of the file, and what is stored for long
//! is sealed anew, row by row. What is pending ends within minutes and stays under its key.

use sqlx::AnyConnection;

use super::current::{Seal, SealError, record};
use super::file::{self, SealKeyError};
use crate::database::{Database, DatabaseError, work};
use crate::provider_sessions;
use crate::settings::CoreSettings;

/// How many rows are read at a time.
const PAGE: i64 = 200;

/// Why the seal key was not rotated.
#[derive(Debug, thiserror::Error)]
pub enum SealRotationError {
    /// The file.
    #[error(transparent)]
    Key(#[from] SealKeyError),
    /// A value does not open.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// The database.
    #[error(transparent)]
    Database(#[from] DatabaseError),
}

/// What a rotation did.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Resealed {
    /// The id of the new key.
    pub key_id: String,
    /// How many secrets are sealed anew.
    pub secrets: u64,
}

/// Rotates the key. Nothing is lost if it is interrupted: the old keys stay in the file, and a
/// server reads the file again when it meets the new key.
pub(crate) async fn rotate(
    settings: &CoreSettings,
    database: &Database,
) -> Result<Resealed, SealRotationError> {
    let path = file::path(settings);
    let _lock = file::lock(&path)?;
    // A database whose rows do not open with this file must not get a further key.
    let old = Seal::read(settings)?;
    let first = database.read(|connection| work(page(connection, ""))).await?;
    for (account_id, secret) in first.iter().take(1) {
        old.open_sealed(&about(account_id), secret)?;
    }
    file::add(&path)?;
    let seal = Seal::read(settings)?;
    let key_id = seal.id().ok_or(SealError::NoKey)?;
    let id = key_id.as_str();
    database.write(|connection| work(record(connection, id))).await?;
    let of_sessions = of_provider_sessions(database, &old, &seal).await?;
    let (mut after, mut secrets) = (String::new(), of_sessions);
    loop {
        let start = after.as_str();
        let rows = database.read(|connection| work(page(connection, start))).await?;
        let Some((last, _)) = rows.last() else { return Ok(Resealed { key_id, secrets }) };
        after = last.clone();
        for (account_id, old) in &rows {
            let about = about(account_id);
            let new = seal.seal(&about, &seal.open_sealed(&about, old)?)?;
            let (account_id, old, new) = (account_id.as_str(), old.as_str(), new.as_str());
            secrets += database.write(|connection| work(replace(connection, account_id, old, new))).await?;
        }
    }
}

/// Seals what providers are asked with anew. Returns how many.
async fn of_provider_sessions(database: &Database, old: &Seal, new: &Seal) -> Result<u64, SealRotationError> {
    let (mut after, mut secrets) = (String::new(), 0);
    loop {
        let start = after.as_str();
        let rows =
            database.read(|connection| work(provider_sessions::sealed(connection, start, PAGE))).await?;
        let Some((last, _)) = rows.last() else { return Ok(secrets) };
        after = last.clone();
        for (sid, sealed) in &rows {
            let about = provider_sessions::about(sid);
            let fresh = new.seal(&about, &old.open_sealed(&about, sealed)?)?;
            let texts = (sealed.as_str(), fresh.as_str());
            secrets +=
                database.write(|connection| work(provider_sessions::reseal(connection, sid, texts))).await?;
        }
    }
}

/// What the secret of an authenticator app is sealed about.
pub(crate) fn about(account_id: &str) -> String {
    format!("{account_id} totp")
}

async fn page(connection: &mut AnyConnection, after: &str) -> Result<Vec<(String, String)>, DatabaseError> {
    let query = sqlx::query_as(
        "SELECT account_id, secret FROM factors WHERE account_id > $1 ORDER BY account_id LIMIT $2",
    );
    Ok(query.bind(after).bind(PAGE).fetch_all(connection).await?)
}

/// Replaces a secret, unless its owner has changed it since.
async fn replace(
    connection: &mut AnyConnection,
    account_id: &str,
    old: &str,
    new: &str,
) -> Result<u64, DatabaseError> {
    let query = sqlx::query("UPDATE factors SET secret = $1 WHERE account_id = $2 AND secret = $3");
    let replaced = query.bind(new).bind(account_id).bind(old).execute(connection).await?;
    Ok(replaced.rows_affected())
}

/// Deletes everything that was sealed or hashed with a key that is lost, and the record of it.
pub(crate) async fn forget(connection: &mut AnyConnection) -> Result<(), DatabaseError> {
    for statement in [
        "DELETE FROM recovery_codes",
        "DELETE FROM factors",
        "DELETE FROM pending",
        "UPDATE provider_sessions SET refresh_token = NULL, due_at = NULL",
        "DELETE FROM shared_secrets WHERE name = 'seal_key_id'",
    ] {
        sqlx::query(statement).execute(&mut *connection).await?;
    }
    Ok(())
}
