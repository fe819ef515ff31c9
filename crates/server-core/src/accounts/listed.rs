//! An account in an operator's list.

use latchkey_token::UnixTime;
use serde::Serialize;
use serde_json::{Map, Value};

use super::{Account, Role};
use crate::language::Language;

/// An account, without its secrets. Times are seconds since 1970.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ListedAccount {
    /// Id: `sub` of its tokens.
    pub id: String,
    /// The name to sign in with.
    pub username: String,
    /// Given name.
    pub given_name: Option<String>,
    /// Family name.
    pub family_name: Option<String>,
    /// E-mail address.
    pub email: Option<String>,
    /// Custom claims of its tokens; empty if they are damaged.
    pub claims: Map<String, Value>,
    /// When it was added.
    pub created_at: i64,
    /// When it was disabled.
    pub disabled_at: Option<i64>,
    /// Whether it is disabled.
    pub disabled: bool,
    /// How its password is hashed: `argon2id`, `bcrypt` …; `none` if it has no password yet;
    /// `damaged` if nothing can be compared with it.
    pub password: String,
    /// Whether it has a second factor.
    pub factor: bool,
    /// Whether an operator requires one of it.
    pub factor_required: bool,
    /// The language of mails to it; `None`: the server's.
    pub language: Option<Language>,
    /// Its role.
    pub role: Option<Role>,
}

impl From<Account> for ListedAccount {
    fn from(account: Account) -> Self {
        let disabled = account.is_disabled();
        let claims = account.claims().unwrap_or_default();
        let password = crate::passwords::kind(&account.password_hash).unwrap_or("damaged").to_owned();
        Self {
            id: account.id,
            username: account.username,
            given_name: account.given_name,
            family_name: account.family_name,
            email: account.email,
            claims,
            created_at: account.created_at.seconds(),
            disabled,
            disabled_at: account.disabled_at.map(UnixTime::seconds),
            password,
            factor: account.has_factor,
            factor_required: account.factor_required_at.is_some(),
            language: account.language,
            role: account.role,
        }
    }
}
