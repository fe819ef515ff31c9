//! The browser's part: a ticket becomes a cookie, the cookie finds the request, and the page moves
//! it on. Refuses what another change has overtaken.

use aws_lc_rs::constant_time::verify_slices_are_equal;
use latchkey_token::UnixTime;
use zeroize::Zeroizing;

use super::begin::{Secret, hash, hashes, random};
use super::contents::{Ceremony, Failure, Stage};
use super::request::{BrowserRequest, RequestError};
use super::result;
use crate::database::{DatabaseError, work};
use crate::pending::{self, Pending};
use crate::seal::SealError;
use crate::service::Service;

/// Maximum length of a ticket or cookie that is looked up, in bytes.
const MAX_SECRET_BYTES: usize = 64;

/// What the token of a form is for.
const FORM: &[u8] = b"browser form";

/// Why a page cannot be shown.
#[derive(Debug, thiserror::Error)]
pub enum PageError {
    /// No open request belongs to the ticket or cookie.
    #[error("no open request")]
    Unknown,
    /// The request could not be read or changed.
    #[error(transparent)]
    Request(#[from] RequestError),
}

impl From<SealError> for PageError {
    fn from(error: SealError) -> Self {
        Self::Request(error.into())
    }
}

impl From<DatabaseError> for PageError {
    fn from(error: DatabaseError) -> Self {
        Self::Request(error.into())
    }
}

/// A browser has opened a request.
#[derive(Debug)]
#[non_exhaustive]
pub struct Opened {
    /// The value of its cookie: 43 characters.
    pub cookie: Zeroizing<String>,
    /// How long it lives, in seconds.
    pub seconds: i64,
}

/// Exchanges a ticket for a cookie. A ticket is good once.
///
/// # Errors
/// [`PageError`].
#[tracing::instrument(level = "debug", skip_all)]
pub async fn open(service: &Service, ticket: &str) -> Result<Opened, PageError> {
    let now = service.now();
    let (request, code_hash) = find(service, Secret::Ticket, ticket, now).await?;
    let cookie = random::<32>()?;
    let to = hash(&service.seal, Secret::Cookie, &cookie)?;
    let stage = Stage::Opened { is_allowed: false, ceremony: None, failure: None };
    let change = request.change(service, stage, request.row.expires_at)?;
    let (id, texts, sealed) = (request.id(), (code_hash.as_str(), to.as_str()), change.sealed());
    let write =
        service.database.write(|connection| work(pending::exchange_code(connection, id, texts, sealed, now)));
    match write.await? {
        true => Ok(Opened { cookie, seconds: request.row.expires_at.since(now) }),
        false => Err(PageError::Unknown),
    }
}

/// The open request of a browser's cookie.
///
/// # Errors
/// [`PageError`].
pub async fn find_by_cookie(service: &Service, cookie: &str) -> Result<BrowserRequest, PageError> {
    Ok(find(service, Secret::Cookie, cookie, service.now()).await?.0)
}

async fn find(
    service: &Service,
    secret: Secret,
    text: &str,
    now: UnixTime,
) -> Result<(BrowserRequest, String), PageError> {
    if text.is_empty() || text.len() > MAX_SECRET_BYTES {
        return Err(PageError::Unknown);
    }
    for hash in hashes(&service.seal, secret, text)? {
        let code = hash.as_str();
        let row: Option<Pending> =
            service.database.read(|connection| work(pending::find_by_code(connection, code))).await?;
        let Some(row) = row.filter(|row| row.spent_at.is_none() && now < row.expires_at) else { continue };
        if let Some(request) = BrowserRequest::of(service, row)? {
            return Ok((request, hash));
        }
    }
    Err(PageError::Unknown)
}

/// The user says that the request is their own.
///
/// # Errors
/// [`RequestError`].
pub async fn allow(service: &Service, request: &BrowserRequest) -> Result<(), RequestError> {
    let Stage::Opened { failure, .. } = request.contents.stage else { return Err(RequestError::Changed) };
    let stage = Stage::Opened { is_allowed: true, ceremony: None, failure };
    request.go_on(service, stage, service.now()).await
}

/// The user says no. The request is over.
///
/// # Errors
/// [`RequestError`].
pub async fn refuse(service: &Service, request: &BrowserRequest) -> Result<(), RequestError> {
    match request.contents.stage {
        Stage::Waiting | Stage::Opened { .. } => {
            request.go_on(service, Stage::Refused, service.now()).await?;
            tracing::info!("a request to a browser was refused by its user");
            Ok(())
        }
        _ => Err(RequestError::Changed),
    }
}

/// Remembers what the browser's part waits for. An earlier one can no longer be answered.
///
/// # Errors
/// [`RequestError`]; [`RequestError::Changed`] also if the user may not authenticate now.
pub async fn begin_ceremony(
    service: &Service,
    request: &BrowserRequest,
    ceremony: Ceremony,
) -> Result<(), RequestError> {
    match request.is_allowed() {
        true => {
            let stage = Stage::Opened { is_allowed: true, ceremony: Some(ceremony), failure: None };
            request.go_on(service, stage, service.now()).await
        }
        false => Err(RequestError::Changed),
    }
}

/// Takes what the browser's part waits for: it can be answered once, whatever the answer is.
/// Returns the request as it is then.
///
/// # Errors
/// [`PageError`]; [`PageError::Unknown`] if it waits for nothing.
pub async fn take_ceremony(
    service: &Service,
    request: BrowserRequest,
    cookie: &str,
) -> Result<(BrowserRequest, Ceremony), PageError> {
    let Stage::Opened { is_allowed, ceremony: Some(ceremony), .. } = request.contents.stage.clone() else {
        return Err(PageError::Unknown);
    };
    let stage = Stage::Opened { is_allowed, ceremony: None, failure: None };
    request.go_on(service, stage, service.now()).await?;
    Ok((find_by_cookie(service, cookie).await?, ceremony))
}

/// Records why an attempt failed. The user may try again.
///
/// # Errors
/// [`RequestError`].
pub async fn fail(service: &Service, request: &BrowserRequest, failure: Failure) -> Result<(), RequestError> {
    let Stage::Opened { is_allowed, .. } = request.contents.stage else { return Err(RequestError::Changed) };
    let stage = Stage::Opened { is_allowed, ceremony: None, failure: Some(failure) };
    request.go_on(service, stage, service.now()).await?;
    tracing::info!(reason = failure.as_str(), "an attempt in a browser failed");
    Ok(())
}

/// The result of a request that is finished: for the link to the device, or to be typed there.
///
/// # Errors
/// [`PageError`]; [`PageError::Unknown`] if it is not finished.
pub fn shown_result(service: &Service, request: &BrowserRequest) -> Result<Zeroizing<String>, PageError> {
    match request.contents.stage {
        Stage::Authenticated(_) | Stage::Registered(_) => {
            Ok(result::of(&service.seal, request.id(), request.mode())?)
        }
        _ => Err(PageError::Unknown),
    }
}

/// What a form of the page repeats, so that it is of the same browser and the same request: a
/// cookie of a later request does not fit a form of an earlier one.
///
/// # Errors
/// [`SealError`].
pub fn form_token(service: &Service, cookie: &str) -> Result<String, SealError> {
    service.seal.mac_text(&[FORM, cookie.as_bytes()])
}

/// Whether a form is of the browser with this cookie.
///
/// # Errors
/// [`SealError`].
pub fn is_form_token(service: &Service, cookie: &str, given: &str) -> Result<bool, SealError> {
    let tokens = service.seal.mac_texts(&[FORM, cookie.as_bytes()])?;
    Ok(tokens.iter().any(|token| verify_slices_are_equal(token.as_bytes(), given.as_bytes()).is_ok()))
}

/// The provider that a request waits for, and the value that its answer must repeat.
#[must_use]
pub fn pending_state(request: &BrowserRequest) -> Option<(&str, &str)> {
    match &request.contents.stage {
        Stage::Opened { ceremony: Some(Ceremony::Provider { provider, state, .. }), .. } => {
            Some((provider, state))
        }
        _ => None,
    }
}

/// Whether two secrets are the same, in constant time.
#[must_use]
pub fn is_same_text(one: &str, other: &str) -> bool {
    verify_slices_are_equal(one.as_bytes(), other.as_bytes()).is_ok()
}
