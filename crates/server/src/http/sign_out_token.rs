//! `POST /api/auth/sign-out`: sign-out with a sign-out token, by which a device that has already
//! destroyed its tokens and its key ends the session. It needs no other token. Repeating it is not
//! an error.

use std::sync::Arc;

use axum::extract::State as Shared;
use axum::http::StatusCode;
use latchkey_server_core::sign_out;
use serde::Deserialize;

use super::body::JsonBody;
use super::caller::Address;
use super::problem::Problem;
use super::problem_document::Document;
use super::state::State;

/// A sign-out that a device has signed before it destroyed its key.
#[derive(Deserialize, utoipa::ToSchema)]
#[schema(as = SignOutNotice)]
pub(super) struct Body {
    /// JWT, signed by the device key.
    pub(super) notice: String,
}

impl Body {
    pub(super) fn parse(body: &[u8]) -> Result<Self, Problem> {
        let problem = Problem::InvalidRequest("The body is not a JSON object with a notice.");
        // serde reads a list of one text as the field.
        if !body.trim_ascii_start().starts_with(b"{") {
            return Err(problem);
        }
        serde_json::from_slice(body).map_err(|_| problem)
    }
}

/// Sign out with a sign-out token that the device signed earlier.
#[utoipa::path(
    post, path = "/api/auth/sign-out", tag = "sessions", request_body = Body,
    responses((status = 204, description = "Ended, or ended before"), (status = 400, description = "`invalid_request`", body = Document, content_type = "application/problem+json"), (status = 408, description = "`request_timeout`", body = Document, content_type = "application/problem+json"), (status = 413, description = "`payload_too_large`", body = Document, content_type = "application/problem+json"), (status = 415, description = "`unsupported_media_type`: the body must be JSON", body = Document, content_type = "application/problem+json"), (status = 503, description = "`unavailable`", body = Document, content_type = "application/problem+json"))
)]
pub(super) async fn take_notice(
    Shared(state): Shared<Arc<State>>,
    Address(address): Address,
    JsonBody(body): JsonBody,
) -> Result<StatusCode, Problem> {
    let body = Body::parse(&body)?;
    sign_out::sign_out_by_token(&state.service, &body.notice, address).await?;
    Ok(StatusCode::NO_CONTENT)
}
