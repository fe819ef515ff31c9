//! `POST /api/auth/confirm`: the user proves once more who they are (RFC 9470).

use std::sync::Arc;

use axum::Json;
use axum::extract::State as Shared;
use axum::http::header::{CACHE_CONTROL, HeaderValue};
use axum::response::{IntoResponse, Response};
use latchkey_server_core::confirm::{Confirmation, confirm as prove};
use latchkey_server_core::{Issued, MAX_PASSWORD_BYTES};
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};

use super::authenticated::Authenticated;
use super::body::JsonBody;
use super::caller::{Caller, ClientId};
use super::problem::Problem;
use super::problem_document::Document;
use super::state::State;

/// Maximum length of a code that is checked, in bytes. Every code is shorter, also with blanks.
const MAX_CODE_BYTES: usize = 64;

/// What the user typed: the strongest that the account has, or what a refusal asks for.
#[derive(Deserialize, utoipa::ToSchema)]
#[schema(as = Confirmation)]
pub(super) struct Fields {
    /// The password.
    #[schema(nullable = false, value_type = Option<String>, format = Password)]
    password: Option<SecretString>,
    /// A TOTP code or a recovery code.
    #[schema(nullable = false, value_type = Option<String>, format = Password)]
    code: Option<SecretString>,
}

/// An access token whose `auth_time` is now. The session's own time is unchanged: a renewal returns
/// tokens with that one.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = ConfirmedToken)]
pub(super) struct Answer {
    /// The access token.
    token: String,
    /// `DPoP`.
    token_type: &'static str,
    /// Seconds from now.
    expires_in: i64,
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        // RFC 6749 §5.1: must not be cached.
        ([(CACHE_CONTROL, HeaderValue::from_static("no-store"))], Json(self)).into_response()
    }
}

impl From<Issued> for Answer {
    fn from(issued: Issued) -> Self {
        Self { token: issued.token, token_type: "DPoP", expires_in: issued.expires_in }
    }
}

/// Confirm who the user is: returns one access token with a fresh `auth_time`.
///
/// Needs the session's access token with its proof, and credentials of the same account.
#[utoipa::path(
    post, path = "/api/auth/confirm", tag = "sessions", security(("dpop" = [])), params(ClientId),
    request_body = Fields,
    responses(
        (status = 200, description = "Confirmed", body = Answer),
        (status = 400, description = "`invalid_request`, `invalid_client_id`, `confirmation_incomplete` (with `needs`)", body = Document, content_type = "application/problem+json"),
        (status = 401, description = "No token, or one that is not valid; `proof_required`: the token is bound to no device key", body = Document, content_type = "application/problem+json"),
        (status = 403, description = "`wrong_password`, `wrong_code`, `code_used`: a code of the app that was used before; `provider_sign_in_required`: the session is held", body = Document, content_type = "application/problem+json"),
        (status = 408, description = "`request_timeout`", body = Document, content_type = "application/problem+json"),
        (status = 413, description = "`payload_too_large`", body = Document, content_type = "application/problem+json"),
        (status = 415, description = "`unsupported_media_type`: the body must be JSON", body = Document, content_type = "application/problem+json"),
        (status = 429, description = "`too_many_attempts`: try again after `Retry-After` seconds", body = Document, content_type = "application/problem+json"),
        (status = 503, description = "`busy`, `unavailable`", body = Document, content_type = "application/problem+json")
    )
)]
pub(super) async fn confirm(
    Shared(state): Shared<Arc<State>>,
    token: Authenticated,
    Caller(caller): Caller,
    JsonBody(body): JsonBody,
) -> Result<impl IntoResponse, Problem> {
    let confirmation = Fields::parse(&body)?;
    drop(body);
    let issued = prove(&state.service, &caller, &token, confirmation).await?;
    Ok(Answer::from(issued))
}

impl Fields {
    pub(super) fn parse(body: &[u8]) -> Result<Confirmation, Problem> {
        let problem = Problem::InvalidRequest("The body is not a JSON object with a password or a code.");
        // serde reads a list of two texts as the two fields.
        if !body.trim_ascii_start().starts_with(b"{") {
            return Err(problem);
        }
        let Self { password, code } = serde_json::from_slice(body).map_err(|_| problem)?;
        let given = |text: Option<SecretString>| text.filter(|text| !text.expose_secret().is_empty());
        let is_longer = |text: &Option<SecretString>, max| {
            text.as_ref().is_some_and(|text| text.expose_secret().len() > max)
        };
        if is_longer(&password, MAX_PASSWORD_BYTES) {
            return Err(Problem::WrongPassword);
        }
        if is_longer(&code, MAX_CODE_BYTES) {
            return Err(Problem::WrongFactorCode);
        }
        Ok(Confirmation { password: given(password), code: given(code) })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn only_an_object_with_texts_is_read() {
        for body in ["", "[]", r#"["a","b"]"#, "null", r#"{"password":7}"#, r#"{"code":["1"]}"#] {
            assert!(Fields::parse(body.as_bytes()).is_err(), "{body}");
        }
        let both = Fields::parse(br#" {"password":"a","code":"123456","more":1}"#).unwrap();
        assert!(both.password.is_some() && both.code.is_some());
        let none = Fields::parse(br#"{"password":"","code":null}"#).unwrap();
        assert!(none.password.is_none() && none.code.is_none());
        let long = format!(r#"{{"code":"{}"}}"#, "1".repeat(65));
        assert_eq!(Fields::parse(long.as_bytes()).unwrap_err(), Problem::WrongFactorCode);
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(body in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = Fields::parse(&body);
        }
    }
}
