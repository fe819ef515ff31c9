//! What everybody in the soak knows, and how they speak to the servers: every answer is judged and counted.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use anyhow::{Context, Result};
use serde_json::Value;
use tokio::net::TcpSocket;
use tokio::sync::watch;
use tokio::time::Instant;

use super::faults::{Faults, What};
use super::ledger::Ledger;
use crate::site::Node;
use crate::wire::Connection;

/// Longer than a server takes for any request.
const PATIENCE: Duration = Duration::from_secs(75);

pub(super) struct Scene {
    /// Where the two servers answer: through every restart.
    pub(super) nodes: [(String, SocketAddr); 2],
    pub(super) ledger: Ledger,
    pub(super) faults: Faults,
    over: watch::Receiver<bool>,
}

/// What came back.
pub(super) enum Reply {
    Answered(u16, Value),
    /// No answer: whether the server did what it was asked is not known.
    Broken,
}

impl Scene {
    pub(super) fn new(nodes: &[Node; 2], over: watch::Receiver<bool>) -> Self {
        let nodes = nodes.each_ref().map(|node| (node.url.clone(), node.address));
        Self { nodes, ledger: Ledger::default(), faults: Faults::default(), over }
    }

    pub(super) fn is_over(&self) -> bool {
        *self.over.borrow()
    }

    /// Waits, but not beyond the end.
    pub(super) async fn pause(&self, time: Duration) {
        let mut over = self.over.clone();
        let _ = tokio::time::timeout(time, over.wait_for(|over| *over)).await;
    }

    pub(super) fn node(&self, at: usize) -> &(String, SocketAddr) {
        let [first, second] = &self.nodes;
        if at == 0 { first } else { second }
    }

    /// Sends a request over a connection of its own. No answer, a 5xx that is not a 503, or a 503 without `Retry-After` is
    /// written down as broken rule, unless that server was away.
    pub(super) async fn ask(&self, kind: &'static str, at: usize, from: Ipv4Addr, request: &[u8]) -> Reply {
        let begun = Instant::now();
        let exchange = async {
            let mut connection = Connection::from_stream(self.connect(at, from).await?);
            let answer = connection.exchange(request).await?;
            let value = serde_json::from_slice(answer.body).unwrap_or_default();
            anyhow::Ok((answer.status, answer.retry_after, value))
        };
        let answer = tokio::time::timeout(PATIENCE, exchange).await.context("no answer in time");
        match answer.and_then(|answer| answer) {
            Ok((status, retry_after, value)) => {
                self.ledger.answered(kind, status, begun.elapsed());
                if matches!(status, 503 | 429) && retry_after.is_none() {
                    self.ledger.violated(format!("{kind}: {status} without Retry-After"));
                }
                if status >= 500 && status != 503 {
                    self.ledger.violated(format!("{kind}: {status}"));
                }
                Reply::Answered(status, value)
            }
            Err(error) => {
                self.ledger.broken(kind);
                if !self.faults.overlap(What::Server(at), begun) {
                    self.ledger.violated(format!("{kind}: no answer although the server was up: {error:#}"));
                }
                Reply::Broken
            }
        }
    }

    /// A connection from one of this machine's many loopback addresses.
    pub(super) async fn connect(&self, at: usize, from: Ipv4Addr) -> Result<tokio::net::TcpStream> {
        let socket = TcpSocket::new_v4()?;
        // The other end of a killed server's port must not keep ours.
        socket.set_reuseaddr(true)?;
        socket.bind(SocketAddr::new(IpAddr::V4(from), 0))?;
        Ok(socket.connect(self.node(at).1).await?)
    }
}
