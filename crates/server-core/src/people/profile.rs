//! Changes of an account's user name, profile and claims, in the caller's transaction. Devices
//! learn of them at their next renewal, and at the next reading of the account.

use latchkey_token::UnixTime;
use serde_json::{Map, Value};
use sqlx::AnyConnection;

use crate::accounts::{self, Account, FormerNames, InvalidClaim, InvalidProfile, NameError, Username};
use crate::audit::{Actor, Entry, Event};
use crate::database::{DatabaseError, TransactionError};
use crate::language::Language;
use crate::pending;

/// A change of an account. What is `None` or empty stays.
#[derive(Clone, Debug, Default)]
pub struct AccountEdit {
    /// Another given name, or none.
    pub given_name: Option<Option<String>>,
    /// Another family name, or none.
    pub family_name: Option<Option<String>>,
    /// Another e-mail address, or none.
    pub email: Option<Option<String>>,
    /// Another language of its mails, or that of the server.
    pub language: Option<Option<Language>>,
    /// Custom claims to set.
    pub set_claims: Map<String, Value>,
    /// Names of custom claims to take away.
    pub unset_claims: Vec<String>,
}

/// Why an account was not changed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ProfileError {
    /// It was removed.
    #[error("the account was removed")]
    Removed,
    /// A user name that another account has, or had.
    #[error(transparent)]
    Name(#[from] NameError),
    /// A name or address that cannot be shown in a line.
    #[error(transparent)]
    Profile(#[from] InvalidProfile),
    /// A claim that is not allowed.
    #[error(transparent)]
    Claim(#[from] InvalidClaim),
    /// The database.
    #[error(transparent)]
    Database(#[from] DatabaseError),
}

impl TransactionError for ProfileError {
    fn database(&self) -> Option<&DatabaseError> {
        match self {
            Self::Database(error) => Some(error),
            _ => None,
        }
    }
}

impl AccountEdit {
    /// Whether it changes anything.
    pub(crate) fn is_empty(&self) -> bool {
        self.names().is_empty()
    }

    /// The same without what an account has already.
    pub(crate) fn without_unchanged(&self, account: &Account) -> Self {
        let (profile, edit) = (account.profile(), self.clone());
        Self {
            given_name: edit.given_name.filter(|name| *name != profile.given_name),
            family_name: edit.family_name.filter(|name| *name != profile.family_name),
            email: edit.email.filter(|email| *email != profile.email),
            language: edit.language.filter(|language| *language != account.language),
            ..edit
        }
    }

    /// The names of what it changes.
    fn names(&self) -> String {
        let fields = [
            ("given_name", self.given_name.is_some()),
            ("family_name", self.family_name.is_some()),
            ("email", self.email.is_some()),
            ("language", self.language.is_some()),
            ("claims", !self.set_claims.is_empty() || !self.unset_claims.is_empty()),
        ];
        let names: Vec<_> = fields.into_iter().filter(|(_, is)| *is).map(|(name, _)| name).collect();
        names.join(",")
    }
}

/// Gives an account another user name. Its sessions go on; its codes end, and so do sign-ins that
/// are not complete. `reuses`: also one that another account had.
pub(crate) async fn rename(
    connection: &mut AnyConnection,
    actor: Actor<'_>,
    account: &Account,
    (new, reuses): (&Username, bool),
    now: UnixTime,
) -> Result<(), ProfileError> {
    let former = FormerNames::read(&mut *connection, reuses).await?;
    former.check(new, Some(&account.id))?;
    if !accounts::rename(&mut *connection, &account.id, new).await? {
        return Err(NameError::Taken(new.clone()).into());
    }
    pending::end_all_of(&mut *connection, &account.id).await?;
    let entry = Entry::by(actor, Event::AccountRenamed).of(&account.id, &account.username);
    Ok(entry.detail(new.as_str()).write(connection, now).await?)
}

/// Changes the profile and the claims of an account.
pub(crate) async fn edit(
    connection: &mut AnyConnection,
    actor: Actor<'_>,
    account_id: &str,
    edit: &AccountEdit,
    now: UnixTime,
) -> Result<(), ProfileError> {
    // Of two changes at the same time, the second reads what the first wrote.
    accounts::lock(&mut *connection, account_id).await?;
    let account = accounts::find(&mut *connection, account_id).await?.ok_or(ProfileError::Removed)?;
    let profile = account.profile();
    let given_name = edit.given_name.as_ref().unwrap_or(&profile.given_name).as_deref();
    let family_name = edit.family_name.as_ref().unwrap_or(&profile.family_name).as_deref();
    let email = edit.email.as_ref().unwrap_or(&profile.email).as_deref();
    accounts::check_profile([given_name, family_name], email)?;
    let mut claims = account.claims()?;
    claims.retain(|name, _| !edit.unset_claims.contains(name));
    claims.extend(edit.set_claims.clone());
    accounts::check_claims(&claims)?;
    if email != profile.email.as_deref() {
        // What was mailed to the address of before, or waits to be, is not for the new one.
        pending::end_mailed(&mut *connection, account_id).await?;
    }
    accounts::change_profile(&mut *connection, account_id, [given_name, family_name, email], &claims).await?;
    if let Some(language) = edit.language {
        accounts::set_language(&mut *connection, account_id, language).await?;
    }
    let entry = Entry::by(actor, Event::AccountChanged).of(&account.id, &account.username);
    Ok(entry.detail(&edit.names()).write(connection, now).await?)
}
