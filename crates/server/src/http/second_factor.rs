//! `POST /api/auth/second-factor`: the second step of a sign-in; and the setup of a second factor
//! in its middle.

use std::sync::Arc;

use axum::Json;
use axum::extract::State as Shared;
use axum::http::header::{CACHE_CONTROL, HeaderValue};
use axum::response::{IntoResponse, Response};
use latchkey_server_core::MAX_PASSWORD_BYTES;
use latchkey_server_core::factors::Proposal;
use latchkey_server_core::second_factor::{Enrolment, enrol as propose, prove};
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::body::JsonBody;
use super::caller::{ClientId, NewCaller};
use super::code::MAX_CODE_BYTES;
use super::problem::Problem;
use super::problem_document::Document;
use super::proven_key::ProvenKey;
use super::state::State;
use super::token_response::TokenResponse;

/// A code of the second factor.
#[derive(Deserialize, utoipa::ToSchema)]
#[schema(as = SecondFactor)]
pub(super) struct Fields {
    /// From the refusal of the first step.
    pub(super) challenge: String,
    /// Of the authenticator app, a recovery code, or an operator's code in its place.
    #[schema(value_type = String, format = Password)]
    pub(super) code: SecretString,
}

impl Fields {
    pub(super) fn parse(body: &[u8]) -> Result<Self, Problem> {
        let problem = Problem::InvalidRequest("The body is not a JSON object with challenge and code.");
        // serde reads a list of two texts as the two fields.
        if !body.trim_ascii_start().starts_with(b"{") {
            return Err(problem);
        }
        let fields: Self = serde_json::from_slice(body).map_err(|_| problem)?;
        match fields.code.expose_secret().len() {
            1..=MAX_CODE_BYTES => Ok(fields),
            _ => Err(Problem::MalformedCode),
        }
    }
}

/// The challenge, and what allows the setup.
#[derive(Deserialize, utoipa::ToSchema)]
#[schema(as = Enrolment)]
pub(super) struct EnrolFields {
    /// From the refusal of the first step, or of a renewal.
    pub(super) challenge: String,
    /// An operator's `factor` code, where the refusal says `"authorized": false`.
    #[schema(nullable = false, value_type = Option<String>, format = Password)]
    pub(super) code: Option<SecretString>,
    /// The password, where the challenge is of a renewal.
    #[schema(nullable = false, value_type = Option<String>, format = Password)]
    pub(super) password: Option<SecretString>,
}

impl EnrolFields {
    pub(super) fn parse(body: &[u8]) -> Result<Enrolment, Problem> {
        let problem = Problem::InvalidRequest("The body is not a JSON object with a challenge.");
        if !body.trim_ascii_start().starts_with(b"{") {
            return Err(problem);
        }
        let Self { challenge, code, password } = serde_json::from_slice(body).map_err(|_| problem)?;
        let given = |text: Option<SecretString>| text.filter(|text| !text.expose_secret().is_empty());
        let (code, password) = (given(code), given(password));
        if code.as_ref().is_some_and(|code| code.expose_secret().len() > MAX_CODE_BYTES) {
            return Err(Problem::MalformedCode);
        }
        if password.as_ref().is_some_and(|password| password.expose_secret().len() > MAX_PASSWORD_BYTES) {
            return Err(Problem::WrongPassword);
        }
        Ok(Enrolment { challenge, code, password })
    }
}

/// A proposed second factor, which is shown once.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = FactorProposal)]
pub(super) struct Proposed {
    /// In base 32.
    #[schema(value_type = String)]
    secret: Zeroizing<String>,
    /// The same, for an authenticator app.
    #[schema(value_type = String)]
    otpauth_uri: Zeroizing<String>,
    /// Codes in place of the app's, each good once.
    #[schema(value_type = Vec<String>)]
    recovery_codes: Vec<Zeroizing<String>>,
    /// How long the first code is waited for, in seconds.
    expires_in: i64,
}

impl From<Proposal> for Proposed {
    fn from(proposal: Proposal) -> Self {
        let Proposal { secret, otpauth_uri, recovery_codes, expires_in } = proposal;
        Self { secret, otpauth_uri, recovery_codes, expires_in }
    }
}

impl IntoResponse for Proposed {
    fn into_response(self) -> Response {
        ([(CACHE_CONTROL, HeaderValue::from_static("no-store"))], Json(self)).into_response()
    }
}

/// Complete a sign-in with a code of the second factor, or with the first code of a new one.
///
/// The same device gets the same outcome for a minute.
#[utoipa::path(
    post, path = "/api/auth/second-factor", tag = "sessions", params(ClientId), request_body = Fields,
    responses(
        (status = 200, description = "Signed in", body = TokenResponse),
        (status = 400, description = "`invalid_request`, `invalid_client_id`, `malformed_code` (mistyped; no try)", body = Document, content_type = "application/problem+json"),
        (status = 401, description = "`wrong_code` (with `tries_left`), `challenge_expired`, `code_used`, `enrolment_required` (with `challenge`; after an operator's code), `account_disabled`, `proof_required`, `invalid_dpop_proof`, `use_dpop_nonce`", body = Document, content_type = "application/problem+json"),
        (status = 408, description = "`request_timeout`", body = Document, content_type = "application/problem+json"),
        (status = 413, description = "`payload_too_large`", body = Document, content_type = "application/problem+json"),
        (status = 415, description = "`unsupported_media_type`: the body must be JSON", body = Document, content_type = "application/problem+json"),
        (status = 429, description = "`too_many_attempts`: try again after `Retry-After` seconds", body = Document, content_type = "application/problem+json"),
        (status = 503, description = "`busy`, `unavailable`", body = Document, content_type = "application/problem+json")
    )
)]
pub(super) async fn second_factor(
    Shared(state): Shared<Arc<State>>,
    NewCaller(caller): NewCaller,
    ProvenKey(proof): ProvenKey,
    JsonBody(body): JsonBody,
) -> Result<TokenResponse, Problem> {
    let fields = Fields::parse(&body)?;
    drop(body);
    Ok(prove(&state.service, &caller, &proof, &fields.challenge, &fields.code).await?.into())
}

/// Set up a second factor in the middle of a sign-in. Its first code, sent to
/// `POST /api/auth/second-factor`, switches it on. The last proposal counts.
#[utoipa::path(
    post, path = "/api/auth/second-factor/enrol", tag = "sessions", params(ClientId), request_body = EnrolFields,
    responses(
        (status = 200, description = "The factor, which is shown once", body = Proposed),
        (status = 400, description = "`invalid_request`, `invalid_client_id`, `malformed_code` (mistyped; no try)", body = Document, content_type = "application/problem+json"),
        (status = 401, description = "`wrong_code` (with `tries_left`), `challenge_expired`, `code_used`, `enrolment_required` (the code is missing), `second_factor_required` (the account has one), `account_disabled`, `proof_required`, `invalid_dpop_proof`, `use_dpop_nonce`", body = Document, content_type = "application/problem+json"),
        (status = 403, description = "`wrong_password`", body = Document, content_type = "application/problem+json"),
        (status = 408, description = "`request_timeout`", body = Document, content_type = "application/problem+json"),
        (status = 413, description = "`payload_too_large`", body = Document, content_type = "application/problem+json"),
        (status = 415, description = "`unsupported_media_type`: the body must be JSON", body = Document, content_type = "application/problem+json"),
        (status = 429, description = "`too_many_attempts`: try again after `Retry-After` seconds", body = Document, content_type = "application/problem+json"),
        (status = 503, description = "`busy`, `unavailable`", body = Document, content_type = "application/problem+json")
    )
)]
pub(super) async fn enrol(
    Shared(state): Shared<Arc<State>>,
    NewCaller(caller): NewCaller,
    ProvenKey(proof): ProvenKey,
    JsonBody(body): JsonBody,
) -> Result<Proposed, Problem> {
    let enrolment = EnrolFields::parse(&body)?;
    drop(body);
    Ok(propose(&state.service, &caller, &proof, enrolment).await?.into())
}
