//! Accounts, by their user names.

use latchkey_token::UnixTime;
use secrecy::SecretString;

use super::{Admin, AdminError};
use crate::accounts::{self, Account, AddAccountError, ListedAccount, NewAccount, Username};
use crate::audit::{Entry, Event};
use crate::sessions::{self, EndReason};

/// How many accounts are read at a time.
const PAGE: u32 = 500;

impl Admin {
    /// Adds an account, and answers its id.
    ///
    /// # Errors
    /// [`AddAccountError`].
    pub async fn add(&self, account: NewAccount, now: UnixTime) -> Result<String, AddAccountError> {
        accounts::add_to(&self.database, &self.passwords, account, now).await
    }

    /// Hands every account to `each`, in the order of the names. However many there are, few are in memory at a time.
    ///
    /// # Errors
    /// [`AdminError`].
    pub async fn each_account(&self, mut each: impl FnMut(ListedAccount)) -> Result<(), AdminError> {
        let mut after = String::new();
        loop {
            let page = accounts::page(&self.database, &after, PAGE).await?;
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

    /// Shuts an account and ends its sessions. Answers how many there were.
    ///
    /// # Errors
    /// [`AdminError`].
    pub async fn disable(&self, username: &Username, now: UnixTime) -> Result<usize, AdminError> {
        let account = self.account(username).await?;
        let mut transaction = self.database.begin().await?;
        let disabled = accounts::disable(&mut transaction, &account.id, now).await?;
        let reason = EndReason::AccountDisabled;
        let ended = sessions::end_of_account(&mut transaction, &account.id, reason, now).await?;
        if disabled {
            let entry = Entry::operator(Event::AccountDisabled).of(&account.id, &account.username);
            entry.write(&mut transaction, now).await?;
        }
        transaction.commit().await?;
        Ok(ended.len())
    }

    /// Opens an account again. Its sessions stay ended.
    ///
    /// # Errors
    /// [`AdminError`].
    pub async fn enable(&self, username: &Username, now: UnixTime) -> Result<(), AdminError> {
        let account = self.account(username).await?;
        let mut transaction = self.database.begin().await?;
        if accounts::enable(&mut transaction, &account.id).await? {
            let entry = Entry::operator(Event::AccountEnabled).of(&account.id, &account.username);
            entry.write(&mut transaction, now).await?;
        }
        Ok(transaction.commit().await?)
    }

    /// Sets a password. Ends the sessions of the account if `end_sessions`, and answers how many there were.
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
        let mut transaction = self.database.begin().await?;
        accounts::set_password(&mut transaction, &account.id, &hash).await?;
        let ended = match end_sessions {
            true => sessions::end_of_account(&mut transaction, &account.id, EndReason::Revoked, now).await?,
            false => Vec::new(),
        };
        let entry = Entry::operator(Event::PasswordChanged).of(&account.id, &account.username);
        entry.write(&mut transaction, now).await?;
        transaction.commit().await?;
        Ok(ended.len())
    }

    /// Removes an account and all that is personal in it, and ends its sessions. Its name is free at once. Answers how many
    /// sessions there were.
    ///
    /// # Errors
    /// [`AdminError`].
    pub async fn remove(&self, username: &Username, now: UnixTime) -> Result<usize, AdminError> {
        let account = self.account(username).await?;
        let mut transaction = self.database.begin().await?;
        // The account before its sessions, as a sign-in locks them: in the other order the two
        // could wait for each other.
        accounts::lock(&mut transaction, &account.id).await?;
        let ended = sessions::end_of_account(&mut transaction, &account.id, EndReason::Revoked, now).await?;
        accounts::empty(&mut transaction, &account.id, now).await?;
        let entry = Entry::operator(Event::AccountRemoved).of(&account.id, &account.username);
        entry.write(&mut transaction, now).await?;
        transaction.commit().await?;
        Ok(ended.len())
    }

    pub(super) async fn account(&self, username: &Username) -> Result<Account, AdminError> {
        let found = accounts::find_by_name(&self.database, username).await?;
        found.ok_or_else(|| AdminError::NoAccount(username.clone()))
    }
}
