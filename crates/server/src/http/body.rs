//! How long and how slow a request's body may be. Both bounds hold for every route, be the body read or not.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody, to_bytes};
use axum::extract::{DefaultBodyLimit, Request, State as Shared};
use axum::http::Method;
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use hyper::body::{Frame, SizeHint};
use tokio::time::Sleep;

use super::problem::Refusal;
use super::state::State;

/// How much of a body that is too long is read and thrown away, in bytes. A client that is still writing when the
/// connection closes would not see the answer.
const DRAIN_BYTES: usize = 256 * 1024;

/// The requests whose bodies are small, by the beginning of their path: what is long there is no password and no token, and
/// must not reach the parser.
const SMALL: [(Method, &str); 2] = [(Method::POST, "/api/auth"), (Method::PUT, "/api/me/password")];

/// Bounds the body of a request, in length and in time.
pub(super) async fn bound(Shared(state): Shared<Arc<State>>, request: Request, next: Next) -> Response {
    let limits = &state.settings.limits;
    let is_small = SMALL
        .iter()
        .any(|(method, path)| request.method() == method && request.uri().path().starts_with(path));
    let limit = if is_small { limits.sign_in_body_bytes.min(limits.body_bytes) } else { limits.body_bytes };
    let patience = Duration::from_secs(limits.patience_seconds);
    let request =
        request.map(|body| Body::new(Timed { body, deadline: Box::pin(tokio::time::sleep(patience)) }));
    let declared = usize::try_from(request.body().size_hint().lower()).unwrap_or(usize::MAX);
    if declared > limit {
        if declared <= DRAIN_BYTES {
            let _ = to_bytes(request.into_body(), DRAIN_BYTES).await;
        }
        return Refusal::PayloadTooLarge.into_response();
    }
    let mut request = request;
    DefaultBodyLimit::max(limit).apply(&mut request);
    next.run(request).await
}

/// Whether a body could not be read because its time was over.
pub(super) fn is_too_slow(error: &(dyn std::error::Error + 'static)) -> bool {
    std::iter::successors(Some(error), |error| error.source()).any(<dyn std::error::Error>::is::<TooSlow>)
}

#[derive(Debug, thiserror::Error)]
#[error("the body took too long")]
struct TooSlow;

/// A body that fails at its deadline.
struct Timed {
    body: Body,
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
