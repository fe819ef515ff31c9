//! A session token with its proof, as renewal and sign-out take it. Its lease may be over: it is a hint to the session,
//! and the proof says that the device still holds its key.

use axum::http::request::Parts;
use latchkey_token::{Claims, UnixTime};

use super::authorization::{Presented, Scheme};
use super::client_id::client_id;
use super::possession::{self, For};
use super::problem::Refusal;
use super::state::State;

pub(super) fn verify(
    state: &State,
    request: &Parts,
    presented: Presented<'_>,
    now: UnixTime,
) -> Result<Claims, Refusal> {
    let device_id = client_id(&request.headers)?;
    let invalid = Refusal::InvalidToken(Scheme::Dpop);
    let claims = state.session_verifier(device_id).verify(presented.token, now).map_err(|error| {
        tracing::debug!(code = error.code(), "session token refused");
        invalid.clone()
    })?;
    let (Some(bound), Scheme::Dpop) = (&claims.cnf, presented.scheme) else { return Err(invalid) };
    let token = For { token: presented.token, bound_to: &bound.jkt };
    let proof = possession::check(state, request, Some(token), now)?.ok_or(possession::MISSING)?;
    possession::use_up(state, &proof, now)?;
    Ok(claims)
}
