//! Accepts connections: limited in number, slow ones dropped, with TLS if it is set. Speaks
//! HTTP/1.1; the library responds to anything else with a bare 400 and closes the connection.

mod certificate;
mod listener;
mod passed;
mod per_ip_limit;
mod proxy_header;
mod refused;
#[cfg(unix)]
mod socket_file;
mod tls;
mod write_timeout;

use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{ConnectInfo, Request};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use prometheus_client::metrics::gauge::Gauge;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::Semaphore;
use tower::Service as _;

use crate::address::Peer;
use crate::settings::{LimitSettings, TrustedProxy};
use listener::Stream;
use per_ip_limit::{PerIpLimit, Share};
use refused::{Refused, RefusedCounts};
use write_timeout::with_write_timeout;

pub(crate) use listener::Listener;
pub use passed::Passed;
pub(crate) use refused::RefusedConnections;
pub(crate) use tls::Tls;
pub use tls::TlsError;

/// How long to wait when the system is out of sockets.
const OUT_OF_SOCKETS: Duration = Duration::from_millis(100);

/// Room for the body that arrives with the header.
const BUFFER_BYTES: usize = 64 * 1024;

/// The counts of a listener.
#[derive(Clone, Debug, Default)]
pub(crate) struct ConnectionCounts {
    /// Connections that are open.
    pub(crate) open: Gauge,
    pub(crate) refused: RefusedConnections,
}

/// The parts that all connections share.
#[derive(Clone)]
struct Serving {
    router: Router,
    http: http1::Builder,
    timeout: Duration,
    tls: Option<Arc<Tls>>,
    /// The proxies that begin each connection with a header of the PROXY protocol.
    proxies: Arc<[TrustedProxy]>,
    addresses: PerIpLimit,
    refused: Arc<RefusedCounts>,
}

/// Serves connections until `stop` is ready, then waits for the requests in progress.
pub(crate) async fn serve(
    listener: Listener,
    router: Router,
    limits: &LimitSettings,
    tls: Option<Arc<Tls>>,
    proxies: Arc<[TrustedProxy]>,
    counts: ConnectionCounts,
    stop: impl Future<Output = ()>,
) {
    let timeout = Duration::from_secs(limits.patience_seconds);
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new())
        // Also applies to a connection that waits for its next request.
        .header_read_timeout(timeout)
        .max_header_size(limits.header_bytes)
        .max_buf_size(limits.header_bytes.saturating_mul(2).max(BUFFER_BYTES));
    let slots = Arc::new(Semaphore::new(limits.connections));
    let addresses = PerIpLimit::new(limits.connections_per_address);
    let ConnectionCounts { open, refused } = counts;
    let mut refused = Refused::new(refused);
    let counts = Arc::clone(refused.counts());
    let serving = Serving { router, http, timeout, tls, proxies, addresses, refused: counts };
    let graceful = GracefulShutdown::new();
    let mut stop = std::pin::pin!(stop);
    loop {
        let accepted = tokio::select! {
            () = &mut stop => break,
            accepted = listener.accept() => accepted,
            () = refused.due() => {
                refused.log();
                continue;
            }
        };
        let (stream, peer) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                wait_after(&error).await;
                continue;
            }
        };
        // Beyond the limits a connection is closed immediately: a slot in a queue would cost as
        // much as the connection.
        let Ok(slot) = Arc::clone(&slots).try_acquire_owned() else {
            serving.refused.total();
            continue;
        };
        // One of a proxy counts for the client that the proxy names.
        let share = if peer.is_one_of(&serving.proxies) { Some(None) } else { serving.enter(peer) };
        let Some(share) = share else { continue };
        let open = open.clone();
        open.inc();
        let (serving, watcher) = (serving.clone(), graceful.watcher());
        tokio::spawn(async move {
            serving.connection(stream, peer, watcher).await;
            drop((slot, share));
            open.dec();
        });
    }
    drop(listener);
    refused.log();
    graceful.shutdown().await;
}

impl Serving {
    /// Counts a connection for its address, if it has one. `None`: there are too many from there.
    fn enter(&self, peer: Peer) -> Option<Option<Share>> {
        let Some(address) = peer.ip() else { return Some(None) };
        let share = self.addresses.enter(address);
        if share.is_none() {
            self.refused.per_address();
            tracing::debug!(%peer, "a connection was refused: there are too many from its address");
        }
        share.map(Some)
    }

    async fn connection(self, mut stream: Box<dyn Stream>, mut peer: Peer, watcher: Watcher) {
        // Counted until the connection ends.
        let _share = if peer.is_one_of(&self.proxies) {
            match tokio::time::timeout(self.timeout, proxy_header::read(&mut stream)).await {
                // Never the proxy's own address, which all such clients would share.
                Ok(Ok(client)) => peer = client.map_or(Peer::Unnamed, Peer::Address),
                Ok(Err(error)) => return tracing::warn!(%peer, "a connection of a proxy was closed: {error}"),
                Err(_) => return tracing::debug!(%peer, "a proxy sent no header in time"),
            }
            let Some(share) = self.enter(peer) else { return };
            share
        } else {
            None
        };
        let stream = with_write_timeout(stream, self.timeout);
        let Some(tls) = self.tls.clone() else { return self.http(stream, peer, watcher).await };
        match tokio::time::timeout(self.timeout, tls.accept(stream)).await {
            Ok(Ok(stream)) => self.http(stream, peer, watcher).await,
            Ok(Err(error)) => tracing::debug!(%error, "a TLS handshake failed"),
            Err(_) => tracing::debug!("a TLS handshake took too long"),
        }
    }

    async fn http<S>(self, stream: S, peer: Peer, watcher: Watcher)
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let router = self.router;
        let service = service_fn(move |request: Request<hyper::body::Incoming>| {
            let mut request = request.map(axum::body::Body::new);
            request.extensions_mut().insert(peer);
            if let Peer::Address(address) = peer {
                // For routes that are added from outside.
                request.extensions_mut().insert(ConnectInfo(address));
            }
            router.clone().call(request)
        });
        let connection = self.http.serve_connection(TokioIo::new(stream), service);
        if let Err(error) = watcher.watch(connection).await {
            tracing::debug!(%error, "a connection broke off");
        }
    }
}

/// Ignores a connection that its client gave up. Any other error means that the system has run out
/// of something.
async fn wait_after(error: &io::Error) {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    if !matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset) {
        tracing::error!(%error, "no connection can be taken");
        tokio::time::sleep(OUT_OF_SOCKETS).await;
    }
}
