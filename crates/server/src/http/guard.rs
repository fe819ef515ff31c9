//! The door: every request needs a valid access token, but for the few that [`OPEN`] lists. A route that nobody thought
//! of, or a path that does not exist, is shut.

use std::sync::Arc;

use axum::extract::{Request, State as Shared};
use axum::http::Method;
use axum::http::request::Parts;
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};

use latchkey_token::{Claims, UnixTime};

use super::authorization::{Presented, Scheme, presented};
use super::client_id::client_id;
use super::possession::{self, For};
use super::problem::Refusal;
use super::state::State;
use super::verified::Verified;

/// The requests that get in without an access token. Those of the second group look at a password, a session token
/// or a notice themselves.
pub(super) const OPEN: [(Method, &str); 8] = [
    (Method::GET, "/healthz"),
    (Method::GET, "/readyz"),
    (Method::GET, "/.well-known/jwks.json"),
    (Method::GET, "/openapi.json"),
    //
    (Method::POST, "/api/auth"),
    (Method::DELETE, "/api/auth"),
    (Method::POST, "/api/auth/renew"),
    (Method::POST, "/api/auth/sign-out"),
];

/// Lets a request through or refuses it. The claims of its token go along as [`Verified`].
pub(super) async fn guard(Shared(state): Shared<Arc<State>>, request: Request, next: Next) -> Response {
    if is_open(request.method(), request.uri().path()) {
        return next.run(request).await;
    }
    let (mut parts, body) = request.into_parts();
    match authenticate(&state, &parts) {
        Ok(verified) => {
            parts.extensions.insert(verified);
            next.run(Request::from_parts(parts, body)).await
        }
        Err(refusal) => refusal.into_response(),
    }
}

fn is_open(method: &Method, path: &str) -> bool {
    let method = if method == Method::HEAD { &Method::GET } else { method };
    OPEN.iter().any(|(open, at)| open == method && *at == path)
}

fn authenticate(state: &State, request: &Parts) -> Result<Verified, Refusal> {
    let presented = presented(&request.headers, state.settings.tokens.bearer)?;
    let claims = access_claims(state, request, presented, state.now())?;
    match state.revocations.reason(&claims.sid) {
        None => Ok(Verified(Arc::new(claims))),
        Some(reason) => Err(reason.into()),
    }
}

/// The claims of an access token that was presented as it must be, with its proof if it is bound; the session may have
/// ended.
pub(super) fn access_claims(
    state: &State,
    request: &Parts,
    presented: Presented<'_>,
    now: UnixTime,
) -> Result<Claims, Refusal> {
    let device_id = client_id(&request.headers)?;
    // The API's own name is in every `aud` too.
    if device_id == state.settings.tokens.audience {
        return Err(Refusal::InvalidToken(presented.scheme));
    }
    let claims = state.access_verifier(device_id).verify(presented.token, now).map_err(|error| {
        tracing::debug!(code = error.code(), "access token refused");
        Refusal::InvalidToken(presented.scheme)
    })?;
    match (&claims.cnf, presented.scheme) {
        (None, Scheme::Bearer) => {}
        (Some(bound), Scheme::Dpop) => {
            let token = For { token: presented.token, bound_to: &bound.jkt };
            let proof = possession::check(state, request, Some(token), now)?.ok_or(possession::MISSING)?;
            possession::use_up(state, &proof, now)?;
        }
        // RFC 9449 §7.1, §7.2: a bound token must not pass without its key, nor an unbound one as if it were bound.
        (Some(_), Scheme::Bearer) => return Err(Refusal::InvalidToken(Scheme::Dpop)),
        (None, Scheme::Dpop) => return Err(Refusal::InvalidToken(Scheme::Bearer)),
    }
    Ok(claims)
}
