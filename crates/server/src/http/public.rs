//! What anybody may read: the public keys, and whether the server works.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::State as Shared;
use axum::http::header::{CACHE_CONTROL, HeaderValue};
use axum::response::IntoResponse;

use super::problem::{Document, Refusal};
use super::state::State;

/// How long the database may take to answer `/readyz`.
const PING: Duration = Duration::from_secs(2);

/// `GET /.well-known/jwks.json`: the keys that tokens verify with (RFC 7517 §5).
#[utoipa::path(get, path = "/.well-known/jwks.json", tag = "public", responses((status = 200, description = "A JWK set", body = Object)))]
pub(super) async fn jwks(Shared(state): Shared<Arc<State>>) -> impl IntoResponse {
    ([(CACHE_CONTROL, HeaderValue::from_static("public, max-age=300"))], Json(state.keys.verifying().jwks()))
}

/// `GET /healthz`: the process answers.
#[utoipa::path(get, path = "/healthz", tag = "public", responses((status = 200, description = "ok")))]
pub(super) async fn healthz() -> &'static str {
    "ok"
}

/// `GET /readyz`: the database answers too.
#[utoipa::path(get, path = "/readyz", tag = "public", responses((status = 200, description = "ok"), (status = 503, description = "`unavailable`", body = Document, content_type = "application/problem+json")))]
pub(super) async fn readyz(Shared(state): Shared<Arc<State>>) -> Result<&'static str, Refusal> {
    match tokio::time::timeout(PING, state.database.ping()).await {
        Ok(Ok(())) => Ok("ok"),
        _ => Err(Refusal::Unavailable),
    }
}
