//! A receiver of webhooks that keeps what it gets, and fails as a test says. Speaks as much of
//! HTTP/1.1 as it needs to be able to break it.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard};

use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};
use tokio_rustls::TlsAcceptor;

use crate::wait_for;

/// Longest request that it reads, in bytes.
const MAX_REQUEST: usize = 1 << 20;

/// A message that the receiver has got, whatever it answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SunkMessage {
    /// Method and path.
    pub request: String,
    /// Its headers, each as `name: value`, the name in small letters.
    pub headers: Vec<String>,
    /// Its body.
    pub body: String,
}

impl SunkMessage {
    /// The value of a header, which must be there once.
    pub fn header(&self, name: &str) -> &str {
        let prefix = format!("{name}: ");
        let mut found = self.headers.iter().filter_map(|line| line.strip_prefix(&prefix));
        let value = found.next().unwrap_or_else(|| panic!("{name} is not in {:?}", self.headers));
        assert_eq!(found.next(), None, "{name} is there twice");
        value
    }

    /// Its id.
    pub fn id(&self) -> &str {
        self.header("webhook-id")
    }

    /// What it tells of: the member `type` of its body.
    pub fn event(&self) -> String {
        let body: serde_json::Value = serde_json::from_str(&self.body).unwrap();
        body["type"].as_str().unwrap().to_owned()
    }
}

/// What the receiver does with the next message instead of answering 204.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WebhookFault {
    /// It answers with this status.
    Status(u16),
    /// It answers with this status and this line of its header.
    Header(u16, String),
    /// It closes the connection without an answer.
    Close,
    /// It answers with something else than HTTP.
    Garbage,
    /// It answers only after [`WebhookSink::release`].
    Hold,
    /// It answers 200, and its body has no end.
    EndlessBody,
    /// It answers 200, and its body does not come until [`WebhookSink::release`].
    SlowBody,
}

#[derive(Default)]
struct State {
    messages: Vec<SunkMessage>,
    /// Those that it took.
    taken: Vec<SunkMessage>,
    connections: usize,
    faults: VecDeque<WebhookFault>,
    always: Option<WebhookFault>,
    tls: Option<Arc<ServerConfig>>,
}

/// A running receiver. It stops when this value is dropped.
pub struct WebhookSink {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
    released: watch::Sender<bool>,
    serving: JoinHandle<()>,
}

impl WebhookSink {
    /// Starts on a free port of the loopback address, without TLS.
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (address, state) = (listener.local_addr().unwrap(), Arc::default());
        let released = watch::Sender::new(false);
        let serving = tokio::spawn(accept(listener, Arc::clone(&state), released.clone()));
        Self { address, state, released, serving }
    }

    /// Stops it: connections are closed, and new ones refused.
    pub async fn stop(&mut self) {
        self.serving.abort();
        let _ = (&mut self.serving).await;
    }

    /// Starts a stopped receiver again, on the same port.
    pub async fn start_again(&mut self) {
        let listener = TcpListener::bind(self.address).await.unwrap();
        self.serving = tokio::spawn(accept(listener, Arc::clone(&self.state), self.released.clone()));
    }

    /// Its URL.
    pub fn url(&self) -> String {
        let scheme = if self.state().tls.is_some() { "https" } else { "http" };
        format!("{scheme}://localhost:{}/events", self.address.port())
    }

    /// Speaks TLS with a certificate and its key, PEM.
    pub fn speak_tls(&self, certificate: &str, key: &str) {
        let chain = CertificateDer::pem_slice_iter(certificate.as_bytes()).map(Result::unwrap).collect();
        let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).unwrap();
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
        let config = config.unwrap().with_no_client_auth().with_single_cert(chain, key).unwrap();
        self.state().tls = Some(Arc::new(config));
    }

    /// Fails so at the next message.
    pub fn fail(&self, fault: WebhookFault) {
        self.state().faults.push_back(fault);
    }

    /// Fails so at every message; `None`: takes them again.
    pub fn always(&self, fault: Option<WebhookFault>) {
        self.state().always = fault;
    }

    /// Answers to all messages that are held, now and in future.
    pub fn release(&self) {
        self.released.send_replace(true);
    }

    /// The messages until now, in the order in which they came, those it did not take too.
    pub fn messages(&self) -> Vec<SunkMessage> {
        self.state().messages.clone()
    }

    /// The messages that it took until now.
    pub fn taken(&self) -> Vec<SunkMessage> {
        self.state().taken.clone()
    }

    /// How many connections there were.
    pub fn connections(&self) -> usize {
        self.state().connections
    }

    /// Waits until there were `count` messages, and returns them.
    pub async fn wait_for_messages(&self, count: usize) -> Vec<SunkMessage> {
        wait_for("the messages", async || Some(self.messages()).filter(|found| found.len() >= count)).await
    }

    /// Waits until it has taken `count` messages, and returns them.
    pub async fn wait_for_taken(&self, count: usize) -> Vec<SunkMessage> {
        wait_for("the messages", async || Some(self.taken()).filter(|found| found.len() >= count)).await
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }
}

impl Drop for WebhookSink {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn accept(listener: TcpListener, state: Arc<Mutex<State>>, released: watch::Sender<bool>) {
    // Aborted with this task.
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        state.lock().unwrap().connections += 1;
        connections.spawn(connect(stream, Arc::clone(&state), released.subscribe()));
    }
}

/// A connection, which has one request. Any error ends it.
async fn connect(stream: TcpStream, state: Arc<Mutex<State>>, released: watch::Receiver<bool>) -> Option<()> {
    let tls = state.lock().unwrap().tls.clone();
    match tls {
        Some(tls) => answer(TlsAcceptor::from(tls).accept(stream).await.ok()?, state, released).await,
        None => answer(stream, state, released).await,
    }
}

async fn answer(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    state: Arc<Mutex<State>>,
    mut released: watch::Receiver<bool>,
) -> Option<()> {
    let Some(message) = read(&mut stream).await else {
        stream.write_all(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n").await.ok()?;
        return stream.shutdown().await.ok();
    };
    let fault = {
        let mut state = state.lock().unwrap();
        state.messages.push(message.clone());
        let next = state.faults.pop_front();
        next.or_else(|| state.always.clone())
    };
    let plain = |status: u16, line: &str| {
        format!("HTTP/1.1 {status} Answer\r\ncontent-length: 0\r\nconnection: close\r\n{line}\r\n")
    };
    let is_taken = match &fault {
        None | Some(WebhookFault::Hold | WebhookFault::EndlessBody | WebhookFault::SlowBody) => true,
        Some(WebhookFault::Status(status) | WebhookFault::Header(status, _)) => (200..300).contains(status),
        Some(WebhookFault::Close | WebhookFault::Garbage) => false,
    };
    if fault == Some(WebhookFault::Hold) {
        released.wait_for(|is_released| *is_released).await.ok()?;
    }
    if is_taken {
        state.lock().unwrap().taken.push(message);
    }
    let answer = match fault {
        None | Some(WebhookFault::Hold) => plain(204, ""),
        Some(WebhookFault::Status(status)) => plain(status, ""),
        Some(WebhookFault::Header(status, ref line)) => plain(status, &format!("{line}\r\n")),
        Some(WebhookFault::Close) => return None,
        Some(WebhookFault::Garbage) => "220 mail.example ESMTP\r\n".to_owned(),
        Some(WebhookFault::EndlessBody | WebhookFault::SlowBody) => {
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n".to_owned()
        }
    };
    stream.write_all(answer.as_bytes()).await.ok()?;
    match fault {
        Some(WebhookFault::EndlessBody) => loop {
            stream.write_all(format!("1000\r\n{}\r\n", "x".repeat(4096)).as_bytes()).await.ok()?;
        },
        Some(WebhookFault::SlowBody) => {
            released.wait_for(|is_released| *is_released).await.ok()?;
            stream.write_all(b"0\r\n\r\n").await.ok()?;
        }
        _ => {}
    }
    stream.shutdown().await.ok()
}

/// Reads a POST with a `content-length`; `None` for anything else.
async fn read(stream: &mut (impl AsyncRead + Unpin)) -> Option<SunkMessage> {
    let mut bytes = Vec::new();
    loop {
        if let Some(message) = parse(&bytes) {
            return Some(message);
        }
        let is_over = stream.read_buf(&mut bytes).await.ok()? == 0 || bytes.len() > MAX_REQUEST;
        // For example the beginning of TLS.
        if is_over || !bytes.starts_with(b"POST ") {
            return None;
        }
    }
}

fn parse(bytes: &[u8]) -> Option<SunkMessage> {
    let (head, body) = std::str::from_utf8(bytes).ok()?.split_once("\r\n\r\n")?;
    let mut lines = head.split("\r\n");
    let request = lines.next()?.strip_suffix(" HTTP/1.1")?.to_owned();
    let headers: Vec<String> = lines
        .map(|line| {
            let (name, value) = line.split_once(": ").unwrap();
            format!("{}: {value}", name.to_ascii_lowercase())
        })
        .collect();
    let length = headers.iter().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok())?;
    let body = body.get(..length)?.to_owned();
    Some(SunkMessage { request, headers, body })
}
