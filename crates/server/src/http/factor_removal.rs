//! `/api/me/totp/removal`: the removal of a second factor that its owner has lost. Takes tokens
//! that are bound to a device key only.

use std::sync::Arc;

use axum::Json;
use axum::extract::State as Shared;
use axum::http::StatusCode;
use latchkey_server_core::{MAX_PASSWORD_BYTES, factor_removal};
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};

use super::authenticated::Authenticated;
use super::body::JsonBody;
use super::caller::{Caller, ClientId};
use super::problem::Problem;
use super::problem_document::Document;
use super::state::State;

/// The password, if the account has one: the factor is lost.
#[derive(Deserialize, utoipa::ToSchema)]
#[schema(as = FactorRemovalRequest)]
pub(super) struct Body {
    #[schema(nullable = false, value_type = Option<String>, format = Password)]
    password: Option<SecretString>,
}

/// A removal that is pending.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = FactorRemoval)]
pub(super) struct Answer {
    /// When the factor is removed, in seconds since 1970.
    removal_at: i64,
}

/// Ask for the removal of a lost second factor, with the recovery codes. It is done in 72 hours,
/// unless a device of the account says no, or the factor is used.
///
/// Every other device and the owner's mail are told. Asking again changes nothing.
#[utoipa::path(
    post, path = "/api/me/totp/removal", tag = "factors", security(("dpop" = [])), params(ClientId), request_body = Body,
    responses(
        (status = 202, description = "Pending", body = Answer),
        (status = 400, description = "`invalid_request`, `invalid_client_id`", body = Document, content_type = "application/problem+json"),
        (status = 401, description = "No token, one that is not valid, `proof_required`, or `insufficient_user_authentication`: the device key first signed in less than 24 hours ago, or the account has no password and needs a confirmation in the browser", body = Document, content_type = "application/problem+json"),
        (status = 403, description = "`wrong_password`; `factor_required`: the account must have a factor, or has a role", body = Document, content_type = "application/problem+json"),
        (status = 404, description = "`not_found`: the account has no second factor", body = Document, content_type = "application/problem+json"),
        (status = 408, description = "`request_timeout`", body = Document, content_type = "application/problem+json"),
        (status = 413, description = "`payload_too_large`", body = Document, content_type = "application/problem+json"),
        (status = 415, description = "`unsupported_media_type`: the body must be JSON", body = Document, content_type = "application/problem+json"),
        (status = 429, description = "`too_many_attempts`: try again after `Retry-After` seconds", body = Document, content_type = "application/problem+json"),
        (status = 503, description = "`busy`, `unavailable`", body = Document, content_type = "application/problem+json")
    )
)]
pub(super) async fn ask(
    Shared(state): Shared<Arc<State>>,
    token: Authenticated,
    Caller(caller): Caller,
    JsonBody(body): JsonBody,
) -> Result<(StatusCode, Json<Answer>), Problem> {
    let password = Body::parse(&body)?.password;
    drop(body);
    let due = factor_removal::ask(&state.service, &caller, &token, password).await?;
    Ok((StatusCode::ACCEPTED, Json(Answer { removal_at: due.seconds() })))
}

/// Cancel the removal. May be repeated.
#[utoipa::path(
    delete, path = "/api/me/totp/removal", tag = "factors", security(("dpop" = [])), params(ClientId),
    responses(
        (status = 204, description = "Cancelled, or there was none"),
        (status = 400, description = "`invalid_client_id`", body = Document, content_type = "application/problem+json"),
        (status = 401, description = "No token, one that is not valid, or `proof_required`", body = Document, content_type = "application/problem+json"),
        (status = 503, description = "`unavailable`", body = Document, content_type = "application/problem+json")
    )
)]
pub(super) async fn cancel(
    Shared(state): Shared<Arc<State>>,
    token: Authenticated,
    Caller(caller): Caller,
) -> Result<StatusCode, Problem> {
    factor_removal::cancel(&state.service, &caller, &token).await?;
    Ok(StatusCode::NO_CONTENT)
}

impl Body {
    fn parse(body: &[u8]) -> Result<Self, Problem> {
        let problem = Problem::InvalidRequest("The body is not a JSON object with a password.");
        // serde reads a list of one text as the field.
        if !body.trim_ascii_start().starts_with(b"{") {
            return Err(problem);
        }
        let body: Self = serde_json::from_slice(body).map_err(|_| problem)?;
        if body.password.as_ref().is_some_and(|text| text.expose_secret().len() > MAX_PASSWORD_BYTES) {
            return Err(Problem::WrongPassword);
        }
        Ok(body)
    }
}
