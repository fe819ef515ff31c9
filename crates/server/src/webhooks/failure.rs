//! What an answer means: whether an event was taken, and whether the receiver can take others.

use std::fmt;

use axum::http::header::RETRY_AFTER;
use axum::http::{HeaderMap, StatusCode};
use latchkey_server_core::webhooks::{Failure, SecretFileError};

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
        let retry_after = headers.get(RETRY_AFTER).and_then(|value| value.to_str().ok()?.parse().ok());
        Err(Self::Status(AnsweredStatus { status, retry_after }))
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
        assert_eq!(
            of(503, Some("Fri, 15 Jan 2027 08:00:00 GMT")),
            Err(Failure::Receiver { retry_after: None })
        );
    }
}
