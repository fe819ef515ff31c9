//! Passkeys that move to another server. They are good only for the relying party id that they
//! were made for (WebAuthn §13.4.9), so each carries it.

use latchkey_token::UnixTime;
use serde::{Deserialize, Serialize};
use sqlx::{AnyConnection, FromRow};
use uuid::Uuid;

use super::{MAX_NAME_CHARS, is_name, rows};
use crate::database::DatabaseError;
use crate::webauthn::is_public_key;

/// A passkey as it is exported. It has no secret: the private key is in the authenticator. Times
/// are seconds since 1970.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct CarriedPasskey {
    /// The relying party id that it is good for.
    pub rp_id: String,
    /// The user handle of the account, in base64url.
    pub user_handle: String,
    /// The id that its authenticator has given it, in base64url.
    pub credential_id: String,
    /// A COSE_Key (RFC 9052), in base64url.
    pub public_key: String,
    /// The signature counter of its last use.
    pub counter: u32,
    /// Whether it may be backed up.
    pub backup_eligible: bool,
    /// Whether it is.
    pub backed_up: bool,
    /// As its owner calls it.
    pub name: String,
    /// When it was added.
    pub created_at: i64,
    /// When it was last used.
    pub last_used_at: Option<i64>,
}

impl CarriedPasskey {
    /// Whether its values are those of a passkey.
    pub(crate) fn is_valid(&self) -> bool {
        let is_text = |text: &str| !text.is_empty() && text.len() <= 2048 && text.is_ascii();
        [&self.rp_id, &self.user_handle, &self.credential_id].into_iter().all(|text| is_text(text))
            && is_public_key(&self.public_key)
            && is_name(&self.name)
            && self.name.chars().count() <= MAX_NAME_CHARS
    }
}

#[derive(FromRow)]
struct Row {
    account_id: String,
    rp_id: String,
    user_handle: String,
    credential_id: String,
    public_key: String,
    counter: i64,
    backup_eligible: i64,
    backed_up: i64,
    name: String,
    created_at: i64,
    last_used_at: Option<i64>,
}

impl From<Row> for (String, CarriedPasskey) {
    fn from(row: Row) -> Self {
        let passkey = CarriedPasskey {
            rp_id: row.rp_id,
            user_handle: row.user_handle,
            credential_id: row.credential_id,
            public_key: row.public_key,
            counter: u32::try_from(row.counter).unwrap_or(u32::MAX),
            backup_eligible: row.backup_eligible != 0,
            backed_up: row.backed_up != 0,
            name: row.name,
            created_at: row.created_at,
            last_used_at: row.last_used_at,
        };
        (row.account_id, passkey)
    }
}

/// The passkeys of the accounts whose names come after the first key, up to the second, with the
/// ids of the accounts.
pub(crate) async fn of_page(
    connection: &mut AnyConnection,
    (after, last): (&str, &str),
) -> Result<Vec<(String, CarriedPasskey)>, DatabaseError> {
    let query = sqlx::query_as(
        "SELECT account_id, relying_party.id AS rp_id, user_handle, credential_id, public_key, counter, \
         backup_eligible, backed_up, passkeys.name AS name, passkeys.created_at AS created_at, last_used_at \
         FROM passkeys JOIN accounts ON accounts.id = passkeys.account_id JOIN relying_party ON one = 1 \
         WHERE username_key > $1 AND username_key <= $2 AND removed_at IS NULL AND user_handle IS NOT NULL \
         ORDER BY passkeys.created_at, credential_id",
    );
    let rows: Vec<Row> = query.bind(after).bind(last).fetch_all(connection).await?;
    Ok(rows.into_iter().map(Into::into).collect())
}

/// Stores the passkeys of a new account. One whose credential is stored already is left out.
/// Returns how many are.
pub(crate) async fn carry_in(
    connection: &mut AnyConnection,
    account_id: &str,
    passkeys: &[CarriedPasskey],
    now: UnixTime,
) -> Result<u64, DatabaseError> {
    let mut left_out = 0;
    for passkey in passkeys {
        if !rows::bind(&mut *connection, &passkey.rp_id).await? {
            left_out += 1;
            continue;
        }
        rows::user_handle(&mut *connection, account_id, &passkey.user_handle).await?;
        let added = sqlx::query(
            "INSERT INTO passkeys (id, account_id, credential_id, public_key, counter, backup_eligible, backed_up, \
             name, created_at, last_used_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) \
             ON CONFLICT (credential_id) DO NOTHING",
        )
        .bind(Uuid::new_v4().to_string())
        .bind(account_id)
        .bind(passkey.credential_id.as_str())
        .bind(passkey.public_key.as_str())
        .bind(i64::from(passkey.counter))
        .bind(i64::from(passkey.backup_eligible))
        .bind(i64::from(passkey.backed_up))
        .bind(passkey.name.as_str())
        .bind(passkey.created_at.min(now.seconds()))
        .bind(passkey.last_used_at.map(|at| at.min(now.seconds())))
        .execute(&mut *connection)
        .await?;
        left_out += u64::from(added.rows_affected() == 0);
    }
    Ok(left_out)
}
