//! `POST /api/auth/browser/finish`: the device brings the result that the browser got.

use std::sync::Arc;

use axum::extract::State as Shared;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use latchkey_server_core::browser::{self, BrowserAnswer};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;

use super::super::body::JsonBody;
use super::super::caller::{Caller, ClientId};
use super::super::confirm;
use super::super::problem::Problem;
use super::super::problem_document::Document;
use super::super::proven_key::ProvenKey;
use super::super::state::State;
use super::super::token_response::TokenResponse;
use super::poll::parse;

/// Maximum length of an id that is looked up, in bytes.
const MAX_ID_BYTES: usize = 64;

/// The result of a browser.
#[derive(Deserialize, utoipa::ToSchema)]
#[schema(as = BrowserResult)]
pub(super) struct Fields {
    /// The request's id.
    pub(super) request: String,
    /// From the link, or as typed: case, blanks and hyphens do not matter then.
    #[schema(value_type = String, format = Password)]
    pub(super) result: SecretString,
}

/// Finish a request with the result of the browser.
///
/// A sign-in returns tokens, a confirmation one access token with a fresh `auth_time`, a link
/// nothing. The same device gets the same outcome for a minute.
#[utoipa::path(
    post, path = "/api/auth/browser/finish", tag = "browser", params(ClientId), request_body = Fields,
    responses(
        (status = 200, description = "Signed in, or confirmed (`token`, `token_type` and `expires_in` only)", body = TokenResponse),
        (status = 204, description = "Linked"),
        (status = 400, description = "`invalid_request`, `invalid_client_id`", body = Document, content_type = "application/problem+json"),
        (status = 401, description = "`second_factor_required` (with `challenge` and `methods`), `enrolment_required` (with `challenge` and `authorized`), `account_disabled`, `session_revoked`, `proof_required`, `invalid_dpop_proof`, `use_dpop_nonce`", body = Document, content_type = "application/problem+json"),
        (status = 403, description = "`wrong_result` (with `tries_left`); `provider_sign_in_required`: the session to confirm is held", body = Document, content_type = "application/problem+json"),
        (status = 404, description = "`request_unknown`: no open request of this device and key has this id", body = Document, content_type = "application/problem+json"),
        (status = 408, description = "`request_timeout`", body = Document, content_type = "application/problem+json"),
        (status = 409, description = "`linked_elsewhere`: the provider's account belongs to another account", body = Document, content_type = "application/problem+json"),
        (status = 413, description = "`payload_too_large`", body = Document, content_type = "application/problem+json"),
        (status = 415, description = "`unsupported_media_type`: the body must be JSON", body = Document, content_type = "application/problem+json"),
        (status = 503, description = "`busy`, `unavailable`", body = Document, content_type = "application/problem+json")
    )
)]
pub(in super::super) async fn finish(
    Shared(state): Shared<Arc<State>>,
    Caller(caller): Caller,
    ProvenKey(proof): ProvenKey,
    JsonBody(body): JsonBody,
) -> Result<Response, Problem> {
    let fields: Fields = parse(&body, "The body is not a JSON object with a request and a result.")?;
    if fields.request.len() > MAX_ID_BYTES {
        return Err(Problem::RequestUnknown);
    }
    let (id, result) = (fields.request.as_str(), fields.result.expose_secret());
    match browser::finish(&state.service, &caller, &proof, id, result).await? {
        BrowserAnswer::SignedIn(tokens) => Ok(TokenResponse::from(tokens).into_response()),
        BrowserAnswer::Confirmed(issued) => Ok(confirm::Answer::from(issued).into_response()),
        BrowserAnswer::Linked => Ok(StatusCode::NO_CONTENT.into_response()),
    }
}
