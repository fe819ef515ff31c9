//! Changes of accounts, by their user names.

use latchkey_token::UnixTime;
use secrecy::SecretString;
use sqlx::AnyConnection;

use super::{Admin, AdminError, end_by_operator};
use crate::accounts::{self, Account, AddAccountError, ListedAccount, NewAccount, Username};
use crate::audit::{Entry, Event};
use crate::database::{DatabaseError, work};
use crate::factors;
use crate::outbox::{self, Mail, Origin};
use crate::pending;
use crate::sessions::{self, EndReason, Ended, Which};

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
        Ok(self
            .database
            .write(|connection| {
                work(async move {
                    if accounts::disable(&mut *connection, &account.id, now).await? {
                        let entry =
                            Entry::operator(Event::AccountDisabled).of(&account.id, &account.username);
                        entry.write(&mut *connection, now).await?;
                    }
                    pending::end_all_of(&mut *connection, &account.id).await?;
                    end_all(connection, account, EndReason::AccountDisabled, "account_disabled", now).await
                })
            })
            .await?
            .leave_to_servers())
    }

    /// Enables an account. Its sessions stay ended.
    ///
    /// # Errors
    /// [`AdminError`].
    pub async fn enable(&self, username: &Username, now: UnixTime) -> Result<(), AdminError> {
        let account = self.account(username).await?;
        let account = &account;
        Ok(self
            .database
            .write(|connection| {
                work(async move {
                    if accounts::enable(&mut *connection, &account.id).await? {
                        let entry = Entry::operator(Event::AccountEnabled).of(&account.id, &account.username);
                        entry.write(connection, now).await?;
                    }
                    Ok::<_, DatabaseError>(())
                })
            })
            .await?)
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
                            end_all(connection, account, EndReason::Revoked, "password_changed", now).await
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
        Ok(self
            .database
            .write(|connection| {
                work(async move {
                    // The account before its sessions, as a sign-in locks them: in the other order
                    // the two could wait for each other.
                    accounts::lock(&mut *connection, &account.id).await?;
                    pending::end_all_of(&mut *connection, &account.id).await?;
                    let ended =
                        end_all(&mut *connection, account, EndReason::Revoked, "account_removed", now)
                            .await?;
                    factors::remove(&mut *connection, &account.id).await?;
                    accounts::anonymize(&mut *connection, &account.id, now).await?;
                    let entry = Entry::operator(Event::AccountRemoved).of(&account.id, &account.username);
                    entry.write(connection, now).await?;
                    Ok::<_, DatabaseError>(ended)
                })
            })
            .await?
            .leave_to_servers())
    }

    pub(super) async fn account(&self, username: &Username) -> Result<Account, AdminError> {
        let found =
            self.database.read(|connection| work(accounts::find_by_name(connection, username))).await?;
        found.ok_or_else(|| AdminError::NoAccount(username.clone()))
    }
}

/// Ends every session of an account. `detail` is why, for the audit log.
async fn end_all(
    connection: &mut AnyConnection,
    account: &Account,
    reason: EndReason,
    detail: &str,
    now: UnixTime,
) -> Result<Ended, DatabaseError> {
    let mut end = end_by_operator(account, reason, now);
    end.entry = end.entry.detail(detail);
    sessions::end(connection, Which::Account { account_id: &account.id }, end).await
}
