//! `GET /.well-known/webauthn`: the other origins where the passkeys of this host are used
//! (WebAuthn Level 3, §5.11). Browsers read it at the host that passkeys are bound to.

use std::sync::Arc;

use axum::Json;
use axum::extract::State as Shared;
use axum::http::header::{CACHE_CONTROL, HeaderName, HeaderValue};
use axum::response::IntoResponse;
use serde::Serialize;

use super::problem::Problem;
use super::problem_document::Document;
use super::state::State;

const CACHED: [(HeaderName, HeaderValue); 1] =
    [(CACHE_CONTROL, HeaderValue::from_static("public, max-age=300"))];

/// Origins: scheme, host and port.
#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct RelatedOrigins {
    origins: Vec<String>,
}

/// `GET /.well-known/webauthn`: the setting `passkeys.related_origins`.
#[utoipa::path(
    get, path = "/.well-known/webauthn", tag = "public",
    responses(
        (status = 200, description = "The origins", body = RelatedOrigins),
        (status = 404, description = "`not_found`: there are none", body = Document, content_type = "application/problem+json")
    )
)]
pub(super) async fn related_origins(Shared(state): Shared<Arc<State>>) -> Result<impl IntoResponse, Problem> {
    let passkeys = &state.settings.passkeys;
    if !passkeys.enabled || passkeys.related_origins.is_empty() {
        return Err(Problem::NotFound);
    }
    let origins = passkeys.related_origins.iter().map(|origin| origin.as_str().to_owned()).collect();
    Ok((CACHED, Json(RelatedOrigins { origins })))
}
