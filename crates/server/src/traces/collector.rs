//! The calls to the collector. The library calls from a thread of its own, without an asynchronous
//! runtime: each call is a task of the server's.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use axum::http::{Method, Request, Response};
use opentelemetry_http::{Bytes, HttpClient, HttpError};
use tokio::runtime::Handle;

use super::TracesError;
use crate::outgoing::{Limits, Outgoing, OutgoingUrl};
use crate::settings::TracesSettings;

const LIMITS: Limits =
    Limits { connect: Duration::from_secs(5), total: Duration::from_secs(10), answer_bytes: 64 * 1024 };

/// A collector of traces.
pub(super) struct Collector {
    pub(super) url: OutgoingUrl,
    outgoing: Outgoing,
}

/// A collector, and where its calls run.
pub(super) struct Client {
    collector: Collector,
    runtime: Handle,
    /// Whether the last call failed: a failure is logged once.
    is_failing: AtomicBool,
}

impl Collector {
    /// `None` if there are to be no traces.
    pub(super) fn new(settings: &TracesSettings) -> Result<Option<Self>, TracesError> {
        let Some(base) = settings.collector() else { return Ok(None) };
        let base = base.as_url().as_str();
        let url: OutgoingUrl = format!("{}/v1/traces", base.trim_end_matches('/')).parse()?;
        let outgoing = Outgoing::new(&url, LIMITS, settings.ca_file.as_deref())?;
        Ok(Some(Self { url, outgoing }))
    }

    pub(super) fn on(self, runtime: Handle) -> Client {
        Client { collector: self, runtime, is_failing: AtomicBool::new(false) }
    }
}

impl Client {
    fn note(&self, cause: Option<&str>) {
        let was_failing = self.is_failing.swap(cause.is_some(), Ordering::Relaxed);
        match cause {
            Some(cause) if !was_failing => {
                tracing::warn!(cause, "traces are lost: the collector does not take them");
            }
            None if was_failing => tracing::warn!("the collector takes traces again"),
            _ => {}
        }
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Client").field(&self.collector.url).finish()
    }
}

#[async_trait]
impl HttpClient for Client {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let (head, body) = request.into_parts();
        let outgoing = self.collector.outgoing.clone();
        let call = outgoing.request(Method::POST, &self.collector.url).headers(head.headers).body(body);
        let answer = self.runtime.spawn(async move { outgoing.call(call).await }).await?;
        let answer = answer.inspect_err(|error| self.note(Some(error.code())))?;
        self.note((!answer.status.is_success()).then_some("refused"));
        let mut response = Response::new(Bytes::copy_from_slice(&answer.body));
        *response.status_mut() = answer.status;
        *response.headers_mut() = answer.headers;
        Ok(response)
    }
}
