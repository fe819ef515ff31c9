//! The device asks how its request stands, and cancels it. Returns no secret.

use std::future::Future;
use std::pin::pin;
use std::time::Duration;

use latchkey_token::proof::VerifiedProof;
use latchkey_token::{Thumbprint, UnixTime};
use tokio::time::{Instant, sleep, sleep_until};

use super::contents::{RequestState, Stage};
use super::request::{BrowserRequest, RequestError};
use crate::database::{DatabaseError, work};
use crate::password_check::Caller;
use crate::pending;
use crate::proofs::ConsumeError;
use crate::seal::SealError;
use crate::service::Service;

/// How long a poll waits for another state.
const WAIT: Duration = Duration::from_secs(25);

/// How often it looks: another server may have changed the request.
const LOOK: Duration = Duration::from_millis(500);

/// How a request stands.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Polled {
    /// The state.
    pub state: RequestState,
    /// How long the request lives from now, in seconds.
    pub expires_in: i64,
    /// A name for the passkey that was made.
    pub suggested_name: Option<String>,
}

/// Why it cannot be said.
#[derive(Debug, thiserror::Error)]
pub enum PollError {
    /// No open request of this device and key has this id.
    #[error("the request is unknown")]
    Unknown,
    /// The proof of the request cannot be used.
    #[error(transparent)]
    Proof(#[from] ConsumeError),
    /// It could not be opened.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// The database.
    #[error(transparent)]
    Database(#[from] DatabaseError),
}

impl From<RequestError> for PollError {
    fn from(error: RequestError) -> Self {
        match error {
            RequestError::Changed => Self::Unknown,
            RequestError::Seal(error) => Self::Seal(error),
            RequestError::Database(error) => Self::Database(error),
        }
    }
}

/// How a request stands: at once if that is not `seen`, else when it changes, after 25 seconds, or
/// when `stop` is ready. The proof is consumed.
///
/// # Errors
/// [`PollError`].
#[tracing::instrument(level = "debug", skip_all)]
pub async fn poll(
    service: &Service,
    caller: &Caller,
    proof: &VerifiedProof,
    request: &str,
    seen: Option<&str>,
    stop: impl Future<Output = ()>,
) -> Result<Polled, PollError> {
    let mut found = own(service, request, (caller, &proof.jkt)).await?;
    // Only for a request of its own, so that a flood cannot fill the replay cache.
    service.proofs.consume(proof, service.now()).await?;
    // Without a place the answer comes early, and the device asks again after the interval.
    let place = service.browser_polls.try_acquire();
    let (deadline, mut stop) = (Instant::now() + WAIT, pin!(stop));
    loop {
        let state = found.state();
        let is_over = Instant::now() >= deadline || place.is_err();
        if seen != Some(state.as_str()) || is_over {
            let suggested_name = match &found.contents.stage {
                Stage::Registered(new) => Some(new.suggested_name.clone()),
                _ => None,
            };
            let expires_in = found.expires_at().since(service.now());
            return Ok(Polled { state, expires_in, suggested_name });
        }
        let is_stopped = tokio::select! {
            () = sleep(LOOK) => false,
            () = sleep_until(deadline) => false,
            () = &mut stop => true,
        };
        found = own(service, request, (caller, &proof.jkt)).await?;
        if is_stopped {
            let expires_in = found.expires_at().since(service.now());
            return Ok(Polled { state: found.state(), expires_in, suggested_name: None });
        }
    }
}

/// Ends a request of the device, if it is open. The proof is consumed.
///
/// # Errors
/// [`PollError`], but never that it is unknown.
#[tracing::instrument(level = "debug", skip_all)]
pub async fn cancel(
    service: &Service,
    caller: &Caller,
    proof: &VerifiedProof,
    request: &str,
) -> Result<(), PollError> {
    let now = service.now();
    let found = match own(service, request, (caller, &proof.jkt)).await {
        Err(PollError::Unknown) => return Ok(()),
        found => found?,
    };
    service.proofs.consume(proof, now).await?;
    let id = found.id();
    service.database.write(|connection| work(pending::spend(connection, id, None, now))).await?;
    tracing::info!("a request to a browser was cancelled");
    Ok(())
}

/// The open request of a device.
async fn own(service: &Service, id: &str, who: (&Caller, &Thumbprint)) -> Result<BrowserRequest, PollError> {
    let now: UnixTime = service.now();
    let row = find(service, id, who).await?.ok_or(PollError::Unknown)?;
    if row.spent_at.is_some() || now >= row.expires_at {
        return Err(PollError::Unknown);
    }
    BrowserRequest::of(service, row)?.ok_or(PollError::Unknown)
}

/// The row of a device's request, also if it is over.
pub(super) async fn find(
    service: &Service,
    id: &str,
    (caller, jkt): (&Caller, &Thumbprint),
) -> Result<Option<pending::Pending>, DatabaseError> {
    let row = service.database.read(|connection| work(pending::find(connection, id))).await?;
    Ok(row.filter(|row| {
        row.kind == pending::Kind::Browser
            && row.jkt.as_deref() == Some(jkt.as_str())
            && row.device_id.as_deref() == Some(caller.device_id.as_str())
    }))
}
