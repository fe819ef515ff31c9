//! The browser's part: what the page asks an authenticator for, and its answer. The challenge is
//! sealed in the row of the request, and taken out of it by the first answer, right or wrong.

use aws_lc_rs::rand;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use latchkey_token::{Thumbprint, UnixTime};
use serde_json::Value;

use super::rows::{self, Known};
use crate::accounts;
use crate::audit::{Entry, Event};
use crate::browser::{
    self, AuthenticatedBy, BrowserRequest, Ceremony, CompleteError, Failure, Outcome, PageError, Purpose,
    RequestError,
};
use crate::database::{DatabaseError, work};
use crate::notices::{self, Happened, Notice};
use crate::outbox::PasskeyChange;
use crate::seal::SealError;
use crate::service::Service;
use crate::sessions::DeviceLabel;
use crate::webauthn::{
    Assertion, CHALLENGE_BYTES, KnownCredential, NewUser, NoPasskeys, RelyingParty, USER_HANDLE_BYTES,
    WebauthnError, creation_options, register, request_options,
};

/// A browser that shows the page of a request.
#[derive(Clone, Copy, Debug)]
pub struct Visitor<'a> {
    /// The value of its cookie.
    pub cookie: &'a str,
    /// The address that it calls from; `None`: not known.
    pub address: Option<&'a str>,
    /// A name for a passkey that it makes, until the user chooses one.
    pub suggested_name: &'a str,
}

/// What has become of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answered {
    /// The browser's part is done.
    Finished,
    /// The account may not be used. The window shows it too.
    Failed(Failure),
    /// The answer breaks a rule.
    Refused(WebauthnError),
    /// No account here has the passkey: it was removed, or belongs to another server.
    Unknown,
    /// The passkey is an account's already.
    Known,
    /// Its counter went back. The owner is told.
    Suspicious,
}

/// Why the page cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum CeremonyError {
    /// This server offers no passkeys.
    #[error(transparent)]
    Unavailable(#[from] NoPasskeys),
    /// The request is over, or for something else.
    #[error(transparent)]
    Page(#[from] PageError),
    /// The request could not be completed.
    #[error(transparent)]
    Complete(#[from] CompleteError),
}

impl From<DatabaseError> for CeremonyError {
    fn from(error: DatabaseError) -> Self {
        Self::Page(error.into())
    }
}

impl From<SealError> for CeremonyError {
    fn from(error: SealError) -> Self {
        Self::Page(error.into())
    }
}

impl From<RequestError> for CeremonyError {
    fn from(error: RequestError) -> Self {
        Self::Page(error.into())
    }
}

/// Begins a ceremony: the options of `navigator.credentials.create` for a request to add a passkey,
/// and those of `navigator.credentials.get` for others. An earlier one of the request is over.
///
/// # Errors
/// [`CeremonyError`].
#[tracing::instrument(level = "debug", skip_all)]
pub async fn begin_ceremony(service: &Service, request: &BrowserRequest) -> Result<Value, CeremonyError> {
    let relying_party = service.relying_party.as_ref().map_err(|reason| *reason)?;
    let challenge = random::<CHALLENGE_BYTES>()?;
    let options = match request.purpose() {
        Purpose::SignIn | Purpose::Confirm { .. } => request_options(relying_party, &challenge),
        Purpose::AddPasskey { account_id, .. } => {
            creation(service, relying_party, account_id, &challenge).await?
        }
        Purpose::Link { .. } => return Err(PageError::Unknown.into()),
    };
    browser::begin_ceremony(service, request, Ceremony::Passkey { state: challenge }).await?;
    Ok(options)
}

async fn creation(
    service: &Service,
    relying_party: &RelyingParty,
    account_id: &str,
    challenge: &str,
) -> Result<Value, CeremonyError> {
    let fresh = random::<USER_HANDLE_BYTES>()?;
    let fresh = fresh.as_str();
    let write = service.database.write(|connection| {
        work(async move {
            let Some(account) = accounts::find(&mut *connection, account_id).await? else { return Ok(None) };
            let Some(handle) = rows::user_handle(&mut *connection, account_id, fresh).await? else {
                return Ok(None);
            };
            let present = rows::credential_ids(connection, account_id).await?;
            Ok::<_, DatabaseError>(Some((account, handle, present)))
        })
    });
    let (account, handle, present) = write.await?.ok_or(PageError::Unknown)?;
    let profile = account.profile();
    let names = [profile.given_name, profile.family_name];
    let names = names.into_iter().flatten().collect::<Vec<_>>().join(" ");
    let display_name = if names.is_empty() { account.username.as_str() } else { names.as_str() };
    let user = NewUser { handle: &handle, name: &account.username, display_name };
    Ok(creation_options(relying_party, user, challenge, &present))
}

/// Takes the answer of an authenticator: a new passkey waits for the device that has asked for it,
/// and an assertion authenticates the user.
///
/// # Errors
/// [`CeremonyError`].
#[tracing::instrument(level = "debug", skip_all)]
pub async fn answer_ceremony(
    service: &Service,
    visitor: Visitor<'_>,
    request: BrowserRequest,
    answer: &[u8],
) -> Result<Answered, CeremonyError> {
    let relying_party = service.relying_party.as_ref().map_err(|reason| *reason)?;
    let (request, ceremony) = browser::take_ceremony(service, request, visitor.cookie).await?;
    let Ceremony::Passkey { state: challenge } = ceremony else { return Err(PageError::Unknown.into()) };
    match request.purpose() {
        Purpose::AddPasskey { .. } => {
            let credential = match register(answer, &challenge, relying_party) {
                Ok(credential) => credential,
                Err(error) => return refuse(service, visitor, &request, None, error).await,
            };
            let id = credential.id.as_str();
            let known = service.database.read(|connection| work(rows::find(connection, id))).await?;
            if known.is_some() {
                return Ok(Answered::Known);
            }
            // Texts and numbers become JSON without an error.
            let json = serde_json::to_string(&credential).unwrap_or_default();
            browser::register(service, &request, json, visitor.suggested_name.to_owned()).await?;
            Ok(Answered::Finished)
        }
        Purpose::SignIn | Purpose::Confirm { .. } => {
            authenticate(service, visitor, &request, (answer, &challenge, relying_party)).await
        }
        Purpose::Link { .. } => Err(PageError::Unknown.into()),
    }
}

async fn authenticate(
    service: &Service,
    visitor: Visitor<'_>,
    request: &BrowserRequest,
    (answer, challenge, relying_party): (&[u8], &str, &RelyingParty),
) -> Result<Answered, CeremonyError> {
    let assertion = match Assertion::parse(answer) {
        Ok(assertion) => assertion,
        Err(error) => return refuse(service, visitor, request, None, error).await,
    };
    let id = &assertion.credential_id();
    let found = service.database.read(|connection| work(rows::find(connection, id))).await?;
    let Some(known) = found else {
        browser::fail(service, request, Failure::AccountUnknown).await?;
        return Ok(Answered::Unknown);
    };
    let stored = KnownCredential {
        public_key: &known.public_key,
        user_handle: &known.user_handle,
        counter: known.counter(),
        is_backup_eligible: known.is_backup_eligible(),
    };
    let signed = match assertion.verify(challenge, stored, relying_party) {
        Ok(signed) => signed,
        Err(error) => return refuse(service, visitor, request, Some(&known), error).await,
    };
    let (now, known) = (service.now(), &known);
    if signed.is_counter_back {
        suspect(service, visitor, request, known, now).await?;
        browser::fail(service, request, Failure::NotAllowed).await?;
        return Ok(Answered::Suspicious);
    }
    let used = (signed.counter, signed.is_backed_up);
    let write = service.database.write(|connection| work(rows::used(connection, known, used, now)));
    if !write.await? {
        // Removed, or used on another server, since it was read.
        return refuse(service, visitor, request, Some(known), WebauthnError::WrongSignature).await;
    }
    let by = AuthenticatedBy::Passkey { account_id: known.account_id.clone() };
    Ok(match browser::complete(service, request, by).await? {
        Outcome::Finished => Answered::Finished,
        Outcome::Failed(failure) => Answered::Failed(failure),
    })
}

/// Records an answer that breaks a rule.
async fn refuse(
    service: &Service,
    visitor: Visitor<'_>,
    request: &BrowserRequest,
    known: Option<&Known>,
    error: WebauthnError,
) -> Result<Answered, CeremonyError> {
    let (now, detail) = (service.now(), error.to_string());
    let entry = entry(Event::PasskeyRefused, visitor, request).detail(&detail);
    let entry = match (known, request.purpose().account_id()) {
        (Some(known), _) => entry.of(&known.account_id, &known.username),
        (None, Some(account_id)) => Entry { account_id: Some(account_id), ..entry },
        (None, None) => entry,
    };
    service.database.write(|connection| work(entry.write(connection, now))).await?;
    browser::fail(service, request, Failure::NotAllowed).await?;
    tracing::info!(%error, "the answer of an authenticator was refused");
    Ok(Answered::Refused(error))
}

/// Marks a passkey whose counter went back, and tells its owner.
async fn suspect(
    service: &Service,
    visitor: Visitor<'_>,
    request: &BrowserRequest,
    known: &Known,
    now: UnixTime,
) -> Result<(), DatabaseError> {
    let entry = entry(Event::PasskeySuspicious, visitor, request);
    let entry = entry.of(&known.account_id, &known.username);
    let jkt = request.row.jkt.as_deref().and_then(Thumbprint::parse);
    let label: DeviceLabel = request.label();
    let notice = Notice {
        what: Happened::PasskeyChanged(PasskeyChange::Suspicious),
        account_id: &known.account_id,
        sid: None,
        jkt: jkt.as_ref(),
        address: visitor.address,
        label: &label,
        at: now,
    };
    let (notice, policy) = (&notice, &service.mail);
    let write = service.database.write(|connection| {
        work(async move {
            rows::mark_suspicious(&mut *connection, &known.id, now).await?;
            entry.write(&mut *connection, now).await?;
            notices::write(connection, policy, notice).await
        })
    });
    write.await?;
    tracing::warn!(account = known.account_id, "the counter of a passkey went back: there may be a copy");
    Ok(())
}

/// An audit entry about the device that has asked, from the browser's address.
fn entry<'a>(event: Event, visitor: Visitor<'a>, request: &'a BrowserRequest) -> Entry<'a> {
    Entry::person(event, request.row.device_id.as_deref().unwrap_or_default(), visitor.address)
}

/// A random text of `N` bytes, in base64url.
fn random<const N: usize>() -> Result<String, SealError> {
    let mut bytes = [0; N];
    rand::fill(&mut bytes).map_err(|_| SealError::Failed)?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}
