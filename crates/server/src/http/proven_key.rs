//! The proof of a device key, for a request without a token that needs one. It is not consumed.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use latchkey_token::proof::VerifiedProof;

use super::dpop;
use super::problem::Problem;
use super::state::State;

/// The verified proof of the request.
pub(super) struct ProvenKey(pub(super) VerifiedProof);

impl FromRequestParts<Arc<State>> for ProvenKey {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &Arc<State>) -> Result<Self, Problem> {
        let proof = dpop::check(state, parts, None, state.service.now())?;
        proof.map(Self).ok_or(Problem::ProofRequired)
    }
}
