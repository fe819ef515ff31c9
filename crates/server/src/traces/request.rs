//! The span of a request (OpenTelemetry's semantic conventions, HTTP server spans): method, route
//! and status. Has no path, query, header or address.

use axum::http::{HeaderMap, Method, StatusCode};
use opentelemetry::propagation::TextMapPropagator as _;
use opentelemetry_http::HeaderExtractor;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use tracing::Span;
use tracing::field::Empty;
use tracing_opentelemetry::OpenTelemetrySpanExt as _;

/// The target of spans that do not go out: health checks come every few seconds.
pub(crate) const HEALTH: &str = "latchkey_server::health";

/// Begins the span of a request. `headers` are those of a trusted proxy, whose `traceparent` the
/// trace continues; `None`: the trace begins here, whatever a client sends.
pub(crate) fn span(method: &Method, route: Option<&str>, headers: Option<&HeaderMap>) -> Span {
    let known = ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"];
    // A client may invent methods.
    let method = known.into_iter().find(|known| *known == method.as_str()).unwrap_or("_OTHER");
    let name = route.map_or_else(|| method.to_owned(), |route| format!("{method} {route}"));
    let span = tracing::debug_span!(
        target: "latchkey_server::traces",
        "http",
        otel.name = name,
        otel.kind = "server",
        otel.status_code = Empty,
        http.request.method = method,
        http.route = route,
        http.response.status_code = Empty,
    );
    if let Some(headers) = headers {
        let parent = TraceContextPropagator::new().extract(&HeaderExtractor(headers));
        // It fails only for a span that does not go out.
        let _ = span.set_parent(parent);
    }
    span
}

/// Ends the span of a request.
pub(crate) fn answered(span: &Span, status: StatusCode) {
    span.record("http.response.status_code", status.as_u16());
    if status.is_server_error() {
        span.record("otel.status_code", "ERROR");
    }
}
