//! What an answer means: whether an event was taken, and whether the receiver can take others.

use std::fmt;

use axum::http::header::{DATE, RETRY_AFTER};
use axum::http::{HeaderMap, StatusCode};
use latchkey_server_core::webhooks::{Failure, SecretFileError};
use latchkey_token::UnixTime;

use crate::outgoing::OutgoingError;

/// Why an event was not taken, in a sentence for an operator.
#[derive(Debug, thiserror::Error)]
pub enum NotTaken {
    /// There was no answer.
    #[error(transparent)]
    Call(#[from] OutgoingError),
    /// The answer is another than 2xx.
    #[error("it answers {0}")]
    Status(AnsweredStatus),
    /// A secret cannot be read.
    #[error(transparent)]
    Secret(#[from] SecretFileError),
}

/// The status of an answer, and what it asks for.
#[derive(Clone, Copy, Debug)]
pub struct AnsweredStatus {
    status: StatusCode,
    retry_after: Option<i64>,
}

impl fmt::Display for AnsweredStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.status)?;
        match self.status.as_u16() {
            300..=399 => f.write_str("; redirects are not followed: set the URL that it leads to"),
            401 | 403 => f.write_str("; does it have the same secret?"),
            410 => f.write_str("; it says that it is gone, and gets no more events"),
            _ => Ok(()),
        }
    }
}

impl NotTaken {
    /// `Ok` for every 2xx (Standard Webhooks, "operational considerations").
    pub(super) fn of(status: StatusCode, headers: &HeaderMap) -> Result<(), Self> {
        if status.is_success() {
            return Ok(());
        }
        Err(Self::Status(AnsweredStatus { status, retry_after: retry_after(headers) }))
    }

    /// What follows from it.
    pub(super) fn failure(&self) -> Failure {
        match self {
            Self::Status(AnsweredStatus { status, retry_after }) => match status.as_u16() {
                410 => Failure::Gone,
                408 | 429 | 500..=599 => Failure::Receiver { retry_after: *retry_after },
                _ => Failure::Event,
            },
            Self::Call(_) | Self::Secret(_) => Failure::Receiver { retry_after: None },
        }
    }

    /// A word or two for the log.
    pub(super) fn cause(&self) -> &'static str {
        match self {
            Self::Call(error) => error.code(),
            Self::Secret(_) => "secret",
            Self::Status(AnsweredStatus { status, .. }) => match status.as_u16() {
                300..=399 => "redirect",
                410 => "gone",
                429 => "too_many_requests",
                400..=499 => "refused",
                _ => "server_error",
            },
        }
    }

    /// The status of the answer, if there was one.
    pub(super) fn status(&self) -> Option<u16> {
        match self {
            Self::Status(answered) => Some(answered.status.as_u16()),
            Self::Call(_) | Self::Secret(_) => None,
        }
    }
}

/// How long a receiver asks to be left alone, in seconds: a number, or a date (RFC 9110 §10.2.3),
/// which is compared with that of the answer, because its clock may differ from this one's.
fn retry_after(headers: &HeaderMap) -> Option<i64> {
    let text = |name| Some(headers.get(name)?.to_str().ok()?.trim());
    let date = |text| httpdate::parse_http_date(text).ok().map(UnixTime::from);
    let asked = text(RETRY_AFTER)?;
    if !asked.is_empty() && asked.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(asked.parse().unwrap_or(i64::MAX));
    }
    Some(date(asked)?.since(date(text(DATE)?)?).max(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_says_whether_others_are_worth_a_try() {
        let of = |status: u16, retry_after: Option<&str>| {
            let mut headers = HeaderMap::new();
            if let Some(value) = retry_after {
                headers.insert(RETRY_AFTER, value.parse().unwrap());
            }
            NotTaken::of(StatusCode::from_u16(status).unwrap(), &headers).map_err(|error| error.failure())
        };
        for taken in [200, 201, 202, 204, 299] {
            assert_eq!(of(taken, None), Ok(()));
        }
        for refused in [301, 307, 308, 400, 401, 404, 422] {
            assert_eq!(of(refused, None), Err(Failure::Event), "{refused}");
        }
        for overloaded in [408, 429, 500, 502, 503, 504] {
            assert_eq!(of(overloaded, None), Err(Failure::Receiver { retry_after: None }), "{overloaded}");
        }
        assert_eq!(of(410, None), Err(Failure::Gone));
        assert_eq!(of(503, Some("120")), Err(Failure::Receiver { retry_after: Some(120) }));
    }

    #[test]
    fn a_receiver_asks_for_a_pause_by_a_number_or_a_date() {
        let of = |asked: &str, date: Option<&str>| {
            let mut headers = HeaderMap::from_iter([(RETRY_AFTER, asked.parse().unwrap())]);
            headers.extend(date.map(|date| (DATE, date.parse().unwrap())));
            retry_after(&headers)
        };
        let date = Some("Fri, 15 Jan 2027 08:00:00 GMT");
        assert_eq!([of("120", date), of(" 0 ", None)], [Some(120), Some(0)]);
        assert_eq!(of("99999999999999999999", date), Some(i64::MAX));
        assert_eq!(of("Fri, 15 Jan 2027 08:01:30 GMT", date), Some(90));
        assert_eq!(of("Fri, 15 Jan 2027 07:00:00 GMT", date), Some(0), "a date that has passed");
        assert_eq!(of("Fri, 15 Jan 2027 08:01:30 GMT", None), None, "nothing to compare with");
        for nonsense in ["", "-1", "1.5", "soon", "+5"] {
            assert_eq!(of(nonsense, date), None, "{nonsense}");
        }
    }
}
