//! What an operator does to passkeys.

use latchkey_token::UnixTime;

use super::{Admin, AdminError};
use crate::accounts::{self, Username, WithoutWay};
use crate::audit::{Entry, Event};
use crate::database::{DatabaseError, work};
use crate::outbox::{self, Mail, Origin, PasskeyChange};
use crate::passkeys::{self, NoPasskeys, Passkey, RelyingPartyCheckError};
use crate::pending;

impl Admin {
    /// The accounts that cannot sign in with the settings, if those have passwords off.
    ///
    /// # Errors
    /// [`RelyingPartyCheckError`].
    pub async fn without_way_in(&self) -> Result<WithoutWay, RelyingPartyCheckError> {
        if self.settings.passwords.enabled {
            return Ok(WithoutWay::default());
        }
        let ways = (self.check_passkeys().await?.is_none(), self.settings.providers.as_slice());
        Ok(self.database.read(|connection| work(accounts::without_way(connection, ways))).await?)
    }

    /// The passkeys of an account, the oldest first.
    ///
    /// # Errors
    /// [`AdminError`].
    pub async fn passkeys(&self, username: &Username) -> Result<Vec<Passkey>, AdminError> {
        let account = self.account(username).await?;
        let id = account.id.as_str();
        Ok(self.database.read(|connection| work(passkeys::listed(connection, id))).await?)
    }

    /// Removes a passkey of an account, or all of them. Returns how many.
    ///
    /// # Errors
    /// [`AdminError`]; [`AdminError::NoPasskey`] if the account has none with this id.
    pub async fn remove_passkeys(
        &self,
        username: &Username,
        id: Option<&str>,
        now: UnixTime,
    ) -> Result<usize, AdminError> {
        let account = self.account(username).await?;
        let change = PasskeyChange::Removed;
        let mail = &Mail::PasskeyChanged { change, origin: Origin::operator(now) };
        let (account, policy) = (&account, &self.settings.mail);
        let write = self.database.write(|connection| {
            work(async move {
                let mut removed = passkeys::listed(&mut *connection, &account.id).await?;
                removed.retain(|passkey| id.is_none_or(|id| id == passkey.id));
                for passkey in &removed {
                    passkeys::remove_one(&mut *connection, (&account.id, &passkey.id)).await?;
                    let entry = Entry::operator(Event::PasskeyRemoved).of(&account.id, &account.username);
                    entry.detail(&passkey.name).write(&mut *connection, now).await?;
                }
                if !removed.is_empty() {
                    pending::end_all_of(&mut *connection, &account.id).await?;
                    outbox::mail(connection, policy, &account.id, mail, now).await?;
                }
                Ok::<_, DatabaseError>(removed.len())
            })
        });
        match (write.await?, id) {
            (0, Some(id)) => Err(AdminError::NoPasskey(id.to_owned())),
            (removed, _) => Ok(removed),
        }
    }

    /// Removes every passkey of every account, because they are bound to a name that this server no
    /// longer has. Returns how many there were.
    ///
    /// # Errors
    /// [`AdminError`].
    pub async fn remove_all_passkeys(&self, now: UnixTime) -> Result<u64, AdminError> {
        let write = self.database.write(|connection| {
            work(async move {
                let removed = passkeys::remove_all(&mut *connection).await?;
                let detail = format!("all: {removed}");
                Entry::operator(Event::PasskeyRemoved).detail(&detail).write(connection, now).await?;
                Ok::<_, DatabaseError>(removed)
            })
        });
        Ok(write.await?)
    }

    /// Why a server with these settings would offer no passkeys; `None` if it would.
    ///
    /// # Errors
    /// [`RelyingPartyCheckError`] if it would not start, because passkeys would be lost.
    pub async fn check_passkeys(&self) -> Result<Option<NoPasskeys>, RelyingPartyCheckError> {
        Ok(passkeys::relying_party(&self.settings, &self.database).await?.err())
    }
}
