//! Routes for every client: the public keys, and whether the server works.

use std::sync::Arc;

use axum::Json;
use axum::extract::State as Shared;
use axum::http::header::{CACHE_CONTROL, HeaderValue};
use axum::response::IntoResponse;
use latchkey_server_core::Readiness;

use super::problem::Problem;
use super::problem_document::Document;
use super::state::State;

/// `GET /.well-known/jwks.json`: the keys that tokens verify with (RFC 7517 §5).
#[utoipa::path(get, path = "/.well-known/jwks.json", tag = "public", responses((status = 200, description = "A JWK set", body = Object)))]
pub(super) async fn jwks(Shared(state): Shared<Arc<State>>) -> impl IntoResponse {
    ([(CACHE_CONTROL, HeaderValue::from_static("public, max-age=300"))], Json(state.keys.verifying().jwks()))
}

/// `GET /healthz`: the process responds.
#[utoipa::path(get, path = "/healthz", tag = "public", responses((status = 200, description = "ok")))]
pub(super) async fn healthz() -> &'static str {
    "ok"
}

/// `GET /readyz`: the database can be written too, and shows which sessions have ended.
#[utoipa::path(get, path = "/readyz", tag = "public", responses((status = 200, description = "ok"), (status = 503, description = "`unavailable`", body = Document, content_type = "application/problem+json")))]
pub(super) async fn readyz(Shared(state): Shared<Arc<State>>) -> Result<&'static str, Problem> {
    match state.service.readiness().await {
        Readiness::Ready => Ok("ok"),
        Readiness::NoDatabase => Err(Problem::Unavailable),
        Readiness::Outdated => Err(Problem::Outdated),
    }
}
