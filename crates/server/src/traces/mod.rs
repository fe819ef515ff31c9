//! Traces of requests (OpenTelemetry): the spans of the log, sent to a collector. Off unless
//! `traces.endpoint` is set. Owns which spans go out and what they say; refuses to let a request
//! wait for the collector, or fail because of it: spans that it does not take are lost.
//!
//! Only spans of this server go out, never lines of the log, which have addresses. No span has a
//! field that comes from a body or a header: use cases are instrumented with `skip_all`.

mod collector;
mod request;

use std::time::Duration;

use opentelemetry::KeyValue;
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_otlp::{SpanExporter, WithExportConfig as _, WithHttpConfig as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{Sampler, SdkTracerProvider};
use tokio::runtime::Handle;
use tracing::Subscriber;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::Layer;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::registry::LookupSpan;

use crate::outgoing::{InvalidOutgoingUrl, OutgoingFilesError};
use crate::settings::TracesSettings;
use collector::Collector;

pub(crate) use request::{HEALTH, answered, span};

/// How long a stopping server waits for the last spans to be taken.
const STOP_TIMEOUT: Duration = Duration::from_secs(2);

/// Why there are no traces with these settings.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TracesError {
    /// The certificate authorities.
    #[error("{0} (traces)")]
    Files(#[from] OutgoingFilesError),
    /// The URL has no place for `/v1/traces`.
    #[error("traces.endpoint cannot be used: {0}")]
    Endpoint(#[from] InvalidOutgoingUrl),
    /// The library refuses its settings, for example those of a standard variable.
    #[error("traces cannot be sent: {0}")]
    Exporter(String),
}

/// What sends the spans. The thread of the library makes batches, and drops spans while too many
/// wait.
pub struct Traces {
    provider: SdkTracerProvider,
}

/// Checks what is read for traces.
///
/// # Errors
/// [`TracesError`].
pub(crate) fn check(settings: &TracesSettings) -> Result<(), TracesError> {
    Collector::new(settings).map(drop)
}

impl Traces {
    /// Begins to send. Calls are made on `runtime`. `None` if there are to be no traces.
    ///
    /// # Errors
    /// [`TracesError`].
    pub fn start(settings: &TracesSettings, runtime: &Handle) -> Result<Option<Self>, TracesError> {
        let Some(collector) = Collector::new(settings)? else { return Ok(None) };
        let exporter = SpanExporter::builder()
            .with_http()
            .with_endpoint(collector.url.as_url().as_str())
            .with_http_client(collector.on(runtime.clone()))
            .build()
            .map_err(|error| TracesError::Exporter(error.to_string()))?;
        let mut resource =
            Resource::builder().with_attribute(KeyValue::new("service.version", env!("CARGO_PKG_VERSION")));
        if std::env::var_os("OTEL_SERVICE_NAME").is_none_or(|name| name.is_empty()) {
            resource = resource.with_service_name("latchkey-server");
        }
        let mut provider =
            SdkTracerProvider::builder().with_batch_exporter(exporter).with_resource(resource.build());
        if std::env::var_os("OTEL_TRACES_SAMPLER").is_none_or(|name| name.is_empty()) {
            let sampler = Sampler::TraceIdRatioBased(settings.sample);
            provider = provider.with_sampler(Sampler::ParentBased(Box::new(sampler)));
        }
        Ok(Some(Self { provider: provider.build() }))
    }

    /// The part of the log that makes traces of its spans.
    pub fn layer<S>(&self) -> impl Layer<S> + Send + Sync + use<S>
    where
        S: Subscriber + for<'a> LookupSpan<'a> + Send + Sync,
    {
        let is_own = |target: &str| target.starts_with("latchkey") && target != HEALTH;
        let filter = filter_fn(move |metadata| metadata.is_span() && is_own(metadata.target()));
        tracing_opentelemetry::layer()
            .with_tracer(self.provider.tracer("latchkey-server"))
            .with_location(false)
            .with_threads(false)
            .with_target(false)
            .with_level(false)
            .with_tracked_inactivity(false)
            .with_filter(filter.with_max_level_hint(LevelFilter::DEBUG))
    }

    /// Sends what is left, for two seconds at most.
    pub async fn stop(self) {
        let stopping = move || self.provider.shutdown_with_timeout(STOP_TIMEOUT);
        let stopped = tokio::task::spawn_blocking(stopping);
        // The collector may be away: nothing is waited for any longer.
        if tokio::time::timeout(STOP_TIMEOUT, stopped).await.is_err() {
            tracing::debug!("the last spans were not sent");
        }
    }
}
