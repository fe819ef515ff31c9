//! Accounts: who may sign in, and what tokens say of them. Owns the table `accounts`. Refuses a user name that is taken
//! and claims that are the server's own.

mod custom_claims;
mod profile;
mod username;

use latchkey_token::{Profile, UnixTime};
use secrecy::SecretString;
use serde_json::{Map, Value};
use sqlx::FromRow;
use uuid::Uuid;

use crate::database::{Database, DatabaseError};
use crate::passwords::{self, PasswordError, Passwords};
use crate::settings::Settings;

pub use custom_claims::{InvalidClaim, MAX_CLAIMS_BYTES, parse_claims};
pub use profile::InvalidProfile;
pub use username::{InvalidUsername, MAX_USERNAME_CHARS, Username};

/// An account to add.
#[derive(Clone, Debug)]
pub struct NewAccount {
    /// The name to sign in with.
    pub username: Username,
    /// Its password.
    pub password: SecretString,
    /// Given name, as it is shown.
    pub given_name: Option<String>,
    /// Family name, as it is shown.
    pub family_name: Option<String>,
    /// E-mail address; not verified.
    pub email: Option<String>,
    /// Custom claims of its tokens.
    pub claims: Map<String, Value>,
}

/// Why an account was not added. Nothing is changed then.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AddAccountError {
    /// The name is taken, perhaps in another spelling.
    #[error("there is already an account with the user name {0}")]
    Taken(Username),
    /// A name or address that cannot be shown in a line.
    #[error(transparent)]
    Profile(#[from] InvalidProfile),
    /// A claim that cannot be set.
    #[error(transparent)]
    Claim(#[from] InvalidClaim),
    /// A password that cannot be used.
    #[error(transparent)]
    Password(#[from] PasswordError),
    /// The database.
    #[error(transparent)]
    Database(#[from] DatabaseError),
}

/// Adds an account to the database of `settings`, which is made if it is missing. Answers the account's id.
///
/// # Errors
/// [`AddAccountError`].
pub async fn add(settings: &Settings, account: NewAccount, now: UnixTime) -> Result<String, AddAccountError> {
    profile::check(&account)?;
    custom_claims::check_claims(&account.claims)?;
    passwords::check_new(&account.password)?;
    let database = Database::open(&settings.database_url, 1).await?;
    let added = insert(&database, settings, account, now).await;
    database.close().await;
    added
}

async fn insert(
    database: &Database,
    settings: &Settings,
    account: NewAccount,
    now: UnixTime,
) -> Result<String, AddAccountError> {
    if find_by_name(database, &account.username).await?.is_some() {
        return Err(AddAccountError::Taken(account.username));
    }
    let hash = Passwords::new(&settings.passwords)?.hash(account.password).await?;
    let id = Uuid::new_v4().to_string();
    let claims = Value::Object(account.claims).to_string();
    let inserted = sqlx::query(
        "INSERT INTO accounts (id, username, username_key, password_hash, given_name, family_name, email, claims, \
         created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
    )
    .bind(id.as_str())
    .bind(account.username.as_str())
    .bind(account.username.key())
    .bind(hash)
    .bind(account.given_name)
    .bind(account.family_name)
    .bind(account.email)
    .bind(claims)
    .bind(now.seconds())
    .execute(database.pool())
    .await;
    match inserted {
        Ok(_) => Ok(id),
        Err(sqlx::Error::Database(reason)) if reason.is_unique_violation() => {
            Err(AddAccountError::Taken(account.username))
        }
        Err(error) => Err(DatabaseError::from(error).into()),
    }
}

/// An account as it is stored.
#[derive(FromRow)]
pub(crate) struct Account {
    pub(crate) id: String,
    pub(crate) username: String,
    pub(crate) password_hash: String,
    given_name: Option<String>,
    family_name: Option<String>,
    email: Option<String>,
    claims: String,
    disabled_at: Option<i64>,
}

impl Account {
    /// Whether an operator has shut it.
    pub(crate) fn is_disabled(&self) -> bool {
        self.disabled_at.is_some()
    }

    /// Who the person is, for a token.
    pub(crate) fn profile(&self) -> Profile {
        Profile {
            preferred_username: self.username.clone(),
            given_name: self.given_name.clone(),
            family_name: self.family_name.clone(),
            email: self.email.clone(),
        }
    }

    /// The account's own claims, for a token.
    pub(crate) fn claims(&self) -> Result<Map<String, Value>, DatabaseError> {
        serde_json::from_str(&self.claims).map_err(|_| DatabaseError::Damaged("accounts"))
    }
}

pub(crate) async fn find_by_name(
    database: &Database,
    username: &Username,
) -> Result<Option<Account>, DatabaseError> {
    let query = sqlx::query_as(
        "SELECT id, username, password_hash, given_name, family_name, email, claims, disabled_at \
         FROM accounts WHERE username_key = $1",
    );
    Ok(query.bind(username.key()).fetch_optional(database.pool()).await?)
}

pub(crate) async fn find(database: &Database, id: &str) -> Result<Option<Account>, DatabaseError> {
    let query = sqlx::query_as(
        "SELECT id, username, password_hash, given_name, family_name, email, claims, disabled_at \
         FROM accounts WHERE id = $1",
    );
    Ok(query.bind(id).fetch_optional(database.pool()).await?)
}
