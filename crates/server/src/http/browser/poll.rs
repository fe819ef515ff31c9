//! `POST /api/auth/browser/poll` and `DELETE /api/auth/browser`: how a request stands, and its end.

use std::sync::Arc;

use axum::Json;
use axum::extract::State as Shared;
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, HeaderValue};
use axum::response::IntoResponse;
use latchkey_server_core::browser::{self, RequestState};
use serde::{Deserialize, Serialize};

use super::super::body::JsonBody;
use super::super::caller::{Caller, ClientId};
use super::super::problem::Problem;
use super::super::problem_document::Document;
use super::super::proven_key::ProvenKey;
use super::super::state::State;

/// Maximum length of an id or of a state that is looked at, in bytes.
const MAX_TEXT_BYTES: usize = 64;

/// Which request.
#[derive(Deserialize, utoipa::ToSchema)]
#[schema(as = BrowserPoll)]
pub(super) struct Fields {
    /// The request's id.
    request: String,
    /// The state that the device knows.
    seen: Option<String>,
}

/// Which request.
#[derive(Deserialize, utoipa::ToSchema)]
#[schema(as = BrowserCancel)]
pub(super) struct Cancelled {
    /// The request's id.
    request: String,
}

/// How a request stands.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = BrowserState)]
pub(super) struct Answer {
    /// `waiting`, `opened`, `finished`, `refused` or `failed`.
    state: &'static str,
    /// With `failed`: `provider_away`, `provider_refused`, `not_allowed`, `account_unknown`,
    /// `account_disabled`, `link_needed`, `linked_elsewhere` or `internal`. The user may try again
    /// in the browser.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'static str>,
    /// A name for the passkey that was made.
    #[serde(skip_serializing_if = "Option::is_none")]
    suggested_name: Option<String>,
    /// How long the request lives from now, in seconds.
    expires_in: i64,
}

/// Reads a JSON object.
pub(super) fn parse<'a, T: Deserialize<'a>>(body: &'a [u8], detail: &'static str) -> Result<T, Problem> {
    // serde reads a list as the fields.
    if !body.trim_ascii_start().starts_with(b"{") {
        return Err(Problem::InvalidRequest(detail));
    }
    serde_json::from_slice(body).map_err(|_| Problem::InvalidRequest(detail))
}

/// How a request stands. Waits up to 25 seconds for a state other than `seen`.
///
/// Never returns a token.
#[utoipa::path(
    post, path = "/api/auth/browser/poll", tag = "browser", params(ClientId), request_body = Fields,
    responses(
        (status = 200, description = "How it stands", body = Answer),
        (status = 400, description = "`invalid_request`, `invalid_client_id`", body = Document, content_type = "application/problem+json"),
        (status = 401, description = "`proof_required`, `invalid_dpop_proof`, `use_dpop_nonce`", body = Document, content_type = "application/problem+json"),
        (status = 404, description = "`request_unknown`: no open request of this device and key has this id", body = Document, content_type = "application/problem+json"),
        (status = 408, description = "`request_timeout`", body = Document, content_type = "application/problem+json"),
        (status = 413, description = "`payload_too_large`", body = Document, content_type = "application/problem+json"),
        (status = 415, description = "`unsupported_media_type`: the body must be JSON", body = Document, content_type = "application/problem+json"),
        (status = 503, description = "`busy`, `unavailable`", body = Document, content_type = "application/problem+json")
    )
)]
pub(in super::super) async fn poll(
    Shared(state): Shared<Arc<State>>,
    Caller(caller): Caller,
    ProvenKey(proof): ProvenKey,
    JsonBody(body): JsonBody,
) -> Result<impl IntoResponse, Problem> {
    let fields: Fields = parse(&body, "The body is not a JSON object with a request.")?;
    if fields.request.len() > MAX_TEXT_BYTES {
        return Err(Problem::RequestUnknown);
    }
    let (id, seen) = (fields.request.as_str(), fields.seen.as_deref());
    let polled = browser::poll(&state.service, &caller, &proof, id, seen, state.stopping()).await?;
    let answer = Answer {
        state: polled.state.as_str(),
        reason: match polled.state {
            RequestState::Failed(failure) => Some(failure.as_str()),
            _ => None,
        },
        suggested_name: polled.suggested_name,
        expires_in: polled.expires_in,
    };
    Ok(([(CACHE_CONTROL, HeaderValue::from_static("no-store"))], Json(answer)))
}

/// End a request. Also of one that is over, the answer is 204.
#[utoipa::path(
    delete, path = "/api/auth/browser", tag = "browser", params(ClientId), request_body = Cancelled,
    responses(
        (status = 204, description = "It is over"),
        (status = 400, description = "`invalid_request`, `invalid_client_id`", body = Document, content_type = "application/problem+json"),
        (status = 401, description = "`proof_required`, `invalid_dpop_proof`, `use_dpop_nonce`", body = Document, content_type = "application/problem+json"),
        (status = 408, description = "`request_timeout`", body = Document, content_type = "application/problem+json"),
        (status = 413, description = "`payload_too_large`", body = Document, content_type = "application/problem+json"),
        (status = 415, description = "`unsupported_media_type`: the body must be JSON", body = Document, content_type = "application/problem+json"),
        (status = 503, description = "`busy`, `unavailable`", body = Document, content_type = "application/problem+json")
    )
)]
pub(in super::super) async fn cancel(
    Shared(state): Shared<Arc<State>>,
    Caller(caller): Caller,
    ProvenKey(proof): ProvenKey,
    JsonBody(body): JsonBody,
) -> Result<StatusCode, Problem> {
    let fields: Cancelled = parse(&body, "The body is not a JSON object with a request.")?;
    if fields.request.len() <= MAX_TEXT_BYTES {
        browser::cancel(&state.service, &caller, &proof, &fields.request).await?;
    }
    Ok(StatusCode::NO_CONTENT)
}
