//! What an operator does to second factors, roles and the seal key.

use latchkey_token::UnixTime;
use sqlx::AnyConnection;

use super::{Admin, AdminError};
use crate::accounts::{self, Role, Username};
use crate::audit::{Actor, Entry, Event};
use crate::database::{DatabaseError, work};
use crate::outbox;
use crate::people;
use crate::seal::{self, Resealed};

impl Admin {
    /// Requires a second factor of an account, or no longer. Its sessions go on for the grace
    /// period.
    ///
    /// # Errors
    /// [`AdminError`].
    pub async fn require_factor(
        &self,
        username: &Username,
        is_required: bool,
        now: UnixTime,
    ) -> Result<(), AdminError> {
        let account = self.account(username).await?;
        let account = &account;
        let write = self.database.write(|connection| {
            work(people::require_factor(connection, Actor::Operator, account, is_required, now))
        });
        write.await?;
        Ok(())
    }

    /// Gives an account a role, in place of the one that it has.
    ///
    /// # Errors
    /// [`AdminError`].
    pub async fn grant(&self, username: &Username, role: Role, now: UnixTime) -> Result<(), AdminError> {
        self.set_role(username, Some(role), now).await
    }

    /// Takes a role from an account.
    ///
    /// # Errors
    /// [`AdminError`]; [`AdminError::NoRole`] if it does not have this role.
    pub async fn revoke(&self, username: &Username, role: Role, now: UnixTime) -> Result<(), AdminError> {
        if self.account(username).await?.role != Some(role) {
            return Err(AdminError::NoRole(username.clone(), role));
        }
        self.set_role(username, None, now).await
    }

    async fn set_role(
        &self,
        username: &Username,
        role: Option<Role>,
        now: UnixTime,
    ) -> Result<(), AdminError> {
        let account = self.account(username).await?;
        let account = &account;
        let write = self
            .database
            .write(|connection| work(people::set_role(connection, Actor::Operator, account, role, now)));
        write.await?;
        Ok(())
    }

    /// Removes every second factor, every recovery code and everything that is pending, because the
    /// seal key is lost: nothing of it can be read. The next start of a server makes a new key.
    /// Returns how many accounts had a second factor.
    ///
    /// # Errors
    /// [`AdminError`].
    pub async fn reset_all_sealed(&self, now: UnixTime) -> Result<usize, AdminError> {
        let write = self.database.write(|connection| {
            work(async move {
                let accounts = sealed_accounts(&mut *connection).await?;
                for (id, username) in &accounts {
                    let entry = Entry::operator(Event::FactorOff).of(id, username);
                    entry.detail("seal_key_lost").write(&mut *connection, now).await?;
                }
                outbox::drop_sealed(&mut *connection, now).await?;
                seal::forget(connection).await?;
                Ok::<_, DatabaseError>(accounts.len())
            })
        });
        Ok(write.await?)
    }

    /// Makes a new seal key, and seals everything in the database with it. The old keys stay in the
    /// file: the hashes of recovery codes cannot be made anew. A call that was interrupted is
    /// completed by the next one.
    ///
    /// # Errors
    /// [`AdminError`].
    pub async fn rotate_seal(&self, now: UnixTime) -> Result<Resealed, AdminError> {
        let resealed = seal::rotate(&self.settings, &self.database).await?;
        let entry = Entry::operator(Event::SealKeyRotated).detail(&resealed.key_id);
        self.database.write(|connection| work(entry.write(connection, now))).await?;
        Ok(resealed)
    }

    /// The accounts with custom claims whose names are the server's own since a later version: no
    /// token has them. 20 at most.
    ///
    /// # Errors
    /// [`AdminError`].
    pub async fn accounts_with_reserved_claims(&self) -> Result<Vec<String>, AdminError> {
        Ok(self.database.read(|connection| work(accounts::with_reserved_claims(connection))).await?)
    }
}

/// Id and user name of the accounts that have a second factor.
async fn sealed_accounts(connection: &mut AnyConnection) -> Result<Vec<(String, String)>, DatabaseError> {
    let query =
        sqlx::query_as("SELECT id, username FROM accounts WHERE id IN (SELECT account_id FROM factors)");
    Ok(query.fetch_all(connection).await?)
}
