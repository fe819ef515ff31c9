//! A request as it was read: its row, and what is sealed in it. Owns the reading, the sealing and
//! the one way to change it.

use latchkey_token::UnixTime;
use sqlx::AnyConnection;
use zeroize::Zeroizing;

use super::contents::{Contents, Failure, Mode, Purpose, RequestState, Stage, Way};
use crate::database::{DatabaseError, TransactionError, work};
use crate::language::Language;
use crate::pending::{self, Kind, Pending};
use crate::seal::SealError;
use crate::service::Service;
use crate::sessions::DeviceLabel;

/// A request, as it was when it was read.
#[derive(Clone, Debug)]
pub struct BrowserRequest {
    pub(crate) row: Pending,
    pub(crate) contents: Contents,
    /// The sealed text that `contents` was opened from.
    sealed: String,
}

/// Why a request could not be read or changed.
#[derive(Debug, thiserror::Error)]
pub enum RequestError {
    /// It is over, or another change was first.
    #[error("the request is over or has changed")]
    Changed,
    /// It could not be sealed or opened.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// The database.
    #[error(transparent)]
    Database(#[from] DatabaseError),
}

impl TransactionError for RequestError {
    fn database(&self) -> Option<&DatabaseError> {
        match self {
            Self::Database(error) => Some(error),
            Self::Changed | Self::Seal(_) => None,
        }
    }
}

/// A change that is sealed and not stored yet.
pub(crate) struct Change<'a> {
    request: &'a BrowserRequest,
    sealed: String,
    expires_at: UnixTime,
}

impl BrowserRequest {
    /// Reads what a row remembers; `None` if it is no request to a browser, or remembers nothing
    /// any more.
    pub(crate) fn of(service: &Service, row: Pending) -> Result<Option<Self>, SealError> {
        if row.kind != Kind::Browser {
            return Ok(None);
        }
        let Some(sealed) = row.extra.clone() else { return Ok(None) };
        let text = service.seal.open_sealed(&about(&row.id), &sealed)?;
        Ok(serde_json::from_slice(&text).ok().map(|contents| Self { row, contents, sealed }))
    }

    /// Its id. It identifies the request and is no secret of the browser.
    pub fn id(&self) -> &str {
        &self.row.id
    }

    /// What it is for.
    pub fn purpose(&self) -> &Purpose {
        &self.contents.purpose
    }

    /// Where the browser is.
    pub fn mode(&self) -> Mode {
        self.contents.mode
    }

    /// How the user has chosen to authenticate, in the window.
    pub fn way(&self) -> Option<&Way> {
        self.contents.way.as_ref()
    }

    /// The language of the window.
    pub fn language(&self) -> Option<Language> {
        self.contents.language
    }

    /// How the device that asks describes itself: a text that anybody can choose.
    pub fn label(&self) -> DeviceLabel {
        self.contents.label()
    }

    /// The same, fit to be shown between quotation marks.
    pub fn quoted_label(&self) -> DeviceLabel {
        self.contents.label().quoted()
    }

    /// The address that it asks from.
    pub fn address(&self) -> Option<&str> {
        self.contents.address.as_deref()
    }

    /// When it began.
    pub fn began_at(&self) -> UnixTime {
        self.row.created_at
    }

    /// When it is over.
    pub fn expires_at(&self) -> UnixTime {
        self.row.expires_at
    }

    /// Whether the user is to choose an account at the provider.
    pub fn selects_account(&self) -> bool {
        self.contents.select_account
    }

    /// How it stands.
    pub fn state(&self) -> RequestState {
        self.contents.state()
    }

    /// Whether the user may authenticate now: on another device only after saying that the request
    /// is their own.
    pub fn is_allowed(&self) -> bool {
        let said = matches!(self.contents.stage, Stage::Opened { is_allowed: true, .. });
        said || (self.mode() != Mode::Other && matches!(self.contents.stage, Stage::Opened { .. }))
    }

    /// The last attempt's failure.
    pub fn failure(&self) -> Option<Failure> {
        match self.state() {
            RequestState::Failed(failure) => Some(failure),
            _ => None,
        }
    }

    /// Seals another stage.
    pub(crate) fn change<'a>(
        &'a self,
        service: &Service,
        stage: Stage,
        expires_at: UnixTime,
    ) -> Result<Change<'a>, SealError> {
        let contents = Contents { stage, ..self.contents.clone() };
        Ok(Change { request: self, sealed: seal(service, self.id(), &contents)?, expires_at })
    }

    /// Stores another stage.
    ///
    /// # Errors
    /// [`RequestError::Changed`] if it is over, or not as it was read.
    pub(super) async fn go_on(
        &self,
        service: &Service,
        stage: Stage,
        now: UnixTime,
    ) -> Result<(), RequestError> {
        let change = &self.change(service, stage, self.row.expires_at)?;
        let write = service.database.write(|connection| work(change.write(connection, now)));
        match write.await? {
            true => Ok(()),
            false => Err(RequestError::Changed),
        }
    }
}

impl Change<'_> {
    /// What is stored.
    pub(crate) fn sealed(&self) -> &str {
        &self.sealed
    }

    /// Returns `false` if the request is over, or not as it was read.
    pub(crate) async fn write(
        &self,
        connection: &mut AnyConnection,
        now: UnixTime,
    ) -> Result<bool, DatabaseError> {
        let texts = (self.request.sealed.as_str(), self.sealed.as_str());
        pending::swap(connection, self.request.id(), texts, self.expires_at, now).await
    }
}

/// Seals what a request remembers.
pub(super) fn seal(service: &Service, id: &str, contents: &Contents) -> Result<String, SealError> {
    // Texts and numbers become JSON without an error.
    let text = Zeroizing::new(serde_json::to_vec(contents).unwrap_or_default());
    service.seal.seal(&about(id), &text)
}

fn about(id: &str) -> String {
    format!("{id} browser")
}
