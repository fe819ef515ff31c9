//! Receives the result on this computer (RFC 8252 §7.3): listens on 127.0.0.1 while a request is
//! under way. Reads one request a connection, within limits; answers everything but the request's
//! own link with a page that says nothing, so that another program changes nothing.

use std::convert::Infallible;
use std::io;
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;

use hyper::body::Incoming;
use hyper::header::{
    ACCEPT_LANGUAGE, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HOST, REFERRER_POLICY,
    X_CONTENT_TYPE_OPTIONS,
};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{HeaderMap, Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use secrecy::SecretString;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinSet;

use crate::browser::{landing, page};

/// How many connections are served at the same time: a browser opens some that it does not use.
const MAX_CONNECTIONS: usize = 8;
/// How long a connection may take.
const DEADLINE: Duration = Duration::from_secs(10);
/// Maximum length of a request's head, in bytes. The smallest that the library accepts.
const MAX_HEAD_BYTES: usize = 8192;
const MAX_HEADERS: usize = 64;
/// After a fault of the system, for instance when this process may open no more files.
const PAUSE: Duration = Duration::from_millis(200);

/// The listener.
pub(crate) struct Listener {
    socket: TcpListener,
    port: u16,
}

/// What is done with the result of a request's own link.
pub(crate) type Receive = Arc<dyn Fn(SecretString) + Send + Sync>;

/// What the connections share.
struct Shared {
    request: String,
    host: String,
    receive: Receive,
}

impl Listener {
    /// Listens on a free port. Connections wait until [`Listener::serve`].
    ///
    /// # Errors
    /// Returns the fault of the system.
    pub(crate) async fn bind() -> io::Result<Self> {
        let socket = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let port = socket.local_addr()?.port();
        Ok(Self { socket, port })
    }

    /// The port.
    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// Serves the link of `request` until `stopped`, and then the connections that there are.
    pub(crate) async fn serve(self, request: String, receive: Receive, mut stopped: oneshot::Receiver<()>) {
        let host = format!("127.0.0.1:{}", self.port);
        let shared = Arc::new(Shared { request, host, receive });
        let mut connections = JoinSet::new();
        loop {
            while connections.len() >= MAX_CONNECTIONS {
                connections.join_next().await;
            }
            let accepted = tokio::select! {
                accepted = self.socket.accept() => accepted,
                // The sender is dropped.
                _ = &mut stopped => break,
            };
            match accepted {
                Ok((stream, _)) => {
                    let shared = Arc::clone(&shared);
                    connections.spawn(async move {
                        let _ = tokio::time::timeout(DEADLINE, connection(stream, shared)).await;
                    });
                }
                Err(error) => {
                    tracing::warn!(%error, "a connection of the browser is lost");
                    tokio::time::sleep(PAUSE).await;
                }
            }
            while connections.try_join_next().is_some() {}
        }
        drop(self.socket);
        // The page that says that the tab can be closed may be on its way.
        connections.join_all().await;
    }
}

async fn connection(stream: TcpStream, shared: Arc<Shared>) {
    let service = service_fn(move |request| {
        let response = respond(&request, &shared);
        async move { Ok::<_, Infallible>(response) }
    });
    let served = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(DEADLINE)
        .keep_alive(false)
        .max_buf_size(MAX_HEAD_BYTES)
        .max_headers(MAX_HEADERS)
        .serve_connection(TokioIo::new(stream), service);
    if let Err(error) = served.await {
        tracing::debug!(%error, "a connection to the listener is given up");
    }
}

fn respond(request: &Request<Incoming>, shared: &Shared) -> Response<String> {
    let text = |name| request.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let language = page::language(text(ACCEPT_LANGUAGE));
    // A page of another site that is resolved to this address has another `Host`.
    let is_own = request.method() == Method::GET && text(HOST) == shared.host;
    let target = request.uri().path_and_query().map_or("", |target| target.as_str());
    let result =
        landing::result(target, &shared.request).filter(|_| is_own && request.uri().host().is_none());
    let (status, body) = match result {
        Some(result) => {
            (shared.receive)(result);
            (StatusCode::OK, page::received(language))
        }
        None => (StatusCode::NOT_FOUND, page::unknown(language)),
    };
    let mut response = Response::new(body);
    *response.status_mut() = status;
    response.headers_mut().extend(headers());
    response
}

fn headers() -> HeaderMap {
    let fixed = [
        (CONTENT_TYPE, "text/html; charset=utf-8"),
        (CACHE_CONTROL, "no-store"),
        (CONTENT_SECURITY_POLICY, page::POLICY),
        (REFERRER_POLICY, "no-referrer"),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    fixed.into_iter().map(|(name, value)| (name, hyper::header::HeaderValue::from_static(value))).collect()
}
