//! Accounts: who may sign in, and what tokens say of them. Owns the table `accounts`. Refuses a user name that is taken
//! and claims that are the server's own.

mod custom_claims;
mod listed;
mod profile;
mod rows;
mod username;

use latchkey_token::{Profile, UnixTime};
use secrecy::SecretString;
use serde_json::{Map, Value};
use sqlx::FromRow;
use uuid::Uuid;

use crate::audit::{Entry, Event};
use crate::database::{Database, DatabaseError};
use crate::passwords::{PasswordError, Passwords};
use crate::settings::CoreSettings;

pub use custom_claims::{InvalidClaim, MAX_CLAIMS_BYTES, MAX_CLAIMS_DEPTH, parse_claims};
pub use listed::ListedAccount;
pub use profile::InvalidProfile;
pub use username::{InvalidUsername, MAX_USERNAME_CHARS, Username};

pub use custom_claims::check_claims;
pub use profile::{check as check_profile, is_line};
pub use rows::{
    NewRow, change_password, disable, empty, enable, find, find_by_name, forget_removed, insert, lock, page,
    set_password,
};

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

impl From<sqlx::Error> for AddAccountError {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error.into())
    }
}

/// Adds an account to the database of `settings`, which is made if it is missing. Answers the account's id.
///
/// # Errors
/// [`AddAccountError`].
pub async fn add(
    settings: impl Into<CoreSettings>,
    account: NewAccount,
    now: UnixTime,
) -> Result<String, AddAccountError> {
    let settings = settings.into();
    let passwords = Passwords::new(&settings.passwords)?;
    let database = Database::open(&settings.database_url, 1).await?;
    let added = add_to(&database, &passwords, account, now).await;
    database.close().await;
    added
}

/// Adds an account.
pub async fn add_to(
    database: &Database,
    passwords: &Passwords,
    account: NewAccount,
    now: UnixTime,
) -> Result<String, AddAccountError> {
    let names = [&account.given_name, &account.family_name].map(Option::as_deref);
    profile::check(names, account.email.as_deref())?;
    custom_claims::check_claims(&account.claims)?;
    // Asked before the work of hashing, and decided by the insert below.
    if find_by_name(database, &account.username).await?.is_some() {
        return Err(AddAccountError::Taken(account.username));
    }
    let about = known_of(account.username.as_str(), names, account.email.as_deref());
    let password_hash = passwords.hash_new(account.password, about).await?;
    let id = Uuid::new_v4().to_string();
    let row = NewRow {
        id: &id,
        username: &account.username,
        password_hash: &password_hash,
        given_name: account.given_name.as_deref(),
        family_name: account.family_name.as_deref(),
        email: account.email.as_deref(),
        claims: &account.claims,
        disabled_at: None,
    };
    let mut transaction = database.begin().await?;
    if !insert(&mut transaction, &row, now).await? {
        return Err(AddAccountError::Taken(account.username));
    }
    let added = Entry::operator(Event::AccountAdded).of(&id, account.username.as_str());
    added.write(&mut transaction, now).await?;
    transaction.commit().await?;
    Ok(id)
}

/// What a guesser who knows the person would try.
fn known_of(username: &str, names: [Option<&str>; 2], email: Option<&str>) -> Vec<String> {
    [Some(username), email].into_iter().chain(names).flatten().map(str::to_owned).collect()
}

/// An account as it is stored.
#[derive(FromRow)]
pub struct Account {
    pub id: String,
    pub username: String,
    pub username_key: String,
    pub password_hash: String,
    given_name: Option<String>,
    family_name: Option<String>,
    email: Option<String>,
    claims: String,
    created_at: i64,
    disabled_at: Option<i64>,
}

impl Account {
    /// Whether an operator has shut it.
    pub fn is_disabled(&self) -> bool {
        self.disabled_at.is_some()
    }

    /// Who the person is, for a token.
    pub fn profile(&self) -> Profile {
        Profile {
            preferred_username: self.username.clone(),
            given_name: self.given_name.clone(),
            family_name: self.family_name.clone(),
            email: self.email.clone(),
        }
    }

    /// The account's own claims, for a token.
    pub fn claims(&self) -> Result<Map<String, Value>, DatabaseError> {
        serde_json::from_str(&self.claims).map_err(|_| DatabaseError::Damaged("accounts"))
    }

    /// What a guesser who knows the person would try.
    pub fn known(&self) -> Vec<String> {
        let names = [&self.given_name, &self.family_name].map(Option::as_deref);
        known_of(&self.username, names, self.email.as_deref())
    }
}
