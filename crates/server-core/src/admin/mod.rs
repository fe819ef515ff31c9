//! What an operator does to accounts and sessions, past the HTTP API. Each act and its audit event are written together. A
//! running server sees the end of a session within a second, as it sees those of other servers.

mod accounts;
mod import;
mod lines;

use latchkey_token::UnixTime;

use crate::accounts::{AddAccountError, Username};
use crate::audit::{self, AuditEvent, AuditFilter, Entry, Event};
use crate::database::{Database, DatabaseError};
use crate::passwords::{PasswordError, Passwords};
use crate::sessions::{self, EndReason, ListedSession};
use crate::settings::CoreSettings;

pub use import::{ImportError, Imported, LineError};
pub use lines::Format;

/// Why an operator's act was not done. Nothing is changed then.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AdminError {
    /// No account has this name.
    #[error("there is no account with the user name {0}")]
    NoAccount(Username),
    /// No living session has this id.
    #[error("there is no living session with this id")]
    NoSession,
    /// An account that cannot be added.
    #[error(transparent)]
    Add(#[from] AddAccountError),
    /// A password that cannot be set.
    #[error(transparent)]
    Password(#[from] PasswordError),
    /// The database.
    #[error(transparent)]
    Database(#[from] DatabaseError),
}

impl From<sqlx::Error> for AdminError {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error.into())
    }
}

/// An operator's hand on the database.
pub struct Admin {
    settings: CoreSettings,
    database: Database,
    passwords: Passwords,
}

impl Admin {
    /// Opens the database of `settings`, makes it if it is missing, and brings it up to date.
    ///
    /// # Errors
    /// [`AdminError`].
    pub async fn open(settings: impl Into<CoreSettings>) -> Result<Self, AdminError> {
        let settings = settings.into();
        let passwords = Passwords::new(&settings.passwords)?;
        let database = Database::open(&settings.database_url, 2).await?;
        Ok(Self { settings, database, passwords })
    }

    /// Lets go of the database.
    pub async fn close(self) {
        self.database.close().await;
    }

    /// The living sessions of an account, or of all: the 200 last seen.
    ///
    /// # Errors
    /// [`AdminError`].
    pub async fn sessions(
        &self,
        username: Option<&Username>,
        now: UnixTime,
    ) -> Result<Vec<ListedSession>, AdminError> {
        let account = match username {
            Some(username) => Some(self.account(username).await?.id),
            None => None,
        };
        let settings = (&self.settings.sessions, &self.settings.tokens);
        Ok(sessions::list(&self.database, account.as_deref(), settings, now).await?)
    }

    /// Ends a session.
    ///
    /// # Errors
    /// [`AdminError`].
    pub async fn end_session(&self, sid: &str, now: UnixTime) -> Result<(), AdminError> {
        let mut transaction = self.database.begin().await?;
        let ended = sessions::end(&mut transaction, sid, EndReason::Revoked, now).await?;
        let account_id = ended.ok_or(AdminError::NoSession)?;
        let entry = Entry::operator(Event::SessionEnded).account(&account_id).session(sid);
        entry.write(&mut transaction, now).await?;
        Ok(transaction.commit().await?)
    }

    /// Ends every session of an account, and tells how many there were.
    ///
    /// # Errors
    /// [`AdminError`].
    pub async fn end_sessions(&self, username: &Username, now: UnixTime) -> Result<usize, AdminError> {
        let account = self.account(username).await?;
        let mut transaction = self.database.begin().await?;
        let ended = sessions::end_of_account(&mut transaction, &account.id, EndReason::Revoked, now).await?;
        for sid in &ended {
            let entry = Entry::operator(Event::SessionEnded).of(&account.id, &account.username).session(sid);
            entry.write(&mut transaction, now).await?;
        }
        transaction.commit().await?;
        Ok(ended.len())
    }

    /// The audit log.
    ///
    /// # Errors
    /// [`AdminError`].
    pub async fn audit(&self, filter: &AuditFilter) -> Result<Vec<AuditEvent>, AdminError> {
        Ok(audit::read(&self.database, filter).await?)
    }

    /// Writes down that an operator has changed the keys.
    ///
    /// # Errors
    /// [`AdminError`].
    pub async fn keys_changed(&self, change: KeyChange, kid: &str, now: UnixTime) -> Result<(), AdminError> {
        let event = match change {
            KeyChange::Published => Event::KeyPublished,
            KeyChange::Rotated => Event::KeyRotated,
            KeyChange::Retired => Event::KeyRetired,
        };
        let mut transaction = self.database.begin().await?;
        Entry::operator(event).detail(kid).write(&mut transaction, now).await?;
        Ok(transaction.commit().await?)
    }
}

/// What was done to a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyChange {
    /// The next key was published.
    Published,
    /// It signs from now on.
    Rotated,
    /// A retired key was taken out of publication.
    Retired,
}
