//! Traces: what a collector gets from the program, and what a collector that is away costs.

use std::collections::BTreeSet;
use std::io::Read as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use latchkey_testkit::{PASSWORD, USERNAME, wait_for};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::KeyValue;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message as _;
use reqwest::{Client, Response};
use serde_json::json;
use tokio::net::TcpListener;

use crate::cli::{Running, fails, prepared, program, run, succeeds};

const DEVICE: &str = "device-of-the-trace";
const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";

/// A collector that keeps what it gets.
#[derive(Clone, Default)]
struct Collector {
    requests: Arc<Mutex<Vec<ExportTraceServiceRequest>>>,
    headers: Arc<Mutex<Vec<HeaderMap>>>,
}

impl Collector {
    /// Starts one that answers with this status, and returns its URL.
    async fn start(status: StatusCode) -> (Self, String) {
        let (collector, listener) = (Self::default(), TcpListener::bind("127.0.0.1:0").await.unwrap());
        let url = format!("http://localhost:{}", listener.local_addr().unwrap().port());
        let kept = collector.clone();
        let take = move |headers: HeaderMap, body: Bytes| async move {
            kept.requests.lock().unwrap().push(ExportTraceServiceRequest::decode(body).unwrap());
            kept.headers.lock().unwrap().push(headers);
            status
        };
        let router = Router::new().route("/v1/traces", post(take));
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        (collector, url)
    }

    fn spans(&self) -> Vec<Span> {
        let requests = self.requests.lock().unwrap();
        let scopes = requests.iter().flat_map(|request| &request.resource_spans);
        scopes.flat_map(|spans| &spans.scope_spans).flat_map(|scope| scope.spans.clone()).collect()
    }

    /// Waits for this many spans with this name.
    async fn wait_for(&self, name: &str, count: usize) -> Vec<Span> {
        wait_for(name, async || {
            let mut found = self.spans();
            found.retain(|span| span.name == name);
            (found.len() >= count).then_some(found)
        })
        .await
    }
}

fn text(attributes: &[KeyValue], name: &str) -> Option<String> {
    let found = attributes.iter().find(|attribute| attribute.key == name)?;
    match found.value.as_ref()?.value.as_ref()? {
        Value::StringValue(text) => Some(text.clone()),
        Value::IntValue(number) => Some(number.to_string()),
        other => Some(format!("{other:?}")),
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The server, with traces to this URL, in batches of a tenth of a second.
fn traced(folder: &Path, url: &str) -> Command {
    let mut command = program(folder);
    command.args(["serve", "--listen", "127.0.0.1:0"]).stderr(Stdio::null());
    command.env("LATCHKEY_TRACES_ENDPOINT", url).env("OTEL_BSP_SCHEDULE_DELAY", "100");
    command
}

async fn sign_in(server: &Running, password: &str, traceparent: Option<&str>) -> Response {
    let client = Client::builder().no_proxy().build().unwrap();
    let body = json!({ "username": USERNAME, "password": password });
    let request = client.post(format!("{}/api/auth", server.url)).header("x-client", DEVICE);
    let request = match traceparent {
        Some(traceparent) => request.header("traceparent", traceparent),
        None => request,
    };
    request.json(&body).send().await.unwrap()
}

#[tokio::test]
async fn a_request_is_traced_with_its_use_cases_and_without_a_secret() {
    let ((collector, url), folder) = (Collector::start(StatusCode::OK).await, prepared());
    let mut command = traced(folder.path(), &url);
    command.env("OTEL_SERVICE_NAME", "auth").env("OTEL_EXPORTER_OTLP_HEADERS", "x-tenant=seven");
    let server = Running::start(command);
    assert_eq!(sign_in(&server, "a wrong password", None).await.status(), 401);
    let answer = sign_in(&server, PASSWORD, None).await;
    let token = answer.json::<serde_json::Value>().await.unwrap()["token"].as_str().unwrap().to_owned();
    let health = Client::builder().no_proxy().build().unwrap().get(format!("{}/healthz", server.url));
    assert!(health.send().await.unwrap().status().is_success());
    let requests = collector.wait_for("POST /api/auth", 2).await;
    collector.wait_for("sign_in", 2).await;
    let statuses: BTreeSet<_> =
        requests.iter().filter_map(|span| text(&span.attributes, "http.response.status_code")).collect();
    assert_eq!(statuses, BTreeSet::from(["200".to_owned(), "401".to_owned()]));
    assert_eq!(text(&requests[0].attributes, "http.route").as_deref(), Some("/api/auth"));
    assert_eq!(text(&requests[0].attributes, "http.request.method").as_deref(), Some("POST"));
    assert!(requests.iter().all(|span| span.parent_span_id.is_empty()));
    assert_ne!(requests[0].trace_id, requests[1].trace_id);
    let spans = collector.spans();
    for request in &requests {
        let names: BTreeSet<_> = spans
            .iter()
            .filter(|span| span.trace_id == request.trace_id)
            .map(|span| span.name.as_str())
            .collect();
        assert!(names.is_superset(&BTreeSet::from(["request", "sign_in"])), "{names:?}");
    }
    let sent = collector.requests.lock().unwrap().clone();
    let resource = &sent[0].resource_spans[0].resource.as_ref().unwrap().attributes;
    assert_eq!(text(resource, "service.name").as_deref(), Some("auth"));
    assert_eq!(collector.headers.lock().unwrap()[0]["x-tenant"], "seven");
    // Nothing of what came in or went out, and no line of the log, which has addresses.
    let shown = format!("{sent:?}");
    for secret in [PASSWORD, "a wrong password", &token, USERNAME, DEVICE, "127.0.0.1", "healthz"] {
        assert!(!shown.contains(secret), "{secret}");
    }
    assert!(spans.iter().all(|span| span.events.is_empty()));
}

#[tokio::test]
async fn a_trace_continues_that_of_a_trusted_proxy_only() {
    let ((collector, url), folder) = (Collector::start(StatusCode::OK).await, prepared());
    let sampled = format!("00-{TRACE}-00f067aa0ba902b7-01");
    let stranger = Running::start(traced(folder.path(), &url));
    sign_in(&stranger, PASSWORD, Some(&sampled)).await;
    let own = collector.wait_for("POST /api/auth", 1).await.remove(0);
    assert_ne!(hex(&own.trace_id), TRACE);
    assert!(own.parent_span_id.is_empty());
    drop(stranger);
    let mut command = traced(folder.path(), &url);
    command.env("LATCHKEY_TRUSTED_PROXIES", "[\"127.0.0.1\"]");
    let behind = Running::start(command);
    // The proxy has decided that this one is not traced.
    sign_in(&behind, PASSWORD, Some(&format!("00-{TRACE}-00f067aa0ba902b7-00"))).await;
    for nonsense in ["", "00-0-0-01", &format!("00-{TRACE}-00f067aa0ba902b7"), &"x".repeat(4000)] {
        assert_eq!(sign_in(&behind, PASSWORD, Some(nonsense)).await.status(), 200);
    }
    sign_in(&behind, PASSWORD, Some(&sampled)).await;
    let found = collector.wait_for("POST /api/auth", 6).await;
    let continued: Vec<_> = found.iter().filter(|span| hex(&span.trace_id) == TRACE).collect();
    assert_eq!(continued.len(), 1);
    assert_eq!(hex(&continued[0].parent_span_id), "00f067aa0ba902b7");
}

/// More requests than spans may wait.
async fn serves(server: &Running) {
    let client = Client::builder().no_proxy().build().unwrap();
    for _ in 0..1500 {
        let answer = client.get(&server.url).send().await.unwrap();
        assert_eq!(answer.status(), 401);
    }
}

#[tokio::test]
async fn a_collector_that_is_away_holds_up_no_request_and_is_logged_once() {
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let hanging = format!("http://localhost:{}", silent.local_addr().unwrap().port());
    let free = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let dead = format!("http://localhost:{}", free.local_addr().unwrap().port());
    drop(free);
    let (_, refusing) = Collector::start(StatusCode::SERVICE_UNAVAILABLE).await;
    for (url, causes) in [(dead, 1), (refusing, 1), (hanging, 0)] {
        let folder = prepared();
        let mut command = traced(folder.path(), &url);
        // No collector answers late on a machine that is slow.
        command.env("OTEL_EXPORTER_OTLP_TIMEOUT", "600000").stderr(Stdio::piped());
        let mut server = Running::start(command);
        let mut log = server.child.stderr.take().unwrap();
        let reading = std::thread::spawn(move || {
            let mut text = String::new();
            let _ = log.read_to_string(&mut text);
            text
        });
        serves(&server).await;
        drop(server);
        let text = reading.join().unwrap();
        let lines: Vec<_> = text.lines().filter(|line| line.contains("traces are lost")).collect();
        assert_eq!(lines.len(), causes, "{url}: {lines:?}");
    }
    drop(silent);
}

#[cfg(unix)]
#[tokio::test]
async fn a_server_stops_in_time_with_a_collector_that_hangs_and_sends_the_last_spans_to_one_that_does_not() {
    use rustix::process::{Pid, Signal, kill_process};

    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let hanging = format!("http://localhost:{}", silent.local_addr().unwrap().port());
    let (collector, good) = Collector::start(StatusCode::OK).await;
    for (url, is_good) in [(hanging, false), (good, true)] {
        let folder = prepared();
        let mut command = traced(folder.path(), &url);
        // No batch is due before it stops.
        command.env("OTEL_BSP_SCHEDULE_DELAY", "600000");
        let mut server = Running::start(command);
        sign_in(&server, PASSWORD, None).await;
        kill_process(Pid::from_child(&server.child), Signal::TERM).unwrap();
        let stopped = wait_for("the end", async || server.child.try_wait().unwrap()).await;
        assert!(stopped.success(), "{url}");
        assert_eq!(collector.spans().iter().any(|span| span.name == "POST /api/auth"), is_good);
    }
    drop(silent);
}

#[test]
fn standard_variables_are_honoured_or_refused() {
    let folder = prepared();
    let check = |variables: &[(&str, &str)]| {
        let mut command = program(folder.path());
        command.args(["config", "check"]).envs(variables.iter().copied());
        command.output().unwrap()
    };
    let on = ("LATCHKEY_TRACES_ENDPOINT", "http://localhost:4318");
    for (name, value, expected) in [
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc", "must be http/protobuf"),
        ("OTEL_EXPORTER_OTLP_COMPRESSION", "gzip", "must be none"),
        ("OTEL_EXPORTER_OTLP_CERTIFICATE", "/ca.pem", "is not honoured: set traces.ca_file"),
        ("OTEL_EXPORTER_OTLP_CLIENT_KEY", "/key.pem", "is not honoured"),
        ("OTEL_TRACES_EXPORTER", "zipkin", "must be otlp or none"),
        ("OTEL_PROPAGATORS", "b3", "must be tracecontext"),
    ] {
        let sentence = fails(&check(&[on, (name, value)]), 1);
        assert!(sentence.contains(name) && sentence.contains(expected), "{sentence}");
        // Without traces they do not matter.
        succeeds(&check(&[(name, value)]));
    }
    for (name, value) in [
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf"),
        ("OTEL_SDK_DISABLED", "true"),
        ("OTEL_TRACES_EXPORTER", "none"),
        ("OTEL_RESOURCE_ATTRIBUTES", "deployment.environment=test"),
        ("OTEL_NODE_IP", "10.0.0.1"),
    ] {
        succeeds(&check(&[on, (name, value)]));
    }
    let warned = succeeds(&check(&[("OTEL_EXPORTER_OTLP_ENDPOINT", "http://collector:4318")]));
    assert!(warned.contains("traces are sent only to traces.endpoint"), "{warned}");
    for (value, expected) in [
        ("http://collector.example:4318", "a URL with https, or with http and this computer"),
        ("localhost:4318", "a URL with https"),
    ] {
        let sentence = fails(&check(&[("LATCHKEY_TRACES_ENDPOINT", value)]), 1);
        assert!(sentence.contains(expected), "{sentence}");
    }
    let sentence = fails(&check(&[on, ("LATCHKEY_TRACES_SAMPLE", "1.5")]), 1);
    assert!(sentence.contains("traces.sample must be 0 to 1"), "{sentence}");
    let json = succeeds(&run(folder.path(), &["config", "check", "--json"], ""));
    assert!(!json.contains("4318"), "off without a setting: {json}");
}

#[tokio::test]
async fn a_disabled_sdk_sends_nothing() {
    let ((collector, url), folder) = (Collector::start(StatusCode::OK).await, prepared());
    let mut command = traced(folder.path(), &url);
    command.env("OTEL_SDK_DISABLED", "true");
    let server = Running::start(command);
    sign_in(&server, PASSWORD, None).await;
    // A second server that does send shows that the collector would have got it.
    let other = Running::start(traced(folder.path(), &url));
    sign_in(&other, PASSWORD, None).await;
    collector.wait_for("POST /api/auth", 1).await;
    assert_eq!(collector.spans().iter().filter(|span| span.name == "POST /api/auth").count(), 1);
    drop(server);
}

#[test]
fn the_path_of_a_collector_is_not_shown_and_has_no_query() {
    let folder = prepared();
    let check = |url: &str| {
        let mut command = program(folder.path());
        command.args(["config", "check", "--json"]).env("LATCHKEY_TRACES_ENDPOINT", url);
        command.output().unwrap()
    };
    let shown = succeeds(&check("http://localhost:4318/hidden"));
    assert!(shown.contains("http://localhost:4318") && !shown.contains("hidden"), "{shown}");
    let error = fails(&check("http://localhost:4318/?key=hidden"), 1);
    assert!(error.contains("traces.endpoint must not have a query") && !error.contains("hidden"), "{error}");
}
