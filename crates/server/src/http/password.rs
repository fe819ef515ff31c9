//! `PUT /api/me/password`: change of the password.

use std::sync::Arc;

use axum::extract::State as Shared;
use axum::http::StatusCode;
use latchkey_server_core::MAX_PASSWORD_BYTES;
use latchkey_server_core::password_change::{PasswordChange, change_password};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;

use super::authenticated::Authenticated;
use super::body::JsonBody;
use super::caller::{Caller, ClientId};
use super::problem::Problem;
use super::problem_document::Document;
use super::state::State;

/// The current password and the new one.
#[derive(Deserialize, utoipa::ToSchema)]
#[schema(as = PasswordChange)]
pub(super) struct Change {
    #[schema(value_type = String, format = Password)]
    pub(super) current: SecretString,
    #[schema(value_type = String, format = Password)]
    pub(super) new: SecretString,
    /// Whether every other session of the account ends.
    #[serde(default)]
    pub(super) end_other_sessions: bool,
}

/// Change the password. It may be refused for being too short, too long, too easy to guess, or
/// known from a breach.
#[utoipa::path(
    put, path = "/api/me/password", tag = "sessions", security(("dpop" = [])), params(ClientId),
    request_body = Change,
    responses(
        (status = 204, description = "Changed"),
        (status = 400, description = "`invalid_request`, `invalid_client_id`, `password_too_short` (with `min_length`), `password_too_long`, `password_too_common`, `password_breached`", body = Document, content_type = "application/problem+json"),
        (status = 401, description = "No token, or one that is not valid; `proof_required`: the token is bound to no device key; `insufficient_user_authentication`: an account with a second factor needs a confirmation by code within 5 minutes", body = Document, content_type = "application/problem+json"),
        (status = 403, description = "`wrong_password`: the present one; `passwords_disabled`", body = Document, content_type = "application/problem+json"),
        (status = 408, description = "`request_timeout`", body = Document, content_type = "application/problem+json"),
        (status = 413, description = "`payload_too_large`", body = Document, content_type = "application/problem+json"),
        (status = 415, description = "`unsupported_media_type`: the body must be JSON", body = Document, content_type = "application/problem+json"),
        (status = 429, description = "`too_many_attempts`: try again after `Retry-After` seconds", body = Document, content_type = "application/problem+json"),
        (status = 503, description = "`busy`, `unavailable`", body = Document, content_type = "application/problem+json")
    )
)]
pub(super) async fn change(
    Shared(state): Shared<Arc<State>>,
    token: Authenticated,
    Caller(caller): Caller,
    JsonBody(body): JsonBody,
) -> Result<StatusCode, Problem> {
    let change = Change::parse(&body)?;
    drop(body);
    change_password(&state.service, &caller, &token, change.into()).await?;
    Ok(StatusCode::NO_CONTENT)
}

impl From<Change> for PasswordChange {
    fn from(change: Change) -> Self {
        let Change { current, new, end_other_sessions } = change;
        Self { current, new, end_other_sessions }
    }
}

impl Change {
    pub(super) fn parse(body: &[u8]) -> Result<Self, Problem> {
        let problem = Problem::InvalidRequest("The body is not a JSON object with current and new.");
        // serde reads a list of two texts as the two fields.
        if !body.trim_ascii_start().starts_with(b"{") {
            return Err(problem);
        }
        let change: Self = serde_json::from_slice(body).map_err(|_| problem)?;
        if change.current.expose_secret().len() > MAX_PASSWORD_BYTES {
            return Err(Problem::WrongPassword);
        }
        if change.new.expose_secret().len() > MAX_PASSWORD_BYTES {
            return Err(Problem::PasswordTooLong);
        }
        Ok(change)
    }
}
