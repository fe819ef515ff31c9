//! A session token with its proof, as renewal and sign-out accept it. Its lease may be over: the
//! token only names the session, and the proof shows that the device still has its key.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use latchkey_server_core::proofs::TokenBinding;
use latchkey_token::{Claims, UnixTime};

use super::authorization::{Presented, presented};
use super::caller::client_id;
use super::dpop;
use super::problem::Problem;
use super::scheme::Scheme;
use super::state::State;

/// The claims of a verified session token whose proof is consumed.
pub(super) struct SessionToken(pub(super) Claims);

impl FromRequestParts<Arc<State>> for SessionToken {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &Arc<State>) -> Result<Self, Problem> {
        let presented = presented(&parts.headers, false)?;
        verify(state, parts, presented, state.service.now()).await.map(Self)
    }
}

/// Verifies a session token and consumes its proof.
pub(super) async fn verify(
    state: &State,
    request: &Parts,
    presented: Presented<'_>,
    now: UnixTime,
) -> Result<Claims, Problem> {
    let device_id = client_id(&request.headers)?;
    let invalid = Problem::InvalidToken(Scheme::Dpop);
    let claims = state.session_verifier(device_id).verify(presented.token, now).map_err(|error| {
        tracing::debug!(code = error.code(), "session token refused");
        invalid.clone()
    })?;
    let (Some(bound), Scheme::Dpop) = (&claims.cnf, presented.scheme) else { return Err(invalid) };
    let binding = TokenBinding { token: &presented.token.into(), bound_to: &bound.jkt };
    dpop::require(state, request, binding, now).await?;
    Ok(claims)
}
