//! An operator's changes to accounts and sessions without the HTTP API. Each change and its audit
//! event are written in one transaction. A running server learns of an ended session within a
//! second, as it does of sessions that other servers end.

mod accounts;
mod codes;
mod edit;
mod export;
mod export_file;
mod exported;
mod factors;
mod fields;
mod import;
mod import_error;
mod import_row;
mod line_factor;
mod lines;
mod passkeys;
mod personal_data;
mod webhooks;

use std::time::Duration;

use latchkey_token::UnixTime;

use crate::accounts::{
    AddAccountError, InvalidClaim, InvalidProfile, NameError, Role, Username, find_by_name,
};
use crate::audit::{self, Actor, AuditEvent, AuditFilter, Entry, Event};
use crate::database::{Database, DatabaseError, Limits, Opening, TransactionError, work};
use crate::issuer::{self, IssuerError};
use crate::passwords::{HashingPlan, PasswordError, Passwords};
use crate::people;
use crate::seal::SealRotationError;
use crate::sessions::{self, End, EndReason, ListedSession, Which};
use crate::settings::CoreSettings;

pub use crate::people::{AccountEdit, CodeOptions, Invitation, MakeCodeError};
pub use export::{ExportError, ExportOptions, Exported};
pub use export_file::ExportFile;
pub use exported::{ExportedAccount, ExportedFactor};
pub use import::{ImportEvent, ImportOptions, Imported};
pub use import_error::{ImportError, LineError};
pub use lines::Format;
pub use personal_data::{FactorData, MailData, NoticeData, PendingData, PersonalData, SessionData};

/// Creates the database of `settings` if it is missing, and brings its tables up to date. Returns
/// whether there was anything to do.
///
/// # Errors
/// [`DatabaseError`].
pub async fn migrate(settings: impl Into<CoreSettings>) -> Result<bool, DatabaseError> {
    let settings = settings.into();
    Database::migrate(&settings.database_url, &Limits::of(&settings)).await
}

/// Why an operator's change was not made. Nothing has changed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AdminError {
    /// No account has this name.
    #[error("there is no account with the user name {0}")]
    NoAccount(Username),
    /// No active session has this id.
    #[error("there is no living session with this id")]
    NoSession,
    /// The account does not have this role.
    #[error("the account {0} does not have the role {role}", role = .1.as_str())]
    NoRole(Username, Role),
    /// The account has no passkey with this id.
    #[error("the account has no passkey with the id {0}")]
    NoPasskey(String),
    /// The seal key was not rotated.
    #[error(transparent)]
    Seal(#[from] SealRotationError),
    /// A user name that another account has, or had.
    #[error(transparent)]
    Name(#[from] NameError),
    /// A name or address that cannot be shown in a line.
    #[error(transparent)]
    Profile(#[from] InvalidProfile),
    /// A claim that is not allowed.
    #[error(transparent)]
    Claim(#[from] InvalidClaim),
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

impl TransactionError for AdminError {
    fn database(&self) -> Option<&DatabaseError> {
        match self {
            Self::Database(error) => Some(error),
            _ => None,
        }
    }
}

/// An operator's access to the database.
pub struct Admin {
    settings: CoreSettings,
    database: Database,
    passwords: Passwords,
    reuses_names: bool,
}

impl Admin {
    /// Opens the database of `settings`. It must exist and be up to date.
    ///
    /// # Errors
    /// [`AdminError`].
    pub async fn open(settings: impl Into<CoreSettings>) -> Result<Self, AdminError> {
        Self::with(settings.into(), Opening::Existing).await
    }

    /// Opens the database of `settings`, creates it if it is missing, and brings it up to date.
    ///
    /// # Errors
    /// [`AdminError`].
    pub async fn create(settings: impl Into<CoreSettings>) -> Result<Self, AdminError> {
        Self::with(settings.into(), Opening::Create).await
    }

    async fn with(settings: CoreSettings, opening: Opening) -> Result<Self, AdminError> {
        let passwords =
            Passwords::new(&settings.passwords, &HashingPlan::of_this_process(&settings.passwords))?;
        let limits = Limits::of(&settings).with(2);
        let database = Database::open(&settings.database_url, &limits, opening).await?;
        Ok(Self { settings, database, passwords, reuses_names: false })
    }

    /// Whether accounts may get a name that another one had before it was renamed or removed. They
    /// may not at first: who has a name answers for what the audit log and other systems say of it.
    #[must_use]
    pub fn reusing_names(mut self, reuses: bool) -> Self {
        self.reuses_names = reuses;
        self
    }

    /// Closes the database. Waits for its answer for `database_timeout_seconds` at most.
    pub async fn close(self) {
        let limit = Duration::from_secs(self.settings.database_timeout_seconds);
        let _ = tokio::time::timeout(limit, self.database.close()).await;
    }

    /// The active sessions of an account, or of all accounts: the 200 with the latest contact.
    ///
    /// # Errors
    /// See [`AdminError`].
    pub async fn sessions(
        &self,
        username: Option<&Username>,
        now: UnixTime,
    ) -> Result<Vec<ListedSession>, AdminError> {
        let account = match username {
            Some(username) => Some(self.account(username).await?.id),
            None => None,
        };
        let (account, settings) = (account.as_deref(), (&self.settings.sessions, &self.settings.tokens));
        let list = self.database.read(|connection| work(sessions::list(connection, account, settings, now)));
        Ok(list.await?)
    }

    /// Ends a session.
    ///
    /// # Errors
    /// [`AdminError`].
    pub async fn end_session(&self, sid: &str, now: UnixTime) -> Result<(), AdminError> {
        let end = End::new(EndReason::Revoked, Entry::operator(Event::SessionEnded), now);
        let ended = self.database.write(|connection| work(sessions::end(connection, Which::One(sid), end)));
        match ended.await?.leave_to_servers() {
            0 => Err(AdminError::NoSession),
            _ => Ok(()),
        }
    }

    /// Ends every session of an account. Returns how many there were.
    ///
    /// # Errors
    /// [`AdminError`].
    pub async fn end_sessions(&self, username: &Username, now: UnixTime) -> Result<usize, AdminError> {
        let account = self.account(username).await?;
        let (account, why) = (&account, (EndReason::Revoked, None));
        let ended = self
            .database
            .write(|connection| work(people::end_sessions(connection, Actor::Operator, account, why, now)));
        Ok(ended.await?.leave_to_servers())
    }

    /// The audit log. The events of an account that was renamed or removed are found by its id, and
    /// by the name that it had.
    ///
    /// # Errors
    /// [`AdminError::NoAccount`] if no account has the filter's name and none in the log had it.
    pub async fn audit(&self, filter: &AuditFilter) -> Result<Vec<AuditEvent>, AdminError> {
        let mut ids: Option<Vec<String>> = filter.account_id.clone().map(|id| vec![id]);
        if let Some(name) = &filter.username {
            let named = self.accounts_named(name).await?;
            if named.is_empty() {
                return Err(AdminError::NoAccount(name.clone()));
            }
            ids = Some(match ids {
                Some(ids) => ids.into_iter().filter(|id| named.contains(id)).collect(),
                None => named,
            });
        }
        let (since, max) = (filter.since, filter.max);
        let read = async |id: Option<&str>| {
            self.database.read(|connection| work(audit::read(connection, id, since, max))).await
        };
        let Some(ids) = ids else { return Ok(read(None).await?) };
        let mut events = Vec::new();
        for id in &ids {
            events.extend(read(Some(id)).await?);
            // Of many accounts that had one name, no more are in memory than are asked for.
            events.sort_by_key(|event| event.at);
            let surplus = events.len().saturating_sub(usize::try_from(max).unwrap_or(usize::MAX));
            events.drain(..surplus);
        }
        Ok(events)
    }

    /// The ids of the account with this name and of those that had it before.
    async fn accounts_named(&self, name: &Username) -> Result<Vec<String>, AdminError> {
        let find = self.database.read(|connection| {
            work(async move {
                let mut ids = audit::accounts_once_named(&mut *connection, name).await?;
                if let Some(living) = find_by_name(connection, name).await?
                    && !ids.contains(&living.id)
                {
                    ids.push(living.id);
                }
                Ok(ids)
            })
        });
        Ok(find.await?)
    }

    /// The issuer that a server with these settings gives its tokens.
    ///
    /// # Errors
    /// [`IssuerError::Changed`] if the database's tokens have another one than the setting names.
    pub async fn issuer(&self) -> Result<String, IssuerError> {
        issuer::check(&self.settings, &self.database).await
    }

    /// Gives the tokens of this database another issuer, from the next start of its servers on.
    ///
    /// # Errors
    /// [`AdminError`].
    pub async fn change_issuer(&self, issuer: &str, now: UnixTime) -> Result<(), AdminError> {
        let entry = Entry::operator(Event::IssuerChanged).detail(issuer);
        let write = self.database.write(|connection| {
            work(async move {
                issuer::choose(&mut *connection, issuer).await?;
                entry.write(connection, now).await
            })
        });
        Ok(write.await?)
    }

    /// Records that an operator has changed the keys.
    ///
    /// # Errors
    /// [`AdminError`].
    pub async fn keys_changed(&self, change: KeyChange, kid: &str, now: UnixTime) -> Result<(), AdminError> {
        let event = match change {
            KeyChange::Published => Event::KeyPublished,
            KeyChange::Rotated => Event::KeyRotated,
            KeyChange::Retired => Event::KeyRetired,
        };
        let entry = Entry::operator(event).detail(kid);
        Ok(self.database.write(|connection| work(entry.write(connection, now))).await?)
    }
}

/// The change of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyChange {
    /// The next key was published.
    Published,
    /// The next key signs now.
    Rotated,
    /// A retired key was removed from the published keys.
    Retired,
}
