//! The browser's part is done: the user is authenticated, and the result is made. Decides whether
//! the account may be used for this request.

use latchkey_token::{Thumbprint, UnixTime};

use super::contents::{Failure, Identity, Mode, NewCredential, Purpose, Stage};
use super::page;
use super::request::{BrowserRequest, RequestError};
use super::{LINK_SECONDS, NAMING_SECONDS, TYPED_SECONDS};
use crate::accounts::{self, Account};
use crate::database::{DatabaseError, TransactionError, work};
use crate::pending;
use crate::proven::Proven;
use crate::providers::{self, ProviderIdentity, ResolveError};
use crate::seal::SealError;
use crate::service::Service;
use crate::sessions;
use crate::settings::OtherDevice;

/// How far the clocks of two servers may differ, in seconds.
const LEEWAY_SECONDS: i64 = 60;

/// By what the browser's part has authenticated the user.
#[derive(Clone, Debug)]
pub enum AuthenticatedBy {
    /// By a provider: a verified ID token.
    Provider(Box<ProviderIdentity>),
    /// By a passkey with user verification, which counts for both factors.
    Passkey {
        /// The account of the passkey.
        account_id: String,
    },
}

/// What has become of the browser's part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The result is made.
    Finished,
    /// It is recorded why not; the user may try again.
    Failed(Failure),
}

/// Why it could not be completed.
#[derive(Debug, thiserror::Error)]
pub enum CompleteError {
    /// The request could not be read or changed.
    #[error(transparent)]
    Request(#[from] RequestError),
    /// The account could not be found or made.
    #[error(transparent)]
    Resolve(#[from] ResolveError),
}

impl From<DatabaseError> for CompleteError {
    fn from(error: DatabaseError) -> Self {
        Self::Request(error.into())
    }
}

impl From<SealError> for CompleteError {
    fn from(error: SealError) -> Self {
        Self::Request(error.into())
    }
}

impl TransactionError for CompleteError {
    fn database(&self) -> Option<&DatabaseError> {
        match self {
            Self::Request(error) => error.database(),
            Self::Resolve(error) => error.database(),
        }
    }
}

/// Completes the browser's part of a request.
///
/// # Errors
/// [`CompleteError`].
#[tracing::instrument(level = "debug", skip_all)]
pub async fn complete(
    service: &Service,
    request: &BrowserRequest,
    by: AuthenticatedBy,
) -> Result<Outcome, CompleteError> {
    let now = service.now();
    if !request.is_allowed() || matches!(request.purpose(), Purpose::AddPasskey { .. }) {
        return Err(RequestError::Changed.into());
    }
    let found = match by {
        AuthenticatedBy::Passkey { account_id } => passkey(service, account_id, now).await?,
        AuthenticatedBy::Provider(identity) => {
            providers::resolve(service, request.purpose(), *identity, now).await?
        }
    };
    let checked = match found {
        Ok((account, identity)) => {
            check(service, request, &account, &identity, now).await?.map_or(Ok(identity), Err)
        }
        Err(failure) => Err(failure),
    };
    match checked {
        Ok(identity) => {
            let account_id = identity.account_id.clone();
            finish(service, request, Stage::Authenticated(identity), Some(&account_id), now).await?;
            tracing::info!(account = account_id, "the browser's part of a request is done");
            Ok(Outcome::Finished)
        }
        Err(failure) => {
            page::fail(service, request, failure).await?;
            Ok(Outcome::Failed(failure))
        }
    }
}

/// Completes the browser's part of a new passkey. `json` is sealed with the request until the
/// device sends the result; nothing counts before.
///
/// # Errors
/// [`CompleteError`].
#[tracing::instrument(level = "debug", skip_all)]
pub async fn register(
    service: &Service,
    request: &BrowserRequest,
    json: String,
    suggested_name: String,
) -> Result<(), CompleteError> {
    if !request.is_allowed() || !matches!(request.purpose(), Purpose::AddPasskey { .. }) {
        return Err(RequestError::Changed.into());
    }
    let stage = Stage::Registered(NewCredential { json, suggested_name });
    finish(service, request, stage, None, service.now()).await
}

async fn finish(
    service: &Service,
    request: &BrowserRequest,
    stage: Stage,
    account_id: Option<&str>,
    now: UnixTime,
) -> Result<(), CompleteError> {
    let seconds = match (request.mode(), &stage) {
        (_, Stage::Registered(_)) => NAMING_SECONDS,
        (Mode::Here { .. }, _) => LINK_SECONDS,
        (Mode::Other, _) => TYPED_SECONDS,
    };
    let change = &request.change(service, stage, now.plus(seconds))?;
    let write = service.database.write(|connection| {
        work(async move {
            if !change.write(&mut *connection, now).await? {
                return Err(RequestError::Changed);
            }
            if let Some(account_id) = account_id {
                pending::set_account(connection, request.id(), account_id).await?;
            }
            Ok(())
        })
    });
    Ok(write.await?)
}

async fn passkey(
    service: &Service,
    account_id: String,
    now: UnixTime,
) -> Result<Result<(Account, Identity), Failure>, CompleteError> {
    let id = account_id.as_str();
    let account = service.database.read(|connection| work(accounts::find(connection, id))).await?;
    let Some(account) = account else { return Ok(Err(Failure::AccountUnknown)) };
    let Proven { acr, amr } = Proven::passkey();
    let identity = Identity {
        account_id,
        acr,
        amr,
        is_both_factors: true,
        auth_time: Some(now),
        by: None,
        link: None,
        grant: None,
    };
    Ok(Ok((account, identity)))
}

/// Why the account may not be used for this request; `None` if it may.
async fn check(
    service: &Service,
    request: &BrowserRequest,
    account: &Account,
    identity: &Identity,
    now: UnixTime,
) -> Result<Option<Failure>, DatabaseError> {
    if account.is_disabled() {
        return Ok(Some(Failure::AccountDisabled));
    }
    if request.purpose().account_id().is_some_and(|id| id != account.id) {
        let is_link = matches!(request.purpose(), Purpose::Link { .. });
        return Ok(Some(if is_link { Failure::LinkedElsewhere } else { Failure::NotAllowed }));
    }
    // The provider was asked to authenticate the user anew (OpenID Connect Core 1.0 §3.1.2.1,
    // `max_age`). For a confirmation it has to say that it did. For a link it must not say that it
    // did not: another person may be signed in there in this browser.
    let since = request.began_at().plus(-LEEWAY_SECONDS);
    let is_new = identity.auth_time.map(|at| at >= since && at <= now.plus(LEEWAY_SECONDS));
    let is_refused = match request.purpose() {
        Purpose::Confirm { .. } => is_new != Some(true),
        Purpose::Link { .. } => is_new == Some(false),
        Purpose::SignIn | Purpose::AddPasskey { .. } => false,
    };
    if is_refused {
        return Ok(Some(Failure::ProviderRefused));
    }
    if matches!(request.purpose(), Purpose::Confirm { .. }) {
        // A confirmation is by the strongest that the account has.
        if account.has_factor && !identity.is_both_factors {
            return Ok(Some(Failure::NotAllowed));
        }
    }
    if request.mode() != Mode::Other {
        return Ok(None);
    }
    if account.role.is_some() {
        return Ok(Some(Failure::NotAllowed));
    }
    let is_known = match service.browser.other_device {
        OtherDevice::On => true,
        OtherDevice::Off => false,
        OtherDevice::Known => {
            let jkt = request.row.jkt.as_deref().and_then(Thumbprint::parse);
            match &jkt {
                Some(jkt) => {
                    let id = account.id.as_str();
                    let read = service
                        .database
                        .read(|connection| work(sessions::has_key(connection, id, jkt, None)));
                    read.await?
                }
                None => false,
            }
        }
    };
    Ok((!is_known).then_some(Failure::NotAllowed))
}
