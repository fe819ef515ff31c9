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
use super::challenge::{ChallengeJson, SignInAnswer, Tokens};
use super::error::ApiError;
use super::problem::{Problem, SERVER_CODES};
use super::retry_after;
use crate::view::PendingKind;

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
    /// Seconds until the absolute limit of the session.
    session_ends_in: Option<i64>,
    #[serde(default)]
    notices: u32,
}

/// How much of a problem's detail is logged, in characters.
const MAX_DETAIL_CHARS: usize = 200;

/// No session lasts longer than ten years.
const MAX_SESSION_SECONDS: i64 = 10 * 366 * 86_400;

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
        Ok(Tokens {
            access: tokens.token,
            session: tokens.session_token,
            ends_in: tokens.session_ends_in.map(|seconds| seconds.clamp(0, MAX_SESSION_SECONDS)),
            notices: tokens.notices,
        })
    }

    /// The document that was asked for.
    pub(super) fn document<T: DeserializeOwned>(&self) -> Result<T, ApiError> {
        self.document_with(StatusCode::OK)
    }

    /// The document of a request that the server has accepted and carries out later (RFC 9110
    /// §15.3.3).
    pub(super) fn accepted<T: DeserializeOwned>(&self) -> Result<T, ApiError> {
        self.document_with(StatusCode::ACCEPTED)
    }

    /// The document of what the request has made (RFC 9110 §15.3.2).
    pub(super) fn created<T: DeserializeOwned>(&self) -> Result<T, ApiError> {
        self.document_with(StatusCode::CREATED)
    }

    fn document_with<T: DeserializeOwned>(&self, status: StatusCode) -> Result<T, ApiError> {
        self.check()?;
        if self.status != status || !self.is("application/json") {
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

    /// Whether a sign-out token was accepted. [`ApiError::Refused`]: it never will be.
    /// [`ApiError::TokenRefused`]: the refusal is of this request, or of a proxy, and may be over
    /// later.
    pub(super) fn delivered(&self) -> Result<(), ApiError> {
        match (self.status.as_u16(), self.problem_code().as_deref()) {
            (400, Some("invalid_request")) => Err(ApiError::Refused),
            (408 | 429, _) => self.check(),
            (400..=499, Some(_)) => Err(ApiError::TokenRefused),
            _ => self.done(),
        }
    }

    /// Whether a session has ended, by this call or before it.
    pub(super) fn ended(&self) -> Result<(), ApiError> {
        match (self.status, self.problem_code().as_deref()) {
            (StatusCode::NOT_FOUND, Some("not_found")) => Ok(()),
            _ => self.done(),
        }
    }

    /// Whether a link is removed, by this call or before it.
    pub(super) fn unlinked(&self) -> Result<(), ApiError> {
        match (self.status, self.problem_code().as_deref()) {
            (StatusCode::NOT_FOUND, Some("link_unknown")) => Ok(()),
            _ => self.done(),
        }
    }

    /// Whether the server carried out the request, or why not.
    pub(super) fn check(&self) -> Result<(), ApiError> {
        if self.status.is_success() {
            return Ok(());
        }
        let status = self.status.as_u16();
        Err(match (status, self.problem()) {
            // 408: it was not read to the end in time, so nothing was done.
            (408 | 500..=599, _) => ApiError::Unavailable,
            (429, _) => {
                ApiError::Throttled { retry_after_seconds: retry_after::seconds(&self.headers, self.date()) }
            }
            (400..=499, Some(problem)) => problem.meaning(status).unwrap_or(ApiError::Refused),
            _ => ApiError::InvalidResponse,
        })
    }

    /// The tokens of a session, or the challenge that comes first.
    pub(super) fn sign_in_answer(&self) -> Result<SignInAnswer, ApiError> {
        let code = self.problem_code();
        let challenge = match (self.status, code.as_deref()) {
            (StatusCode::UNAUTHORIZED, Some("second_factor_required")) => (PendingKind::SecondFactor, true),
            (StatusCode::UNAUTHORIZED, Some("enrolment_required")) => (PendingKind::Enrolment, false),
            (StatusCode::UNAUTHORIZED, Some("factor_required")) => (PendingKind::Enrolment, true),
            _ => return self.tokens().map(SignInAnswer::Tokens),
        };
        let json: ChallengeJson =
            serde_json::from_slice(&self.body).map_err(|_| ApiError::InvalidResponse)?;
        json.read(challenge.0, challenge.1).map(SignInAnswer::Challenge)
    }

    /// Like [`Self::sign_in_answer`], where there is no session yet that could have ended.
    pub(super) fn first_answer(&self) -> Result<SignInAnswer, ApiError> {
        match (self.status, self.problem_code().as_deref()) {
            (StatusCode::UNAUTHORIZED, Some("account_disabled")) => Err(ApiError::AccountDisabled),
            _ => self.sign_in_answer(),
        }
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

    pub(super) fn is(&self, media_type: &str) -> bool {
        let value = self.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        value.split(';').next().is_some_and(|essence| essence.trim().eq_ignore_ascii_case(media_type))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "the tests' own preparations")]
mod tests;

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "the tests' own preparations")]
mod people_tests;
