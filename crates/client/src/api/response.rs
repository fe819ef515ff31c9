//! The meaning of a response. Only a problem document with a code that the server defines counts as
//! the server's. A response of a captive portal, a proxy or a crashed gateway has no effect on a
//! session.

use reqwest::StatusCode;
use reqwest::header::{CONTENT_TYPE, DATE, HeaderMap};
use secrecy::SecretString;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use zeroize::Zeroizing;

use latchkey_token::UnixTime;

use super::api_response::{ApiResponse, shown};
use super::error::{ApiError, End};
use super::port::Tokens;
use super::retry_after;

/// A response, read to its end.
pub(super) struct Response {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: Zeroizing<Vec<u8>>,
}

#[derive(Deserialize)]
struct TokensJson {
    token: SecretString,
    session_token: Option<SecretString>,
}

#[derive(Deserialize)]
struct Problem {
    code: String,
    min_length: Option<u32>,
    detail: Option<String>,
    reason: Option<String>,
}

/// The codes that the server defines. A problem with another code is from an app's route, or from
/// another server.
const SERVER_CODES: [&str; 24] = [
    "account_disabled",
    "busy",
    "internal",
    "invalid_client_id",
    "invalid_credentials",
    "invalid_dpop_proof",
    "invalid_request",
    "invalid_token",
    "method_not_allowed",
    "not_found",
    "password_too_common",
    "password_too_long",
    "password_too_short",
    "payload_too_large",
    "request_timeout",
    "session_expired",
    "session_revoked",
    "session_unknown",
    "token_missing",
    "too_many_attempts",
    "unavailable",
    "unsupported_media_type",
    "use_dpop_nonce",
    "wrong_password",
];

/// How much of a problem's detail is logged, in characters.
const MAX_DETAIL_CHARS: usize = 200;

impl Response {
    /// The server's time, to the second (RFC 9110 §6.6.1).
    pub(super) fn date(&self) -> Option<UnixTime> {
        let text = self.headers.get(DATE)?.to_str().ok()?;
        httpdate::parse_http_date(text).ok().map(UnixTime::from)
    }

    /// The nonce for the next proof, if the server asks for one (RFC 9449 §8).
    pub(super) fn wanted_nonce(&self) -> Option<&str> {
        if self.status != StatusCode::UNAUTHORIZED || self.problem_code().as_deref() != Some("use_dpop_nonce")
        {
            return None;
        }
        self.headers.get("dpop-nonce")?.to_str().ok().filter(|nonce| nonce.len() <= 256)
    }

    pub(super) fn tokens(&self) -> Result<Tokens, ApiError> {
        let tokens: TokensJson = self.document()?;
        Ok(Tokens { access: tokens.token, session: tokens.session_token })
    }

    /// The document that was asked for.
    pub(super) fn document<T: DeserializeOwned>(&self) -> Result<T, ApiError> {
        self.check()?;
        if self.status != StatusCode::OK || !self.is("application/json") {
            return Err(ApiError::InvalidResponse);
        }
        serde_json::from_slice(&self.body).map_err(|_| ApiError::InvalidResponse)
    }

    /// Whether the server carried out the request and has nothing to return. A portal's page does
    /// not count.
    pub(super) fn done(&self) -> Result<(), ApiError> {
        self.check()?;
        if self.status == StatusCode::NO_CONTENT { Ok(()) } else { Err(ApiError::InvalidResponse) }
    }

    /// Whether a session has ended, by this call or before it.
    pub(super) fn ended(&self) -> Result<(), ApiError> {
        match (self.status, self.problem_code().as_deref()) {
            (StatusCode::NOT_FOUND, Some("not_found")) => Ok(()),
            _ => self.done(),
        }
    }

    /// Whether the password was changed, or why the current or the new one was refused.
    pub(super) fn password_changed(&self) -> Result<(), ApiError> {
        let problem = self.problem();
        let code = problem.as_ref().map(|problem| problem.code.as_str());
        let min_length = problem.as_ref().and_then(|problem| problem.min_length);
        Err(match (self.status.as_u16(), code) {
            (403, Some("wrong_password")) => ApiError::WrongCredentials,
            (400, Some("password_too_short")) => ApiError::PasswordTooShort { min_length },
            (400, Some("password_too_long")) => ApiError::PasswordTooLong,
            (400, Some("password_too_common")) => ApiError::PasswordTooCommon,
            _ => return self.done(),
        })
    }

    /// Whether the server carried out the request, or why not.
    pub(super) fn check(&self) -> Result<(), ApiError> {
        if self.status.is_success() {
            return Ok(());
        }
        let problem = self.problem();
        let code = problem.as_ref().map(|problem| problem.code.as_str());
        let reason = problem.as_ref().and_then(|problem| problem.reason.as_deref());
        Err(match (self.status.as_u16(), code) {
            (500..=599, _) => ApiError::Unavailable,
            (429, _) => {
                ApiError::Throttled { retry_after_seconds: retry_after::seconds(&self.headers, self.date()) }
            }
            (401, Some("invalid_credentials")) => ApiError::WrongCredentials,
            (401, Some("session_revoked")) if reason == Some("replaced") => ApiError::Ended(End::Replaced),
            (401, Some("session_revoked" | "account_disabled")) => ApiError::Ended(End::Revoked),
            (401, Some("session_expired")) => ApiError::Ended(End::Expired),
            (401, Some("session_unknown")) => ApiError::SessionUnknown,
            // Refused before the request was read: nothing was done.
            (401, Some("token_missing" | "invalid_token" | "invalid_dpop_proof" | "use_dpop_nonce")) => {
                ApiError::TokenRefused
            }
            (400..=499, Some(_)) => ApiError::Refused,
            _ => ApiError::InvalidResponse,
        })
    }

    /// The response of an app's route, unchanged. `is_conditional`: the request had a header that
    /// allows the response 304.
    pub(super) fn api_response(&self, is_conditional: bool) -> Result<ApiResponse, ApiError> {
        self.check_feature(is_conditional)?;
        let headers = shown(&self.headers);
        Ok(ApiResponse { status: self.status.as_u16(), headers, body: self.body.to_vec() })
    }

    /// Whether this is the response of an app's route, whatever its status. A problem that concerns
    /// the session is not, nor is a portal's page.
    fn check_feature(&self, is_conditional: bool) -> Result<(), ApiError> {
        match self.status.as_u16() {
            401 | 429 | 500..=599 => self.check(),
            304 if is_conditional => Ok(()),
            300..=399 => Err(ApiError::InvalidResponse),
            _ if self.is("text/html") => Err(ApiError::InvalidResponse),
            _ => Ok(()),
        }
    }

    /// Whether this is a problem with one of the server's codes.
    pub(super) fn is_known_problem(&self) -> bool {
        self.problem_code().is_some_and(|code| SERVER_CODES.contains(&code.as_str()))
    }

    /// Logs the outcome of the request. The texts of a response can be from another server: they
    /// are truncated and escaped.
    pub(super) fn log(&self, error: Option<&ApiError>) {
        let status = self.status.as_u16();
        let Some(error) = error else { return tracing::debug!(status, "answered") };
        let problem = self.problem();
        let code: String = problem
            .as_ref()
            .map(|problem| &problem.code)
            .into_iter()
            .flat_map(|code| code.chars())
            .take(64)
            .collect();
        let detail = problem.and_then(|problem| problem.detail).unwrap_or_default();
        let detail: String = detail.chars().take(MAX_DETAIL_CHARS).collect();
        tracing::info!(status, ?code, ?detail, outcome = %error, "the server refused a request");
    }

    fn problem_code(&self) -> Option<String> {
        self.problem().map(|problem| problem.code)
    }

    fn problem(&self) -> Option<Problem> {
        if !self.is("application/problem+json") {
            return None;
        }
        serde_json::from_slice(&self.body).ok()
    }

    fn is(&self, media_type: &str) -> bool {
        let value = self.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        value.split(';').next().is_some_and(|essence| essence.trim().eq_ignore_ascii_case(media_type))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "the tests' own preparations")]
mod tests;
