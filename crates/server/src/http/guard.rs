//! Denies every request without a valid access token, except the routes in [`OPEN`]. Unknown routes
//! are denied too.

use std::sync::Arc;

use axum::extract::Request;
use axum::http::Method;
use axum::http::request::Parts;

use latchkey_server_core::proofs::TokenBinding;
use latchkey_token::{Claims, SentToken, UnixTime};

use super::authenticated::Authenticated;
use super::authorization::{Presented, presented};
use super::caller::client_id;
use super::dpop;
use super::problem::Problem;
use super::recently::Server;
use super::scheme::Scheme;
use super::state::State;

/// The requests that need no access token. The handlers of the second group check a password, a
/// code, a session token or a sign-out token themselves.
pub(super) const OPEN: [(Method, &str); 36] = [
    (Method::GET, "/healthz"),
    (Method::OPTIONS, "/healthz"),
    (Method::GET, "/readyz"),
    (Method::OPTIONS, "/readyz"),
    (Method::OPTIONS, "/"),
    (Method::GET, "/.well-known/jwks.json"),
    (Method::GET, "/.well-known/oauth-authorization-server"),
    (Method::GET, "/.well-known/oauth-protected-resource"),
    (Method::GET, "/.well-known/webauthn"),
    (Method::GET, "/openapi.json"),
    (Method::GET, "/api/auth/options"),
    //
    (Method::POST, "/api/auth"),
    (Method::DELETE, "/api/auth"),
    (Method::POST, "/api/auth/renew"),
    (Method::POST, "/api/auth/sign-out"),
    (Method::POST, "/api/auth/code"),
    (Method::POST, "/api/auth/forgot"),
    (Method::POST, "/api/auth/second-factor"),
    (Method::POST, "/api/auth/second-factor/enrol"),
    (Method::POST, "/api/auth/browser"),
    (Method::DELETE, "/api/auth/browser"),
    (Method::POST, "/api/auth/browser/poll"),
    (Method::POST, "/api/auth/browser/finish"),
    // What the browser shows: a cookie of its own finds the request of a device.
    (Method::GET, "/browser"),
    (Method::GET, "/browser/{ticket}"),
    (Method::GET, "/browser/callback/{id}"),
    (Method::GET, "/browser/done"),
    (Method::GET, "/browser/passkey"),
    (Method::GET, "/browser/passkey.js"),
    (Method::POST, "/browser/passkey"),
    (Method::POST, "/browser/passkey/options"),
    (Method::GET, "/browser/provider/{id}"),
    (Method::GET, "/browser/style.css"),
    (Method::POST, "/browser/allow"),
    (Method::POST, "/browser/refuse"),
    // A provider calls it, with a token that it has signed.
    (Method::POST, "/browser/backchannel/{provider}"),
];

/// Lets a request through or refuses it. The claims of its token go along as [`Authenticated`].
pub(super) async fn admit(state: &Arc<State>, request: Request) -> Result<Request, Problem> {
    if is_open(request.method(), request.uri().path()) {
        return Ok(request);
    }
    let (mut parts, body) = request.into_parts();
    match authenticate(state, &parts).await {
        Ok(authenticated) => {
            parts.extensions.insert(authenticated);
            parts.extensions.insert(Server(Arc::clone(state)));
            Ok(Request::from_parts(parts, body))
        }
        Err(problem) => {
            if matches!(problem, Problem::TokenMissing { .. }) && parts.headers.contains_key("dpop") {
                tracing::info!(
                    path = parts.uri.path(),
                    "a proof without a token came for a path that needs a token: if a proxy passes on a prefix of the \
                     path, let it take the prefix off"
                );
            }
            Err(problem)
        }
    }
}

fn is_open(method: &Method, path: &str) -> bool {
    let method = if method == Method::HEAD { &Method::GET } else { method };
    OPEN.iter().any(|(open, at)| open == method && is_at(at, path))
}

/// Whether a path is that of a route. A part in braces stands for any one part that is not empty.
fn is_at(route: &str, path: &str) -> bool {
    // Every request is compared with all routes, and few have such a part.
    let Some((fixed, _)) = route.split_once('{') else { return route == path };
    if !path.starts_with(fixed) {
        return false;
    }
    let (mut parts, mut given) = (route.split('/'), path.split('/'));
    loop {
        match (parts.next(), given.next()) {
            (None, None) => return true,
            (Some(part), Some(given)) if part == given => {}
            (Some(part), Some(given)) if part.starts_with('{') && !given.is_empty() => {}
            _ => return false,
        }
    }
}

async fn authenticate(state: &State, request: &Parts) -> Result<Authenticated, Problem> {
    let presented = presented(&request.headers, state.settings.tokens.bearer)?;
    let claims = access_claims(state, request, presented, state.service.now()).await?;
    if state.settings.sessions.refuse_without_revocations && state.service.is_outdated() {
        return Err(Problem::Outdated);
    }
    match state.service.ended(&claims.sid) {
        None if !state.service.knows_ended() => Err(Problem::Outdated),
        None => Ok(Authenticated(Arc::new(claims))),
        Some(reason) => Err(reason.into()),
    }
}

/// Verifies an access token, and consumes its proof if it is bound to a key. Its session may have
/// ended.
pub(super) async fn access_claims(
    state: &State,
    request: &Parts,
    presented: Presented<'_>,
    now: UnixTime,
) -> Result<Claims, Problem> {
    let device_id = client_id(&request.headers)?;
    // The API's name is in every `aud`, so it must not pass as a device id.
    if device_id == state.settings.tokens.audience {
        return Err(Problem::InvalidToken(presented.scheme));
    }
    let (token, verifier) = (SentToken::new(presented.token), state.keys.access_verifier());
    let claims = verifier.verify_for(&token, device_id, now).map_err(|error| {
        tracing::debug!(code = error.code(), "access token refused");
        Problem::InvalidToken(presented.scheme)
    })?;
    match (&claims.cnf, presented.scheme) {
        (None, Scheme::Bearer) => {}
        (Some(bound), Scheme::Dpop) => {
            let binding = TokenBinding { token: &token, bound_to: &bound.jkt };
            dpop::require(state, request, binding, now).await?;
        }
        // RFC 9449 §7.1, §7.2: a bound token must not pass without its key, nor an unbound one as
        // bound.
        (Some(_), Scheme::Bearer) => return Err(Problem::InvalidToken(Scheme::Dpop)),
        (None, Scheme::Dpop) => return Err(Problem::InvalidToken(Scheme::Bearer)),
    }
    Ok(claims)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_in_braces_stands_for_one_part() {
        assert!(is_open(&Method::GET, "/browser/abc") && is_open(&Method::HEAD, "/browser"));
        for (method, path) in [
            (Method::GET, "/browser/"),
            (Method::GET, "/browser/abc/def"),
            (Method::GET, "/browser/abc/"),
            (Method::GET, "//browser/abc"),
            (Method::POST, "/browser/abc"),
            (Method::GET, "/"),
            (Method::GET, ""),
            (Method::GET, "/api/me"),
            (Method::GET, "/{ticket}"),
        ] {
            assert!(!is_open(&method, path), "{method} {path}");
        }
    }
}
