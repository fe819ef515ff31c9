//! What anybody may read: the public keys, and whether the server works.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::State as Shared;
use axum::http::header::{CACHE_CONTROL, HeaderValue};
use axum::response::IntoResponse;

use super::problem::Refusal;
use super::state::State;

/// How long the database may take to answer `/readyz`.
const PING: Duration = Duration::from_secs(2);

/// `GET /.well-known/jwks.json`: the keys that tokens verify with (RFC 7517 §5).
pub(super) async fn jwks(Shared(state): Shared<Arc<State>>) -> impl IntoResponse {
    ([(CACHE_CONTROL, HeaderValue::from_static("public, max-age=300"))], Json(state.keys.verifying().jwks()))
}

/// `GET /healthz`: the process answers.
pub(super) async fn healthz() -> &'static str {
    "ok"
}

/// `GET /readyz`: the database answers too.
pub(super) async fn readyz(Shared(state): Shared<Arc<State>>) -> Result<&'static str, Refusal> {
    match tokio::time::timeout(PING, state.database.ping()).await {
        Ok(Ok(())) => Ok("ok"),
        _ => Err(Refusal::Unavailable),
    }
}
