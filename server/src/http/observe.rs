//! What every request passes first: its id, its line in the log, and the limit of its body. No header, body or query
//! gets into the log.

use axum::body::HttpBody as _;
use axum::extract::{Request, State as Shared};
use axum::http::{HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use tokio::time::Instant;
use tracing::Instrument as _;
use uuid::Uuid;

use super::problem::Refusal;

/// The longest path that is logged, in characters.
const MAX_PATH_CHARS: usize = 200;

/// Gives the request an id, which its log lines and its answer bear (`x-request-id`). The id is always the server's own:
/// one from outside could be anybody's.
pub(super) async fn observe(request: Request, next: Next) -> Response {
    let id = Uuid::new_v4().to_string();
    let method = request.method().clone();
    let path: String = request.uri().path().chars().take(MAX_PATH_CHARS).collect();
    let started = Instant::now();
    let span = tracing::info_span!("request", id = %id);
    async move {
        let mut response = next.run(request).await;
        if let Ok(id) = HeaderValue::try_from(id) {
            response.headers_mut().insert(HeaderName::from_static("x-request-id"), id);
        }
        let status = response.status().as_u16();
        tracing::info!(%method, path, status, ms = started.elapsed().as_millis(), "answered");
        response
    }
    .instrument(span)
    .await
}

/// Refuses a body that says it is too long. One that does not say is cut off by whoever reads it.
pub(super) async fn limit_body(Shared(limit): Shared<usize>, request: Request, next: Next) -> Response {
    let length = usize::try_from(request.body().size_hint().lower()).unwrap_or(usize::MAX);
    if length > limit { Refusal::PayloadTooLarge.into_response() } else { next.run(request).await }
}
