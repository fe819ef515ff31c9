//! `POST /api/auth/forgot`: asks for a code by mail. The answer is the same for every name.

use std::sync::Arc;

use axum::Json;
use axum::extract::State as Shared;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use latchkey_server_core::one_time_codes::{ASKED_CODE_SECONDS, ask};
use serde::{Deserialize, Serialize};

use super::body::JsonBody;
use super::caller::{ClientId, NewCaller};
use super::credentials::MAX_USERNAME_BYTES;
use super::problem::Problem;
use super::problem_document::Document;
use super::proven_key::ProvenKey;
use super::state::State;

/// Whose password is forgotten.
#[derive(Deserialize, utoipa::ToSchema)]
#[schema(as = ForgottenPassword)]
pub(super) struct Fields {
    /// The user name, or the e-mail address.
    #[schema(min_length = 1)]
    pub(super) username: String,
}

impl Fields {
    pub(super) fn parse(body: &[u8]) -> Result<Self, Problem> {
        let problem = Problem::InvalidRequest("The body is not a JSON object with a username.");
        // serde reads a list of one text as the field.
        if !body.trim_ascii_start().starts_with(b"{") {
            return Err(problem);
        }
        let fields: Self = serde_json::from_slice(body).map_err(|_| problem)?;
        match fields.username.len() {
            1..=MAX_USERNAME_BYTES => Ok(fields),
            _ => Err(Problem::InvalidRequest("The user name is missing or too long.")),
        }
    }
}

/// What is always said.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = CodeAskedFor)]
pub(super) struct Answer {
    /// How long a code lives once its mail is sent, in seconds.
    expires_in: i64,
}

/// Ask for a code by mail, to set a new password. Only the key of the proof can redeem it.
///
/// The answer does not tell whether there is such an account.
#[utoipa::path(
    post, path = "/api/auth/forgot", tag = "sessions", params(ClientId), request_body = Fields,
    responses(
        (status = 202, description = "If there is such an account, a mail goes to its address", body = Answer),
        (status = 400, description = "`invalid_request`, `invalid_client_id`", body = Document, content_type = "application/problem+json"),
        (status = 401, description = "`proof_required`, `invalid_dpop_proof`, `use_dpop_nonce`", body = Document, content_type = "application/problem+json"),
        (status = 403, description = "`forgot_unavailable`: no codes are sent by mail", body = Document, content_type = "application/problem+json"),
        (status = 408, description = "`request_timeout`", body = Document, content_type = "application/problem+json"),
        (status = 413, description = "`payload_too_large`", body = Document, content_type = "application/problem+json"),
        (status = 415, description = "`unsupported_media_type`: the body must be JSON", body = Document, content_type = "application/problem+json"),
        (status = 503, description = "`busy`, `unavailable`", body = Document, content_type = "application/problem+json")
    )
)]
pub(super) async fn forgot(
    Shared(state): Shared<Arc<State>>,
    NewCaller(caller): NewCaller,
    ProvenKey(proof): ProvenKey,
    JsonBody(body): JsonBody,
) -> Result<impl IntoResponse, Problem> {
    let fields = Fields::parse(&body)?;
    drop(body);
    ask(&state.service, &caller, &proof, &fields.username).await?;
    Ok((StatusCode::ACCEPTED, Json(Answer { expires_in: ASKED_CODE_SECONDS })))
}
