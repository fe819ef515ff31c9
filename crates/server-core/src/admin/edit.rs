//! Changes of an account's name, profile and claims. Devices learn of them at their next renewal,
//! and at the next reading of the account.

use latchkey_token::UnixTime;
use secrecy::SecretString;
use serde_json::{Map, Value};

use super::{Admin, AdminError};
use crate::accounts::{self, FormerNames, NameError, Username};
use crate::audit::{Entry, Event};
use crate::database::work;
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

impl AccountEdit {
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

impl Admin {
    /// Gives an account another user name. Its sessions go on; its codes end, and so do sign-ins
    /// that are not complete.
    ///
    /// # Errors
    /// [`AdminError::NoAccount`]; [`AdminError::Name`] if another account has the name, or had it
    /// and [`Admin::reusing_names`] does not allow that.
    pub async fn rename(&self, username: &Username, new: &Username, now: UnixTime) -> Result<(), AdminError> {
        let account = self.account(username).await?;
        let (account, reuses) = (&account, self.reuses_names);
        self.database
            .write(|connection| {
                work(async move {
                    let former = FormerNames::read(&mut *connection, reuses).await?;
                    former.check(new, Some(&account.id))?;
                    if !accounts::rename(&mut *connection, &account.id, new).await? {
                        return Err(NameError::Taken(new.clone()).into());
                    }
                    pending::end_all_of(&mut *connection, &account.id).await?;
                    let entry = Entry::operator(Event::AccountRenamed).of(&account.id, &account.username);
                    Ok(entry.detail(new.as_str()).write(connection, now).await?)
                })
            })
            .await
    }

    /// Changes the profile and the claims of an account.
    ///
    /// # Errors
    /// [`AdminError::NoAccount`], [`AdminError::Profile`], [`AdminError::Claim`].
    pub async fn edit(
        &self,
        username: &Username,
        edit: &AccountEdit,
        now: UnixTime,
    ) -> Result<(), AdminError> {
        let names = edit.names();
        let names = names.as_str();
        self.database
            .write(|connection| {
                work(async move {
                    let found = accounts::find_by_name(&mut *connection, username).await?;
                    let account = found.ok_or_else(|| AdminError::NoAccount(username.clone()))?;
                    // Of two changes at the same time, the second reads what the first wrote.
                    accounts::lock(&mut *connection, &account.id).await?;
                    let found = accounts::find(&mut *connection, &account.id).await?;
                    let account = found.ok_or_else(|| AdminError::NoAccount(username.clone()))?;
                    let profile = account.profile();
                    let given_name = edit.given_name.as_ref().unwrap_or(&profile.given_name).as_deref();
                    let family_name = edit.family_name.as_ref().unwrap_or(&profile.family_name).as_deref();
                    let email = edit.email.as_ref().unwrap_or(&profile.email).as_deref();
                    accounts::check_profile([given_name, family_name], email)?;
                    let mut claims = account.claims()?;
                    claims.retain(|name, _| !edit.unset_claims.contains(name));
                    claims.extend(edit.set_claims.clone());
                    accounts::check_claims(&claims)?;
                    let profile = [given_name, family_name, email];
                    accounts::change_profile(&mut *connection, &account.id, profile, &claims).await?;
                    if let Some(language) = edit.language {
                        accounts::set_language(&mut *connection, &account.id, language).await?;
                    }
                    let entry = Entry::operator(Event::AccountChanged).of(&account.id, &account.username);
                    Ok::<_, AdminError>(entry.detail(names).write(connection, now).await?)
                })
            })
            .await
    }

    /// The stored hash of an account's password, for a move to another server.
    ///
    /// # Errors
    /// [`AdminError`].
    pub async fn password_hash(&self, username: &Username) -> Result<SecretString, AdminError> {
        Ok(self.account(username).await?.password_hash.into())
    }
}
