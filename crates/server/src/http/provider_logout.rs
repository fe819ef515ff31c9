//! `POST /browser/backchannel/{provider}`: a provider ends sessions (OpenID Connect Back-Channel
//! Logout 1.0). The logout token is all that authorizes it; nothing is read from the database
//! before its signature is good, and only few are looked at at the same time.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State as Shared};
use axum::http::header::CACHE_CONTROL;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use latchkey_server_core::provider_sessions::{self, LogoutError};
use serde::Serialize;
use tracing::Instrument as _;

use super::body::Body;
use super::content_type::Format;
use super::problem::{Problem, Takes};
use super::problem_document::Document;
use super::state::State;
use crate::providers::Provider;

/// The answer to a token that is refused (§2.8), without the reason, which is in the log.
#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct LogoutRefused {
    /// `invalid_request`.
    error: &'static str,
}

/// What a provider sends.
#[derive(utoipa::ToSchema)]
#[allow(dead_code, reason = "describes the body, which is read by hand")]
pub(super) struct LogoutRequest {
    /// The logout token.
    logout_token: String,
}

fn refused() -> Response {
    let body = Json(LogoutRefused { error: "invalid_request" });
    (StatusCode::BAD_REQUEST, [(CACHE_CONTROL, "no-store")], body).into_response()
}

/// A provider ends sessions that it has begun.
#[utoipa::path(
    post, path = "/browser/backchannel/{provider}", tag = "browser",
    params(("provider" = String, Path, description = "The provider")),
    request_body(content = LogoutRequest, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 200, description = "The sessions are ended, if there were any"),
        (status = 400, description = "The logout token is refused, or was used before", body = LogoutRefused, content_type = "application/json"),
        (status = 404, description = "`provider_unknown`", body = Document, content_type = "application/problem+json"),
        (status = 408, description = "`request_timeout`", body = Document, content_type = "application/problem+json"),
        (status = 413, description = "`payload_too_large`", body = Document, content_type = "application/problem+json"),
        (status = 415, description = "`unsupported_media_type`", body = Document, content_type = "application/problem+json"),
        (status = 503, description = "`busy`, `unavailable`: send it again", body = Document, content_type = "application/problem+json")
    )
)]
pub(super) async fn log_out(
    Shared(state): Shared<Arc<State>>,
    Path(id): Path<String>,
    headers: HeaderMap,
    Body(body): Body,
) -> Result<Response, Problem> {
    if Format::of(&headers) != Some(Format::Form) {
        return Err(Problem::UnsupportedMediaType(Takes::Form));
    }
    provider(&state, &id).ok_or(Problem::ProviderUnknown)?;
    let place = Arc::clone(&state.logouts).try_acquire_owned().map_err(|_| Problem::Busy)?;
    let Some(token) = token(&body) else { return Ok(refused()) };
    // To its end, also if the caller hangs up: a fetch of keys that is given up would put off the
    // next one.
    let ending = async move {
        let _place = place;
        end(&state, &id, &token).await
    };
    tokio::spawn(ending.in_current_span()).await.map_err(|error| {
        tracing::error!(%error, "a logout token was not looked at");
        Problem::Unavailable
    })?
}

fn provider<'a>(state: &'a State, id: &str) -> Option<&'a Provider> {
    state.providers.iter().find(|provider| provider.settings.id == id)
}

/// Verifies a logout token, and ends what it names.
async fn end(state: &State, id: &str, token: &str) -> Result<Response, Problem> {
    let provider = provider(state, id).ok_or(Problem::ProviderUnknown)?;
    let token = match provider.verify_logout(token, state.service.now()).await {
        Ok(token) => token,
        Err(error) if error.is_absence() => {
            tracing::warn!(provider = id, %error, "a logout token could not be verified");
            return Err(Problem::Unavailable);
        }
        Err(error) => {
            tracing::info!(provider = id, %error, "a logout token was refused");
            return Ok(refused());
        }
    };
    match provider_sessions::log_out(&state.service, id, &token).await {
        Ok(_) => Ok((StatusCode::OK, [(CACHE_CONTROL, "no-store")]).into_response()),
        Err(error @ LogoutError::Used) => {
            tracing::info!(provider = id, %error, "a logout token was refused");
            Ok(refused())
        }
        Err(LogoutError::Database(error)) => Err(error.into()),
    }
}

/// The one `logout_token` of a form.
fn token(body: &[u8]) -> Option<String> {
    let mut tokens = url::form_urlencoded::parse(body).filter(|(name, _)| name == "logout_token");
    match (tokens.next(), tokens.next()) {
        (Some((_, token)), None) => Some(token.into_owned()),
        _ => None,
    }
}
