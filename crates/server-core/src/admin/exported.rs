//! An account as another server imports it: one JSON object.

use std::fmt;

use serde::{Serialize, Serializer};
use serde_json::{Map, Value};
use zeroize::Zeroizing;

use crate::accounts::{Account, ListedAccount, Role};
use crate::database::DatabaseError;
use crate::language::Language;
use crate::passkeys::CarriedPasskey;
use crate::passwords::NO_PASSWORD;
use crate::providers::CarriedLink;

/// A text that is shown only where it is written.
#[derive(Clone)]
pub(super) struct Secret(pub(super) Zeroizing<String>);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

impl Serialize for Secret {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

/// An account with what it signs in with. Times are seconds since 1970.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct ExportedAccount {
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
    /// The language of mails to it; `None`: the server's.
    pub language: Option<Language>,
    /// Custom claims of its tokens.
    pub claims: Map<String, Value>,
    /// When it was added.
    pub created_at: i64,
    /// Whether it is disabled.
    pub disabled: bool,
    /// When it was disabled.
    pub disabled_at: Option<i64>,
    /// Its role, to be read: no import sets one.
    pub role: Option<Role>,
    /// Whether an operator requires a second factor of it.
    pub factor_required: bool,
    /// `none` if it has no password.
    #[serde(skip_serializing_if = "Option::is_none")]
    password: Option<&'static str>,
    /// The hash of its password.
    #[serde(skip_serializing_if = "Option::is_none")]
    password_hash: Option<Secret>,
    /// Its second factor.
    pub factor: Option<ExportedFactor>,
    /// The accounts at providers that belong to it.
    pub links: Vec<CarriedLink>,
    /// Its passkeys.
    pub passkeys: Vec<CarriedPasskey>,
}

/// A second factor. Times are seconds since 1970.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct ExportedFactor {
    /// The secret of the authenticator app, sealed for this id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) totp: Option<Secret>,
    /// The time step of the last code that was accepted (RFC 6238).
    pub last_step: Option<i64>,
    /// When it was set up.
    pub created_at: i64,
}

impl ExportedAccount {
    /// The account without its factor, and without the hash unless `with_secrets`.
    pub(super) fn new(account: Account, with_secrets: bool) -> Result<Self, DatabaseError> {
        let claims = account.claims()?;
        let hash = Zeroizing::new(account.password_hash.clone());
        let has_password = hash.as_str() != NO_PASSWORD;
        let listed = ListedAccount::from(account);
        Ok(Self {
            id: listed.id,
            username: listed.username,
            given_name: listed.given_name,
            family_name: listed.family_name,
            email: listed.email,
            language: listed.language,
            claims,
            created_at: listed.created_at,
            disabled: listed.disabled,
            disabled_at: listed.disabled_at,
            role: listed.role,
            factor_required: listed.factor_required,
            password: (!has_password).then_some("none"),
            password_hash: (has_password && with_secrets).then_some(Secret(hash)),
            factor: None,
            links: Vec::new(),
            passkeys: Vec::new(),
        })
    }
}
