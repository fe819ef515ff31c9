//! The `DPoP` header: that the caller holds a device key (RFC 9449 §4.3).

use axum::http::request::Parts;
use latchkey_token::proof::{ProofError, VerifiedProof};
use latchkey_token::{Thumbprint, UnixTime};

use super::problem::{Refusal, broken_rule};
use super::state::State;
use latchkey_server_core::proofs::{Refused, Target};

/// The token that a proof must be for.
#[derive(Clone, Copy, Debug)]
pub(super) struct For<'a> {
    pub(super) token: &'a str,
    pub(super) bound_to: &'a Thumbprint,
}

/// Checks the proof of a request, if it has one, but for its being new: see [`use_up`].
pub(super) fn check(
    state: &State,
    request: &Parts,
    token: Option<For<'_>>,
    now: UnixTime,
) -> Result<Option<VerifiedProof>, Refusal> {
    let mut values = request.headers.get_all("dpop").iter();
    let Some(value) = values.next() else { return Ok(None) };
    if values.next().is_some() {
        return Err(Refusal::InvalidProof("There is more than one DPoP header."));
    }
    let proof = value.to_str().map_err(|_| Refusal::InvalidProof("The proof is not a well-formed JWT."))?;
    let target = Target {
        method: request.method.as_str(),
        path: request.uri.path(),
        token: token.map(|token| token.token),
        bound_to: token.map(|token| token.bound_to),
    };
    match state.proofs.check(proof, target, now) {
        Ok(proof) => Ok(Some(proof)),
        Err(error) if error.wants_nonce() => {
            tracing::debug!(%error, "a proof needs a nonce");
            Err(Refusal::UseNonce(state.proofs.nonce(now)))
        }
        Err(error) => {
            if error == ProofError::WrongUrl {
                tracing::info!(
                    expected = state.proofs.public_url(),
                    "a proof was made for another address: if clients call this server by another one, set public_url"
                );
            }
            Err(Refusal::InvalidProof(broken_rule(error)))
        }
    }
}

/// Uses a proof up: a second use is refused.
pub(super) fn use_up(state: &State, proof: &VerifiedProof, now: UnixTime) -> Result<(), Refusal> {
    state.proofs.use_up(proof, now).map_err(|refused| match refused {
        Refused::Seen => Refusal::InvalidProof("The proof was used before."),
        Refused::Full => Refusal::Busy,
    })
}

/// What is said when a proof is required and there is none.
pub(super) const MISSING: Refusal = Refusal::InvalidProof("A DPoP header with a proof is required.");
