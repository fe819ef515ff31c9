//! The state of a soak that all its clients share, and how they send requests: every response is
//! checked and counted.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use anyhow::{Context, Result};
use serde_json::Value;
use tokio::net::TcpSocket;
use tokio::sync::watch;
use tokio::time::Instant;

use super::faults::{Faults, What};
use super::stats::Stats;
use crate::site::Node;
use crate::wire::Connection;

/// Longer than a server may take for any request.
const TIMEOUT: Duration = Duration::from_secs(75);

/// A soak in progress.
pub(super) struct Run {
    /// The URLs and addresses of the two servers, which restarts do not change.
    pub(super) nodes: [(String, SocketAddr); 2],
    pub(super) stats: Stats,
    pub(super) faults: Faults,
    over: watch::Receiver<bool>,
}

/// The response to a request.
pub(super) enum Reply {
    /// Its status and JSON body.
    Received(u16, Value),
    /// There was none: whether the server handled the request is unknown.
    Missing,
}

impl Run {
    pub(super) fn new(nodes: &[Node; 2], over: watch::Receiver<bool>) -> Self {
        let nodes = nodes.each_ref().map(|node| (node.url.clone(), node.address));
        Self { nodes, stats: Stats::default(), faults: Faults::default(), over }
    }

    pub(super) fn is_over(&self) -> bool {
        *self.over.borrow()
    }

    /// Waits for this time, but not beyond the end of the soak.
    pub(super) async fn pause(&self, time: Duration) {
        let mut over = self.over.clone();
        let _ = tokio::time::timeout(time, over.wait_for(|over| *over)).await;
    }

    pub(super) fn node(&self, at: usize) -> &(String, SocketAddr) {
        let [first, second] = &self.nodes;
        if at == 0 { first } else { second }
    }

    /// Sends a request over a new connection. Records a violation for a missing response, unless
    /// that server was down, for a 5xx except 503, and for a 503 or 429 without `Retry-After`.
    pub(super) async fn send(&self, kind: &'static str, at: usize, from: Ipv4Addr, request: &[u8]) -> Reply {
        let started = Instant::now();
        let exchange = async {
            let mut connection = Connection::from_stream(self.connect(at, from).await?);
            let response = connection.exchange(request).await?;
            let value = serde_json::from_slice(response.body).unwrap_or_default();
            anyhow::Ok((response.status, response.retry_after, value))
        };
        let response = tokio::time::timeout(TIMEOUT, exchange).await.context("no response in time");
        match response.and_then(|response| response) {
            Ok((status, retry_after, value)) => {
                self.stats.record_response(kind, status, started.elapsed());
                if matches!(status, 503 | 429) && retry_after.is_none() {
                    self.stats.record_violation(format!("{kind}: {status} without Retry-After"));
                }
                if status >= 500 && status != 503 {
                    self.stats.record_violation(format!("{kind}: {status}"));
                }
                Reply::Received(status, value)
            }
            Err(error) => {
                self.stats.record_missing(kind);
                if !self.faults.was_down_since(What::Server(at), started) {
                    self.stats.record_violation(format!(
                        "{kind}: no response although the server was up: {error:#}"
                    ));
                }
                Reply::Missing
            }
        }
    }

    /// Connects from one of the loopback addresses of this machine.
    pub(super) async fn connect(&self, at: usize, from: Ipv4Addr) -> Result<tokio::net::TcpStream> {
        let socket = TcpSocket::new_v4()?;
        // A port of ours that was connected to a killed server must be usable again.
        socket.set_reuseaddr(true)?;
        socket.bind(SocketAddr::new(IpAddr::V4(from), 0))?;
        Ok(socket.connect(self.node(at).1).await?)
    }
}
