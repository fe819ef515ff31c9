//! `POST /api/auth/code`: a one-time code sets a new password and signs in. Where passwords are off
//! it signs in, and sets nothing.

use std::sync::Arc;

use axum::extract::State as Shared;
use latchkey_server_core::MAX_PASSWORD_BYTES;
use latchkey_server_core::one_time_codes::{Redemption, redeem};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;

use super::body::JsonBody;
use super::caller::{ClientId, NewCaller};
use super::credentials::{MAX_USERNAME_BYTES, label};
use super::problem::Problem;
use super::problem_document::Document;
use super::proven_key::ProvenKey;
use super::state::State;
use super::token_response::TokenResponse;

/// Maximum length of a code that is read, in bytes. Every code is shorter, also with blanks.
pub(super) const MAX_CODE_BYTES: usize = 64;

/// The code, and the password to set with it.
#[derive(Deserialize, utoipa::ToSchema)]
#[schema(as = CodeRedemption)]
pub(super) struct Fields {
    /// As typed: case, blanks and hyphens do not matter.
    #[schema(value_type = String, format = Password)]
    pub(super) code: SecretString,
    /// Required, but where `GET /api/auth/options` has no `password` among the ways: there it is
    /// not sent.
    #[schema(nullable = false, value_type = Option<String>, format = Password)]
    pub(super) new_password: Option<SecretString>,
    /// Only an invitation needs none.
    pub(super) username: Option<String>,
    /// Name that the device reports, for the list of sessions, as at a sign-in.
    device_name: Option<String>,
    /// Its system, as at a sign-in.
    platform: Option<String>,
}

impl Fields {
    pub(super) fn parse(body: &[u8]) -> Result<Redemption, Problem> {
        let problem = Problem::InvalidRequest("The body is not a JSON object with a code.");
        // serde reads a list of texts as the fields.
        if !body.trim_ascii_start().starts_with(b"{") {
            return Err(problem);
        }
        let fields: Self = serde_json::from_slice(body).map_err(|_| problem)?;
        if fields.code.expose_secret().len() > MAX_CODE_BYTES {
            return Err(Problem::MalformedCode);
        }
        let new_password = fields.new_password;
        if new_password.as_ref().is_some_and(|text| text.expose_secret().len() > MAX_PASSWORD_BYTES) {
            return Err(Problem::PasswordTooLong);
        }
        let username = fields.username.filter(|text| !text.is_empty());
        if username.as_ref().is_some_and(|text| text.len() > MAX_USERNAME_BYTES) {
            return Err(Problem::InvalidRequest("The user name is too long."));
        }
        let label = label(fields.device_name, fields.platform)?;
        Ok(Redemption { code: fields.code, new_password, username, label })
    }
}

/// Set a new password with a one-time code, and sign in. Every other session of the account ends.
///
/// Where passwords are off, sign in without one: no other session ends, and for ten minutes the new
/// one may add a passkey or a link without another confirmation. The same device gets the same
/// outcome for a minute. A refusal does not use the code up.
#[utoipa::path(
    post, path = "/api/auth/code", tag = "sessions", params(ClientId), request_body = Fields,
    responses(
        (status = 200, description = "Signed in", body = TokenResponse),
        (status = 400, description = "`invalid_request`, `invalid_client_id`, `malformed_code` (mistyped; no try), `password_too_short` (with `min_length`), `password_too_long`, `password_too_common`, `password_breached`, `code_for_factor`", body = Document, content_type = "application/problem+json"),
        (status = 401, description = "`invalid_code`, `code_used`, `account_disabled`, `second_factor_required` and `enrolment_required` (with `challenge`), `proof_required`, `invalid_dpop_proof`, `use_dpop_nonce`", body = Document, content_type = "application/problem+json"),
        (status = 403, description = "`passwords_disabled`: there is a `new_password`, and passwords are off", body = Document, content_type = "application/problem+json"),
        (status = 408, description = "`request_timeout`", body = Document, content_type = "application/problem+json"),
        (status = 413, description = "`payload_too_large`", body = Document, content_type = "application/problem+json"),
        (status = 415, description = "`unsupported_media_type`: the body must be JSON", body = Document, content_type = "application/problem+json"),
        (status = 429, description = "`too_many_attempts`: try again after `Retry-After` seconds", body = Document, content_type = "application/problem+json"),
        (status = 503, description = "`busy`, `unavailable`", body = Document, content_type = "application/problem+json")
    )
)]
pub(super) async fn code(
    Shared(state): Shared<Arc<State>>,
    NewCaller(caller): NewCaller,
    ProvenKey(proof): ProvenKey,
    JsonBody(body): JsonBody,
) -> Result<TokenResponse, Problem> {
    let redemption = Fields::parse(&body)?;
    drop(body);
    Ok(redeem(&state.service, &caller, &proof, redemption).await?.into())
}
