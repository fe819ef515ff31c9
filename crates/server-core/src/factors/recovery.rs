//! Recovery codes: ten of 65 bits, each good once in place of a code of the authenticator app. Only
//! their keyed hashes are stored.

use latchkey_token::UnixTime;
use sqlx::AnyConnection;
use zeroize::Zeroizing;

use super::{FactorError, rows};
use crate::code::{Code, CodeLength};
use crate::database::DatabaseError;
use crate::seal::Seal;

/// How many codes an account gets.
const CODES: usize = 10;

/// What the hash is for.
const PURPOSE: &[u8] = b"recovery code";

/// How many recovery codes an account has left.
pub(crate) async fn left(connection: &mut AnyConnection, account_id: &str) -> Result<i64, DatabaseError> {
    rows::count_codes(connection, account_id).await
}

/// New random codes.
pub(super) fn random() -> Result<Vec<Code>, FactorError> {
    (0..CODES).map(|_| Code::random(CodeLength::Recovery).map_err(|_| FactorError::Secret)).collect()
}

/// The codes as they are shown.
pub(super) fn shown(codes: &[Code]) -> Vec<Zeroizing<String>> {
    codes.iter().map(Code::shown).collect()
}

/// Stores codes in place of those before.
pub(super) async fn put(
    connection: &mut AnyConnection,
    seal: &Seal,
    account_id: &str,
    codes: &[Code],
    now: UnixTime,
) -> Result<(), FactorError> {
    rows::delete_codes(&mut *connection, account_id).await?;
    for code in codes {
        let hash = seal.mac_text(&[PURPOSE, account_id.as_bytes(), code.as_bytes()])?;
        rows::insert_code(&mut *connection, account_id, &hash, now).await?;
    }
    Ok(())
}

/// Makes new codes in place of those before, and returns them as they are shown, once.
pub(crate) async fn renew_codes(
    connection: &mut AnyConnection,
    seal: &Seal,
    account_id: &str,
    now: UnixTime,
) -> Result<Vec<Zeroizing<String>>, FactorError> {
    let codes = random()?;
    put(connection, seal, account_id, &codes, now).await?;
    Ok(shown(&codes))
}

/// Uses a code. Returns `false` if the account has no such code, or no longer.
pub(super) async fn take(
    connection: &mut AnyConnection,
    seal: &Seal,
    account_id: &str,
    code: &Code,
) -> Result<bool, FactorError> {
    for hash in seal.mac_texts(&[PURPOSE, account_id.as_bytes(), code.as_bytes()])? {
        if rows::take_code(&mut *connection, account_id, &hash).await? {
            return Ok(true);
        }
    }
    Ok(false)
}
