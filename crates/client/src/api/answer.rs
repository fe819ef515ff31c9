//! What an answer means. Only the server's own words count as such: a problem document with a code that it defines. A
//! captive portal, a proxy or a crashed gateway says nothing about a session.

use reqwest::StatusCode;
use reqwest::header::{CONTENT_TYPE, DATE, HeaderMap};
use secrecy::SecretString;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use zeroize::Zeroizing;

use latchkey_token::UnixTime;

use super::{ApiError, End, Tokens, retry_after};
use crate::view::ApiReply;

/// An answer, read to its end.
pub(super) struct Answer {
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

/// The codes that the server defines. A problem with another one is a screen's own, or a
/// stranger's.
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

/// How much of a problem's detail goes into the log, in characters.
const MAX_DETAIL_CHARS: usize = 200;

impl Answer {
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
            return Err(ApiError::NotUnderstood);
        }
        serde_json::from_slice(&self.body).map_err(|_| ApiError::NotUnderstood)
    }

    /// Whether it was done, where there is nothing to say about it: a portal's friendly page has done nothing.
    pub(super) fn done(&self) -> Result<(), ApiError> {
        self.check()?;
        if self.status == StatusCode::NO_CONTENT { Ok(()) } else { Err(ApiError::NotUnderstood) }
    }

    /// Whether a session is over, by this call or before it.
    pub(super) fn ended(&self) -> Result<(), ApiError> {
        match (self.status, self.problem_code().as_deref()) {
            (StatusCode::NOT_FOUND, Some("not_found")) => Ok(()),
            _ => self.done(),
        }
    }

    /// Whether the password was changed, or what is wrong with the present or the new one.
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

    /// Whether the server did what was asked, or why not.
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
            // Said at the door: nothing was done.
            (401, Some("token_missing" | "invalid_token" | "invalid_dpop_proof" | "use_dpop_nonce")) => {
                ApiError::TokenRefused
            }
            (400..=499, Some(_)) => ApiError::Refused,
            _ => ApiError::NotUnderstood,
        })
    }

    /// A route's own answer, as it is.
    pub(super) fn reply(&self) -> Result<ApiReply, ApiError> {
        self.check_reply()?;
        let body = String::from_utf8_lossy(&self.body).into_owned();
        Ok(ApiReply { status: self.status.as_u16(), body })
    }

    /// Whether this is a route's own answer, whatever it says. What concerns the session is not, nor is a portal's page.
    fn check_reply(&self) -> Result<(), ApiError> {
        match self.status.as_u16() {
            401 | 429 | 500..=599 => self.check(),
            300..=399 => Err(ApiError::NotUnderstood),
            _ if self.is("text/html") => Err(ApiError::NotUnderstood),
            _ => Ok(()),
        }
    }

    /// Whether this is a problem that the server itself tells.
    pub(super) fn is_known_problem(&self) -> bool {
        self.problem_code().is_some_and(|code| SERVER_CODES.contains(&code.as_str()))
    }

    /// Writes what came of the request to the log. The texts of an answer may be a stranger's: they
    /// are cut, and escaped.
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
mod tests {
    use super::*;

    fn answer(status: u16, media_type: &str, body: &str) -> Answer {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, media_type.parse().unwrap());
        headers.insert(DATE, "Fri, 15 Jan 2027 08:00:00 GMT".parse().unwrap());
        headers.insert("dpop-nonce", "n".parse().unwrap());
        let status = StatusCode::from_u16(status).unwrap();
        Answer { status, headers, body: Zeroizing::new(body.as_bytes().to_vec()) }
    }

    fn problem(status: u16, code: &str) -> Answer {
        answer(status, "application/problem+json", &format!(r#"{{"status":{status},"code":"{code}"}}"#))
    }

    #[test]
    fn only_the_servers_own_words_end_a_session() {
        assert_eq!(problem(401, "session_revoked").check(), Err(ApiError::Ended(End::Revoked)));
        assert_eq!(problem(401, "account_disabled").check(), Err(ApiError::Ended(End::Revoked)));
        assert_eq!(problem(401, "session_expired").check(), Err(ApiError::Ended(End::Expired)));
        let because = |reason| {
            let body = format!(r#"{{"code":"session_revoked","reason":"{reason}"}}"#);
            answer(401, "application/problem+json", &body).check()
        };
        assert_eq!(because("replaced"), Err(ApiError::Ended(End::Replaced)));
        assert_eq!(because("a later one"), Err(ApiError::Ended(End::Revoked)));
        for (answer, expected) in [
            (problem(403, "session_revoked"), ApiError::Refused),
            (problem(503, "session_revoked"), ApiError::Unavailable),
            (problem(401, "invalid_token"), ApiError::TokenRefused),
            (problem(401, "use_dpop_nonce"), ApiError::TokenRefused),
            (problem(401, "a_routes_own"), ApiError::Refused),
            (answer(401, "text/html", r#"{"code":"session_revoked"}"#), ApiError::NotUnderstood),
            (answer(401, "application/json", r#"{"code":"session_revoked"}"#), ApiError::NotUnderstood),
            (answer(401, "application/problem+json", "<html>"), ApiError::NotUnderstood),
            (answer(302, "text/html", ""), ApiError::NotUnderstood),
            (answer(500, "text/html", ""), ApiError::Unavailable),
            (problem(429, "too_many_attempts"), ApiError::Throttled { retry_after_seconds: None }),
            (problem(401, "session_unknown"), ApiError::SessionUnknown),
            (problem(403, "session_unknown"), ApiError::Refused),
            (problem(401, "invalid_credentials"), ApiError::WrongCredentials),
        ] {
            assert_eq!(answer.check(), Err(expected), "{}", answer.status);
        }
    }

    #[test]
    fn a_portals_page_is_no_token() {
        for answer in [
            answer(200, "text/html", r#"{"token":"a.b.c"}"#),
            answer(200, "application/json", "<html>"),
            answer(200, "application/json", r#"{"token":7}"#),
            answer(204, "application/json", r#"{"token":"a.b.c"}"#),
        ] {
            assert_eq!(answer.tokens().err(), Some(ApiError::NotUnderstood));
        }
        assert!(answer(200, "Application/JSON; charset=utf-8", r#"{"token":"a.b.c"}"#).tokens().is_ok());
    }

    #[test]
    fn a_portals_page_has_changed_and_ended_nothing() {
        for answer in [
            answer(200, "text/html", "<html>"),
            answer(200, "application/json", "{}"),
            answer(302, "text/html", ""),
        ] {
            assert_eq!(answer.done(), Err(ApiError::NotUnderstood));
            assert_eq!(answer.ended(), Err(ApiError::NotUnderstood));
            assert_eq!(answer.password_changed(), Err(ApiError::NotUnderstood));
        }
        let page = answer(404, "text/html", r#"{"code":"not_found"}"#);
        assert_eq!(page.ended(), Err(ApiError::NotUnderstood));
        let done = answer(204, "text/plain", "");
        assert_eq!((done.done(), done.ended(), done.password_changed()), (Ok(()), Ok(()), Ok(())));
    }

    #[test]
    fn a_session_that_is_over_already_is_ended() {
        assert_eq!(problem(404, "not_found").ended(), Ok(()));
        assert_eq!(problem(401, "session_revoked").ended(), Err(ApiError::Ended(End::Revoked)));
    }

    #[test]
    fn what_is_wrong_with_a_password() {
        let short = |body| answer(400, "application/problem+json", body).password_changed();
        assert_eq!(
            short(r#"{"code":"password_too_short","min_length":15}"#),
            Err(ApiError::PasswordTooShort { min_length: Some(15) })
        );
        assert_eq!(
            short(r#"{"code":"password_too_short"}"#),
            Err(ApiError::PasswordTooShort { min_length: None })
        );
        for (answer, expected) in [
            (problem(403, "wrong_password"), ApiError::WrongCredentials),
            (problem(400, "password_too_long"), ApiError::PasswordTooLong),
            (problem(400, "password_too_common"), ApiError::PasswordTooCommon),
            (problem(400, "invalid_request"), ApiError::Refused),
            (problem(429, "too_many_attempts"), ApiError::Throttled { retry_after_seconds: None }),
            (problem(503, "busy"), ApiError::Unavailable),
            (problem(401, "session_revoked"), ApiError::Ended(End::Revoked)),
            (problem(401, "wrong_password"), ApiError::Refused),
            (answer(403, "text/html", r#"{"code":"wrong_password"}"#), ApiError::NotUnderstood),
        ] {
            assert_eq!(answer.password_changed(), Err(expected));
        }
    }

    #[test]
    fn only_the_servers_own_codes_are_known() {
        for code in SERVER_CODES {
            assert!(problem(401, code).is_known_problem(), "{code}");
        }
        assert!(!problem(401, "a_routes_own").is_known_problem());
        assert!(!answer(401, "text/html", r#"{"code":"session_revoked"}"#).is_known_problem());
        assert!(SERVER_CODES.is_sorted());
    }

    #[test]
    fn date_and_nonce() {
        let asked = problem(401, "use_dpop_nonce");
        assert_eq!(asked.date(), Some(UnixTime::new(1_800_000_000)));
        assert_eq!(asked.wanted_nonce(), Some("n"));
        assert_eq!(problem(401, "invalid_token").wanted_nonce(), None);
    }
}
