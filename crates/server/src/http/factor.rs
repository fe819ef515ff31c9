//! `/api/me/totp` and `/api/me/recovery-codes`: the second factor of the caller's account. Takes
//! tokens that are bound to a device key only.

use std::sync::Arc;

use axum::Json;
use axum::extract::State as Shared;
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, HeaderValue};
use axum::response::IntoResponse;
use latchkey_server_core::factors::Proposal;
use latchkey_server_core::own_factor;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::authenticated::Authenticated;
use super::body::JsonBody;
use super::caller::{Caller, ClientId};
use super::problem::Problem;
use super::problem_document::Document;
use super::state::State;

/// A proposed second factor. It is shown once, and on after `PUT` with the first code of the app.
#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct TotpProposal {
    /// The secret in base 32, to be typed.
    #[schema(value_type = String)]
    secret: Zeroizing<String>,
    /// The same for an app, as a QR code or a link.
    #[schema(value_type = String)]
    otpauth_uri: Zeroizing<String>,
    /// Ten codes, each good once in place of a code of the app.
    #[schema(value_type = Vec<String>)]
    recovery_codes: Vec<Zeroizing<String>>,
    /// How long the first code may take, in seconds.
    expires_in: i64,
}

impl From<Proposal> for TotpProposal {
    fn from(proposal: Proposal) -> Self {
        let Proposal { secret, otpauth_uri, recovery_codes, expires_in } = proposal;
        Self { secret, otpauth_uri, recovery_codes, expires_in }
    }
}

/// New recovery codes, in place of those before.
#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct RecoveryCodes {
    #[schema(value_type = Vec<String>)]
    recovery_codes: Vec<Zeroizing<String>>,
}

/// The first code of the app.
#[derive(Deserialize, utoipa::ToSchema)]
pub(super) struct FirstCode {
    #[schema(value_type = String)]
    code: SecretString,
}

const NO_STORE: [(axum::http::HeaderName, HeaderValue); 1] =
    [(CACHE_CONTROL, HeaderValue::from_static("no-store"))];

/// Propose a second factor to this device. Nothing changes before its first code.
#[utoipa::path(
    post, path = "/api/me/totp", tag = "factors", security(("dpop" = [])), params(ClientId),
    responses(
        (status = 200, description = "Proposed; an earlier proposal to this device is forgotten", body = TotpProposal),
        (status = 400, description = "`invalid_client_id`", body = Document, content_type = "application/problem+json"),
        (status = 401, description = "No token, one that is not valid, `proof_required`, or `insufficient_user_authentication`", body = Document, content_type = "application/problem+json"),
        (status = 503, description = "`unavailable`", body = Document, content_type = "application/problem+json")
    )
)]
pub(super) async fn propose(
    Shared(state): Shared<Arc<State>>,
    token: Authenticated,
) -> Result<impl IntoResponse, Problem> {
    let proposal = own_factor::propose(&state.service, &token).await?;
    Ok((NO_STORE, Json(TotpProposal::from(proposal))))
}

/// Switch the proposed factor on, with the first code of the app. May be repeated.
#[utoipa::path(
    put, path = "/api/me/totp", tag = "factors", security(("dpop" = [])), params(ClientId), request_body = FirstCode,
    responses(
        (status = 204, description = "On"),
        (status = 400, description = "`invalid_request`, `invalid_client_id`", body = Document, content_type = "application/problem+json"),
        (status = 401, description = "No token, one that is not valid, or `proof_required`", body = Document, content_type = "application/problem+json"),
        (status = 403, description = "`wrong_code`", body = Document, content_type = "application/problem+json"),
        (status = 408, description = "`request_timeout`", body = Document, content_type = "application/problem+json"),
        (status = 409, description = "`enrolment_expired`: nothing is proposed to this device, or no longer", body = Document, content_type = "application/problem+json"),
        (status = 413, description = "`payload_too_large`", body = Document, content_type = "application/problem+json"),
        (status = 415, description = "`unsupported_media_type`: the body must be JSON", body = Document, content_type = "application/problem+json"),
        (status = 503, description = "`unavailable`", body = Document, content_type = "application/problem+json")
    )
)]
pub(super) async fn switch_on(
    Shared(state): Shared<Arc<State>>,
    token: Authenticated,
    Caller(caller): Caller,
    JsonBody(body): JsonBody,
) -> Result<StatusCode, Problem> {
    let problem = Problem::InvalidRequest("The body is not a JSON object with code.");
    // serde reads a list of one text as the one field.
    if !body.trim_ascii_start().starts_with(b"{") {
        return Err(problem);
    }
    let first: FirstCode = serde_json::from_slice(&body).map_err(|_| problem)?;
    drop(body);
    own_factor::switch_on(&state.service, &caller, &token, &first.code).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Remove the second factor and the recovery codes.
#[utoipa::path(
    delete, path = "/api/me/totp", tag = "factors", security(("dpop" = [])), params(ClientId),
    responses(
        (status = 204, description = "Removed, or there was none"),
        (status = 400, description = "`invalid_client_id`", body = Document, content_type = "application/problem+json"),
        (status = 401, description = "No token, one that is not valid, `proof_required`, or `insufficient_user_authentication`", body = Document, content_type = "application/problem+json"),
        (status = 403, description = "`factor_required`: the account must have one", body = Document, content_type = "application/problem+json"),
        (status = 503, description = "`unavailable`", body = Document, content_type = "application/problem+json")
    )
)]
pub(super) async fn remove(
    Shared(state): Shared<Arc<State>>,
    token: Authenticated,
    Caller(caller): Caller,
) -> Result<StatusCode, Problem> {
    own_factor::remove(&state.service, &caller, &token).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Make new recovery codes. Those before are worthless then.
#[utoipa::path(
    post, path = "/api/me/recovery-codes", tag = "factors", security(("dpop" = [])), params(ClientId),
    responses(
        (status = 200, description = "The new codes, shown once", body = RecoveryCodes),
        (status = 400, description = "`invalid_client_id`", body = Document, content_type = "application/problem+json"),
        (status = 401, description = "No token, one that is not valid, `proof_required`, or `insufficient_user_authentication`", body = Document, content_type = "application/problem+json"),
        (status = 404, description = "`not_found`: the account has no second factor", body = Document, content_type = "application/problem+json"),
        (status = 503, description = "`unavailable`", body = Document, content_type = "application/problem+json")
    )
)]
pub(super) async fn renew_recovery_codes(
    Shared(state): Shared<Arc<State>>,
    token: Authenticated,
    Caller(caller): Caller,
) -> Result<impl IntoResponse, Problem> {
    let recovery_codes = own_factor::renew_recovery_codes(&state.service, &caller, &token).await?;
    Ok((NO_STORE, Json(RecoveryCodes { recovery_codes })))
}
