//! The outermost layer of every request: its id, its line in the log, the date of its response, and
//! its timeout. The line of a refused request has the problem's code and detail. No header, body or
//! query gets into the log.

use std::future::Future;
use std::time::{Duration, UNIX_EPOCH};

use axum::extract::{MatchedPath, Request};
use axum::http::{HeaderName, HeaderValue, header};
use axum::response::{IntoResponse as _, Response};
use latchkey_token::UnixTime;
use tokio::time::Instant;
use tracing::{Instrument as _, Span};
use uuid::Uuid;

use super::problem::Problem;
use super::problem_document::Reason;
use super::state::State;
use crate::traces;

/// Maximum length of a logged path, in characters.
const MAX_PATH_CHARS: usize = 200;

/// Paths whose requests are logged as details, unless they fail.
const HEALTH_CHECKS: [&str; 2] = ["/healthz", "/readyz"];

/// Only a request that waits for a database that hangs takes this long.
const MAX_DURATION: Duration = Duration::from_secs(60);

/// Gives the request an id, which is in its log lines and its response (`x-request-id`). The id is
/// always made here, because one from outside may be forged. `Date` is the time that tokens and
/// proofs are verified at: a client whose clock is wrong corrects its proofs with it. `handle` is
/// all that comes after.
pub(super) async fn observe<F: Future<Output = Response>>(
    state: &State,
    mut request: Request,
    handle: impl FnOnce(Request) -> F,
) -> Response {
    let id = Uuid::new_v4().to_string();
    let method = request.method().clone();
    let path: String = request.uri().path().chars().take(MAX_PATH_CHARS).collect();
    let route = request.extensions().get::<MatchedPath>().cloned();
    let started = Instant::now();
    let is_health_check = HEALTH_CHECKS.contains(&path.as_str());
    let trace = if state.settings.traces.collector().is_some() && !is_health_check {
        let (head, body) = request.into_parts();
        let headers = state.proxies.have_sent(&head).then_some(&head.headers);
        let trace = traces::span(&method, route.as_ref().map(MatchedPath::as_str), headers);
        request = Request::from_parts(head, body);
        trace
    } else {
        Span::none()
    };
    let span = trace.in_scope(|| match is_health_check {
        true => tracing::info_span!(target: traces::HEALTH, "request", id = %id),
        false => tracing::info_span!("request", id = %id),
    });
    async move {
        let running = tokio::time::timeout(MAX_DURATION, handle(request));
        let mut response = running.await.unwrap_or_else(|_| Problem::Unavailable.into_response());
        if let Ok(id) = HeaderValue::try_from(id) {
            response.headers_mut().insert(HeaderName::from_static("x-request-id"), id);
        }
        if let Some(date) = http_date(state.service.now()) {
            response.headers_mut().insert(header::DATE, date);
        }
        let (status, elapsed) = (response.status(), started.elapsed());
        traces::answered(&trace, status);
        state.metrics.answered(&method, route.as_ref().map(MatchedPath::as_str), status, elapsed);
        let (code, ms) = (status.as_u16(), elapsed.as_millis());
        match response.extensions().get::<Reason>() {
            // They come every few seconds, from every balancer.
            None if is_health_check => {
                tracing::debug!(%method, path, status = code, ms, "answered");
            }
            None => tracing::info!(%method, path, status = code, ms, "answered"),
            Some(Reason { code: reason, detail }) => {
                tracing::info!(%method, path, status = code, code = reason, detail, ms, "refused");
            }
        }
        response
    }
    .instrument(span)
    .await
}

/// The time as an HTTP date (RFC 9110 §5.6.7); `None` before 1970 and after 9999, which have no
/// form.
fn http_date(now: UnixTime) -> Option<HeaderValue> {
    let seconds = u64::try_from(now.seconds()).ok().filter(|seconds| *seconds <= 253_402_300_799)?;
    let time = UNIX_EPOCH + Duration::from_secs(seconds);
    HeaderValue::try_from(httpdate::fmt_http_date(time)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn http_dates_from_1970_to_9999() {
        let date = |seconds| http_date(UnixTime::new(seconds)).map(|date| date.to_str().unwrap().to_owned());
        assert_eq!(date(1_800_000_000).unwrap(), "Fri, 15 Jan 2027 08:00:00 GMT");
        assert_eq!(date(253_402_300_799).unwrap(), "Fri, 31 Dec 9999 23:59:59 GMT");
        for nonsense in [-1, 253_402_300_800, i64::MIN, i64::MAX] {
            assert_eq!(date(nonsense), None);
        }
    }
}
