//! `OPTIONS` for load balancers that check a server with it, as HAProxy does by default. Says which
//! methods a path takes. Never asks the database.

use axum::http::StatusCode;
use axum::http::header::{ALLOW, HeaderValue};
use axum::response::IntoResponse;

/// The methods of the three paths.
const METHODS: HeaderValue = HeaderValue::from_static("GET, HEAD, OPTIONS");

/// `OPTIONS /`: the process responds.
#[utoipa::path(options, path = "/", tag = "public", responses((status = 204, description = "The methods are in `Allow`")))]
pub(super) async fn root() -> impl IntoResponse {
    (StatusCode::NO_CONTENT, [(ALLOW, METHODS)])
}

/// `OPTIONS /healthz`: the process responds.
#[utoipa::path(options, path = "/healthz", tag = "public", responses((status = 204, description = "The methods are in `Allow`")))]
pub(super) async fn healthz() -> impl IntoResponse {
    (StatusCode::NO_CONTENT, [(ALLOW, METHODS)])
}

/// `OPTIONS /readyz`: the process responds; whether it is ready, `GET` and `HEAD` say.
#[utoipa::path(options, path = "/readyz", tag = "public", responses((status = 204, description = "The methods are in `Allow`")))]
pub(super) async fn readyz() -> impl IntoResponse {
    (StatusCode::NO_CONTENT, [(ALLOW, METHODS)])
}
