//! Changes of accounts, by their user names.

use latchkey_token::UnixTime;
use secrecy::SecretString;

use super::{Admin, AdminError};
use crate::accounts::{self, Account, AddAccountError, ListedAccount, NewAccount, Username};
use crate::audit::{Actor, Entry, Event};
use crate::database::work;
use crate::outbox::{self, Mail, Origin};
use crate::pending;
use crate::people;
use crate::sessions::{EndReason, Ended};

/// The number of accounts that one query reads.
const PAGE: u32 = 500;

impl Admin {
    /// Adds an account. Returns its id.
    ///
    /// # Errors
    /// [`AddAccountError`].
    pub async fn add(&self, account: NewAccount, now: UnixTime) -> Result<String, AddAccountError> {
        accounts::add_to(&self.database, &self.passwords, account, self.reuses_names, now).await
    }

    /// Calls `each` with every account, in the order of the names. Reads them in pages.
    ///
    /// # Errors
    /// [`AdminError`].
    pub async fn each_account(&self, mut each: impl FnMut(ListedAccount)) -> Result<(), AdminError> {
        let mut after = String::new();
        loop {
            let start = after.as_str();
            let page = self.database.read(|connection| work(accounts::page(connection, start, PAGE))).await?;
            let Some(last) = page.last() else { return Ok(()) };
            after.clone_from(&last.username_key);
            page.into_iter().map(ListedAccount::from).for_each(&mut each);
        }
    }

    /// One account.
    ///
    /// # Errors
    /// [`AdminError`].
    pub async fn find(&self, username: &Username) -> Result<ListedAccount, AdminError> {
        Ok(self.account(username).await?.into())
    }

    /// Disables an account and ends its sessions. Returns how many there were.
    ///
    /// # Errors
    /// [`AdminError`].
    pub async fn disable(&self, username: &Username, now: UnixTime) -> Result<usize, AdminError> {
        let account = self.account(username).await?;
        let account = &account;
        let write = self
            .database
            .write(|connection| work(people::disable(connection, Actor::Operator, account, now)));
        Ok(write.await?.leave_to_servers())
    }

    /// Enables an account. Its sessions stay ended.
    ///
    /// # Errors
    /// [`AdminError`].
    pub async fn enable(&self, username: &Username, now: UnixTime) -> Result<(), AdminError> {
        let account = self.account(username).await?;
        let account = &account;
        let write =
            self.database.write(|connection| work(people::enable(connection, Actor::Operator, account, now)));
        write.await?;
        Ok(())
    }

    /// Sets a password, and ends the sessions of the account if `end_sessions`. Returns how many
    /// ended.
    ///
    /// # Errors
    /// [`AdminError`].
    pub async fn set_password(
        &self,
        username: &Username,
        password: SecretString,
        end_sessions: bool,
        now: UnixTime,
    ) -> Result<usize, AdminError> {
        let account = self.account(username).await?;
        let hash = self.passwords.hash_new(password, account.known()).await?;
        let (account, hash) = (&account, hash.as_str());
        let (policy, mail) = (&self.settings.mail, &Mail::PasswordChanged(Origin::operator(now)));
        Ok(self
            .database
            .write(|connection| {
                work(async move {
                    accounts::set_password(&mut *connection, &account.id, hash).await?;
                    accounts::password_changed(&mut *connection, &account.id, None, now).await?;
                    pending::end_all_of(&mut *connection, &account.id).await?;
                    let entry = Entry::operator(Event::PasswordChanged).of(&account.id, &account.username);
                    entry.write(&mut *connection, now).await?;
                    outbox::mail(&mut *connection, policy, &account.id, mail, now).await?;
                    match end_sessions {
                        true => {
                            let why = (EndReason::Revoked, Some("password_changed"));
                            people::end_sessions(connection, Actor::Operator, account, why, now).await
                        }
                        false => Ok(Ended::none(EndReason::Revoked, now)),
                    }
                })
            })
            .await?
            .leave_to_servers())
    }

    /// Removes an account with its personal data, and ends its sessions. Another account gets its
    /// name only by [`Admin::reusing_names`]. Returns how many sessions there were.
    ///
    /// # Errors
    /// [`AdminError`].
    pub async fn remove(&self, username: &Username, now: UnixTime) -> Result<usize, AdminError> {
        let account = self.account(username).await?;
        let account = &account;
        let write =
            self.database.write(|connection| work(people::remove(connection, Actor::Operator, account, now)));
        Ok(write.await?.leave_to_servers())
    }

    pub(super) async fn account(&self, username: &Username) -> Result<Account, AdminError> {
        let found =
            self.database.read(|connection| work(accounts::find_by_name(connection, username))).await?;
        found.ok_or_else(|| AdminError::NoAccount(username.clone()))
    }
}
