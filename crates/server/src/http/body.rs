//! Limits the length of a request's body and the time that it takes. Both limits apply to every
//! route, whether or not the handler reads the body.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body as HttpRequestBody, Bytes, HttpBody, to_bytes};
use axum::extract::rejection::BytesRejection;
use axum::extract::{DefaultBodyLimit, FromRequest, Request};
use axum::http::{Method, StatusCode};
use hyper::body::{Frame, SizeHint};
use tokio::time::Sleep;

use super::content_type::Format;
use super::problem::{Problem, Takes};
use super::state::State;

/// Maximum number of bytes of a too long body that are read and dropped. A client that is still
/// writing when the connection closes would not receive the response.
const DRAIN_BYTES: usize = 256 * 1024;

/// Requests with small bodies, by the beginning of their path. A longer body holds no valid
/// password or token, and must not reach the parser.
const SMALL: [(Method, &str); 8] = [
    (Method::POST, "/api/auth"),
    (Method::PUT, "/api/me/password"),
    (Method::PUT, "/api/me/totp"),
    (Method::POST, "/api/admin"),
    (Method::PATCH, "/api/admin"),
    (Method::PUT, "/api/admin"),
    (Method::DELETE, "/api/auth/browser"),
    (Method::POST, "/browser"),
];

/// Limits the body of a request, in length and in time. Refuses one that says that it is longer.
pub(super) async fn limit(state: &State, request: Request) -> Result<Request, Problem> {
    let limits = &state.settings.limits;
    let is_small = SMALL
        .iter()
        .any(|(method, path)| request.method() == method && request.uri().path().starts_with(path));
    let max_bytes =
        if is_small { limits.sign_in_body_bytes.min(limits.body_bytes) } else { limits.body_bytes };
    let timeout = Duration::from_secs(limits.patience_seconds);
    let request = request
        .map(|body| HttpRequestBody::new(Timed { body, deadline: Box::pin(tokio::time::sleep(timeout)) }));
    let declared = usize::try_from(request.body().size_hint().lower()).unwrap_or(usize::MAX);
    if declared > max_bytes {
        if declared <= DRAIN_BYTES {
            let _ = to_bytes(request.into_body(), DRAIN_BYTES).await;
        }
        return Err(Problem::PayloadTooLarge);
    }
    let mut request = request;
    DefaultBodyLimit::max(max_bytes).apply(&mut request);
    Ok(request)
}

/// The body of a request, within the limits.
pub(super) struct Body(pub(super) Bytes);

impl FromRequest<Arc<State>> for Body {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &Arc<State>) -> Result<Self, Problem> {
        Ok(Self(Bytes::from_request(request, state).await?))
    }
}

/// The body of a request whose `Content-Type` is JSON.
pub(super) struct JsonBody(pub(super) Bytes);

impl FromRequest<Arc<State>> for JsonBody {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &Arc<State>) -> Result<Self, Problem> {
        match Format::of(request.headers()) {
            Some(Format::Json) => Ok(Self(Bytes::from_request(request, state).await?)),
            Some(Format::Form) | None => Err(Problem::UnsupportedMediaType(Takes::Json)),
        }
    }
}

impl From<BytesRejection> for Problem {
    fn from(rejection: BytesRejection) -> Self {
        match rejection.status() {
            StatusCode::PAYLOAD_TOO_LARGE => Self::PayloadTooLarge,
            _ if is_too_slow(&rejection) => Self::RequestTimeout,
            _ => Self::InvalidRequest("The body could not be read."),
        }
    }
}

/// Whether a body could not be read because its deadline has passed.
fn is_too_slow(error: &(dyn std::error::Error + 'static)) -> bool {
    std::iter::successors(Some(error), |error| error.source()).any(<dyn std::error::Error>::is::<TooSlow>)
}

#[derive(Debug, thiserror::Error)]
#[error("the body took too long")]
struct TooSlow;

/// A body that fails at its deadline.
struct Timed {
    body: HttpRequestBody,
    deadline: Pin<Box<Sleep>>,
}

impl HttpBody for Timed {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        match Pin::new(&mut self.body).poll_frame(context) {
            Poll::Pending => {
                self.deadline.as_mut().poll(context).map(|()| Some(Err(axum::Error::new(TooSlow))))
            }
            ready => ready,
        }
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
