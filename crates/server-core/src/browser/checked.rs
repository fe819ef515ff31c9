//! The device brings the result of a request. Refuses another device or key, and a result that is
//! not this request's; counts wrong ones.

use latchkey_token::proof::VerifiedProof;
use latchkey_token::{Thumbprint, UnixTime};
use sqlx::AnyConnection;

use super::contents::{Identity, Stage};
use super::poll::find;
use super::request::{BrowserRequest, RequestError};
use super::{MAX_TRIES, result};
use crate::challenge::NextStep;
use crate::database::{DatabaseError, TransactionError, work};
use crate::keys::SignError;
use crate::password_check::Caller;
use crate::pending::{self, Pending};
use crate::proofs::ConsumeError;
use crate::provider_sessions::HeldBy;
use crate::seal::SealError;
use crate::service::Service;
use crate::session_start::StartError;

/// Why a request is not finished.
#[derive(Debug, thiserror::Error)]
pub enum FinishError {
    /// No open request of this device and key has this id.
    #[error("the request is unknown")]
    Unknown,
    /// The result is wrong, or the browser's part is not done.
    #[error("the result is wrong")]
    WrongResult {
        /// How many tries the request has left.
        tries_left: i64,
    },
    /// More has to be proven before there is a session.
    #[error("a second step is needed")]
    Next(NextStep),
    /// An operator has disabled the account.
    #[error("the account is disabled")]
    AccountDisabled,
    /// The session of the request has ended.
    #[error("the session has ended")]
    SessionEnded,
    /// The provider that the session began by asks for a new sign-in: no confirmation lengthens the
    /// session.
    #[error("the provider asks for a new sign-in")]
    ProviderSignInRequired(HeldBy),
    /// The provider's account was linked to another account meanwhile.
    #[error("the provider's account is linked to another account")]
    LinkedElsewhere,
    /// The proof of the request cannot be used.
    #[error(transparent)]
    Proof(#[from] ConsumeError),
    /// What the request remembers could not be sealed or opened.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// The tokens were not signed.
    #[error(transparent)]
    Sign(#[from] SignError),
    /// The database.
    #[error(transparent)]
    Database(#[from] DatabaseError),
}

impl From<StartError> for FinishError {
    fn from(error: StartError) -> Self {
        match error {
            StartError::Sign(error) => Self::Sign(error),
            StartError::Database(error) => Self::Database(error),
        }
    }
}

impl From<RequestError> for FinishError {
    fn from(error: RequestError) -> Self {
        match error {
            RequestError::Changed => Self::Unknown,
            RequestError::Seal(error) => Self::Seal(error),
            RequestError::Database(error) => Self::Database(error),
        }
    }
}

impl TransactionError for FinishError {
    fn database(&self) -> Option<&DatabaseError> {
        match self {
            Self::Database(error) => Some(error),
            _ => None,
        }
    }
}

/// What [`checked`] has found.
pub(crate) enum Checked {
    /// The result is right.
    Right(Box<BrowserRequest>),
    /// The request was finished before.
    Before(Box<(Pending, Option<BrowserRequest>)>),
}

/// Checks a result; a wrong one counts. The proof is consumed, but only for a request of its own
/// device and key; `None`: that has been done with the token's.
pub(crate) async fn checked(
    service: &Service,
    (caller, jkt): (&Caller, &Thumbprint),
    proof: Option<&VerifiedProof>,
    id: &str,
    given: &str,
    now: UnixTime,
) -> Result<Checked, FinishError> {
    let row = find(service, id, (caller, jkt)).await?.ok_or(FinishError::Unknown)?;
    if let Some(proof) = proof {
        service.proofs.consume(proof, now).await?;
    }
    let read = BrowserRequest::of(service, row.clone())?;
    if row.spent_at.is_some() {
        // The result of a request that was finished before is checked too.
        let is_right = match &read {
            Some(request) => result::is(&service.seal, id, request.mode(), given)?,
            None => false,
        };
        return if is_right { Ok(Checked::Before(Box::new((row, read)))) } else { Err(FinishError::Unknown) };
    }
    let request = read.ok_or(FinishError::Unknown)?;
    if now >= row.expires_at || row.tries >= MAX_TRIES {
        return Err(FinishError::Unknown);
    }
    let is_done = matches!(request.contents.stage, Stage::Authenticated(_) | Stage::Registered(_));
    if is_done && result::is(&service.seal, id, request.mode(), given)? {
        return Ok(Checked::Right(Box::new(request)));
    }
    let counted =
        service.database.write(|connection| work(pending::count_try(connection, id, MAX_TRIES, now))).await?;
    tracing::info!("a wrong result of a browser");
    match counted {
        true => Err(FinishError::WrongResult { tries_left: MAX_TRIES - row.tries - 1 }),
        false => Err(FinishError::Unknown),
    }
}

/// Uses a finished request, in the transaction of what it is for. Returns `false` if it is over or
/// was used. `sid` is the session that it has become, if it has.
pub(crate) async fn spend(
    connection: &mut AnyConnection,
    service: &Service,
    request: &BrowserRequest,
    (sid, confirmed): (Option<&str>, Option<&Identity>),
    now: UnixTime,
) -> Result<bool, RequestError> {
    // What is sealed in it goes; its purpose stays, for the same answer once more.
    let confirmed = confirmed.cloned();
    let change = request.change(service, Stage::Taken { confirmed }, request.expires_at())?;
    Ok(pending::spend_with(connection, request.id(), sid, change.sealed(), now).await?)
}
