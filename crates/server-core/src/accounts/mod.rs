//! Accounts: who may sign in, and the claims of their tokens. Owns the table `accounts`. Refuses a
//! user name that is in use and the claims that the server sets itself.

mod changed_password;
mod custom_claims;
mod former_names;
mod listed;
mod lock;
mod profile;
mod reserved_claims;
mod role;
mod rows;
pub(crate) mod username;
mod without_way;
pub(crate) mod words;

use latchkey_token::{Profile, UnixTime};
use secrecy::SecretString;
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::audit::{Entry, Event};
use crate::database::{Database, DatabaseError, Limits, Opening, TransactionError, work};
use crate::language::Language;
use crate::passwords::{HashingPlan, NO_PASSWORD, PasswordError, Passwords};
use crate::settings::CoreSettings;

pub use custom_claims::{
    InvalidClaim, MAX_CLAIMS_BYTES, MAX_CLAIMS_DEPTH, may_be_custom_claim, parse_claims,
};
pub use former_names::NameError;
pub use listed::ListedAccount;
pub use profile::InvalidProfile;
pub use role::Role;
pub use username::{InvalidUsername, MAX_USERNAME_CHARS, Username};

pub(crate) use changed_password::{has_changed_password, password_changed};
pub(crate) use custom_claims::{ROLE_CLAIM, check_claims, is_reserved};
pub(crate) use former_names::FormerNames;
pub(crate) use lock::{lock, lock_and_find, lock_by_name};
pub(crate) use profile::check as check_profile;
pub use profile::is_line;
pub(crate) use reserved_claims::with_reserved_claims;
pub(crate) use rows::{
    NewRow, anonymize, carry_claims, change_profile, disable, enable, find, find_by_email, find_by_name,
    ids_in_use, insert, key_before, page, purge_removed, rename, set_factor_asked, set_factor_required,
    set_language, set_password, set_role, signed_in,
};
pub use without_way::WithoutWay;
pub(crate) use without_way::without_way;

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

/// Why an account was not added. Nothing has changed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AddAccountError {
    /// A user name that another account has, or had.
    #[error(transparent)]
    Name(#[from] NameError),
    /// A name or address that cannot be shown in a line.
    #[error(transparent)]
    Profile(#[from] InvalidProfile),
    /// A claim that is not allowed.
    #[error(transparent)]
    Claim(#[from] InvalidClaim),
    /// A password that is not allowed.
    #[error(transparent)]
    Password(#[from] PasswordError),
    /// The database.
    #[error(transparent)]
    Database(#[from] DatabaseError),
}

impl TransactionError for AddAccountError {
    fn database(&self) -> Option<&DatabaseError> {
        match self {
            Self::Database(error) => Some(error),
            _ => None,
        }
    }
}

/// Adds an account to the database of `settings`, which is created if it is missing. Returns the
/// account's id.
///
/// # Errors
/// [`AddAccountError`].
pub async fn add(
    settings: impl Into<CoreSettings>,
    account: NewAccount,
    now: UnixTime,
) -> Result<String, AddAccountError> {
    let settings = settings.into();
    let passwords = Passwords::new(&settings.passwords, &HashingPlan::of_this_process(&settings.passwords))?;
    let limits = Limits::of(&settings).with(1);
    let database = Database::open(&settings.database_url, &limits, Opening::Create).await?;
    let added = add_to(&database, &passwords, account, false, now).await;
    database.close().await;
    added
}

/// Adds an account. `reuses_names`: also with a name that another account had.
pub(crate) async fn add_to(
    database: &Database,
    passwords: &Passwords,
    account: NewAccount,
    reuses_names: bool,
    now: UnixTime,
) -> Result<String, AddAccountError> {
    let names = [&account.given_name, &account.family_name].map(Option::as_deref);
    profile::check(names, account.email.as_deref())?;
    custom_claims::check_claims(&account.claims)?;
    // Saves the work of hashing; the insert below decides.
    let username = &account.username;
    if database.read(|connection| work(find_by_name(connection, username))).await?.is_some() {
        return Err(NameError::Taken(account.username).into());
    }
    let former = database.read(|connection| work(FormerNames::read(connection, reuses_names))).await?;
    former.check(username, None)?;
    let about = known_about(account.username.as_str(), names, account.email.as_deref());
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
    let (row, entry) = (&row, Entry::operator(Event::AccountAdded).of(&id, username.as_str()));
    database
        .write(|connection| {
            work(async move {
                if !insert(&mut *connection, row, now).await? {
                    return Err(AddAccountError::Name(NameError::Taken(username.clone())));
                }
                Ok(entry.write(connection, now).await?)
            })
        })
        .await?;
    Ok(id)
}

/// Words that an attacker who knows the user tries first.
fn known_about(username: &str, names: [Option<&str>; 2], email: Option<&str>) -> Vec<String> {
    [Some(username), email].into_iter().chain(names).flatten().map(str::to_owned).collect()
}

/// An account as it is stored.
#[derive(Clone, Debug)]
pub(crate) struct Account {
    pub(crate) id: String,
    pub(crate) username: String,
    pub(crate) username_key: String,
    pub(crate) password_hash: String,
    given_name: Option<String>,
    family_name: Option<String>,
    email: Option<String>,
    claims: String,
    created_at: UnixTime,
    disabled_at: Option<UnixTime>,
    /// The language of mails to it; `None`: the server's.
    pub(crate) language: Option<Language>,
    pub(crate) role: Option<Role>,
    /// Since when an operator requires a second factor of it.
    pub(crate) factor_required_at: Option<UnixTime>,
    /// When a device of it was first told that one is required.
    pub(crate) factor_asked_at: Option<UnixTime>,
    /// Whether it had a second factor when it was read.
    pub(crate) has_factor: bool,
}

impl Account {
    /// Whether an operator has disabled it.
    pub(crate) fn is_disabled(&self) -> bool {
        self.disabled_at.is_some()
    }

    /// Whether it has a password.
    pub(crate) fn has_password(&self) -> bool {
        self.password_hash != NO_PASSWORD
    }

    /// The profile, for a token.
    pub(crate) fn profile(&self) -> Profile {
        Profile {
            preferred_username: self.username.clone(),
            given_name: self.given_name.clone(),
            family_name: self.family_name.clone(),
            email: self.email.clone(),
        }
    }

    /// The claims of its tokens besides those that every token has: its custom claims, and its
    /// role. A custom claim that was set when its name was not yet the server's own is left out.
    pub(crate) fn token_claims(&self) -> Result<Map<String, Value>, DatabaseError> {
        let mut claims = self.claims()?;
        claims.retain(|name, _| !is_reserved(name));
        if let Some(role) = self.role {
            claims.insert(ROLE_CLAIM.to_owned(), role.as_str().into());
        }
        Ok(claims)
    }

    /// The custom claims, as they are stored.
    pub(crate) fn claims(&self) -> Result<Map<String, Value>, DatabaseError> {
        serde_json::from_str(&self.claims).map_err(|_| DatabaseError::Damaged("accounts"))
    }

    /// Words that an attacker who knows the user tries first.
    pub(crate) fn known(&self) -> Vec<String> {
        let names = [&self.given_name, &self.family_name].map(Option::as_deref);
        known_about(&self.username, names, self.email.as_deref())
    }
}
