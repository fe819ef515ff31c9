//! A relay between the app and the server on a loopback address. It records the traffic, and passes
//! it on, holds it back or cuts it, as a test sets. Knows no HTTP.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context, Result};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::wait::until;

/// What the relay does with its traffic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Traffic {
    /// Passes it on.
    Passes,
    /// Accepts connections and never sends anything back.
    Hangs,
    /// Closes every connection.
    Cut,
}

/// A relay. It ends when this value is dropped. Its traffic hangs at first.
pub struct Relay {
    url: String,
    shared: Arc<Shared>,
    traffic: watch::Sender<Traffic>,
    task: JoinHandle<()>,
}

/// What all connections share.
#[derive(Default)]
struct Shared {
    server: Mutex<Option<SocketAddr>>,
    record: Mutex<Vec<u8>>,
}

impl Relay {
    /// Starts a relay on a free port.
    ///
    /// # Errors
    /// Returns an error if there is no free port.
    pub async fn start() -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("http://{}", listener.local_addr()?);
        let (traffic, seen) = watch::channel(Traffic::Hangs);
        let shared = Arc::new(Shared::default());
        let for_connections = Arc::clone(&shared);
        let task = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(connection(client, Arc::clone(&for_connections), seen.clone()));
            }
        });
        Ok(Self { url, shared, traffic, task })
    }

    /// Its URL, which the app uses as the server's.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Sets the server behind it, and lets the traffic pass.
    ///
    /// # Errors
    /// Returns an error if the URL is not `http://` with an address and a port.
    pub fn forward_to(&self, server_url: &str) -> Result<()> {
        let address = server_url.trim_start_matches("http://").parse().context("not an address")?;
        *lock(&self.shared.server) = Some(address);
        self.set(Traffic::Passes);
        Ok(())
    }

    /// Changes what the relay does with its traffic, also on open connections.
    pub fn set(&self, traffic: Traffic) {
        self.traffic.send_replace(traffic);
    }

    /// Everything that was sent in both directions so far, including what hangs.
    #[must_use]
    pub fn record(&self) -> Vec<u8> {
        lock(&self.shared.record).clone()
    }

    /// Makes all traffic hang from now on.
    pub fn hang(&self) -> Hanging<'_> {
        self.set(Traffic::Hangs);
        Hanging { relay: self, before: lock(&self.shared.record).len() }
    }
}

/// Traffic that hangs since this value was made.
pub struct Hanging<'a> {
    relay: &'a Relay,
    before: usize,
}

impl Hanging<'_> {
    /// Waits until a request arrives that hangs in the relay.
    ///
    /// # Errors
    /// Returns an error if none arrives.
    pub async fn expect_request(&self) -> Result<()> {
        self.expect_line("HTTP/1.1\r\n").await
    }

    /// Waits until a request with this method and path arrives and hangs in the relay: `GET /`.
    ///
    /// # Errors
    /// Returns an error if none arrives.
    pub async fn expect_request_for(&self, method_and_path: &str) -> Result<()> {
        self.expect_line(&format!("{method_and_path} HTTP/1.1\r\n")).await
    }

    async fn expect_line(&self, line: &str) -> Result<()> {
        until(&format!("a request hangs: {}", line.trim_end()), async || {
            let record = lock(&self.relay.shared.record);
            let since = record.get(self.before..).unwrap_or_default();
            Ok(contains(since, line.as_bytes()).then_some(()))
        })
        .await
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn connection(client: TcpStream, shared: Arc<Shared>, mut traffic: watch::Receiver<Traffic>) {
    let mut seen = traffic.clone();
    let cut = async {
        let _ = seen.wait_for(|traffic| *traffic == Traffic::Cut).await;
    };
    let relayed = async {
        let (mut from_client, to_client) = client.into_split();
        // Record what the app sends even if it is never passed on.
        let mut first = vec![0; 64 * 1024];
        let length = from_client.read(&mut first).await?;
        first.truncate(length);
        lock(&shared.record).extend_from_slice(&first);
        let _ = traffic.wait_for(|traffic| *traffic != Traffic::Hangs).await;
        let address = lock(&shared.server).ok_or(std::io::ErrorKind::NotConnected)?;
        let (from_server, mut to_server) = TcpStream::connect(address).await?.into_split();
        to_server.write_all(&first).await?;
        tokio::try_join!(
            pump(from_client, to_server, &shared, traffic.clone()),
            pump(from_server, to_client, &shared, traffic.clone())
        )
    };
    tokio::select! {
        () = cut => {}
        _ = relayed => {}
    }
}

async fn pump(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    shared: &Shared,
    mut traffic: watch::Receiver<Traffic>,
) -> std::io::Result<()> {
    let mut buffer = vec![0; 64 * 1024];
    loop {
        let length = from.read(&mut buffer).await?;
        if length == 0 {
            return to.shutdown().await;
        }
        let Some(bytes) = buffer.get(..length) else { continue };
        lock(&shared.record).extend_from_slice(bytes);
        let _ = traffic.wait_for(|traffic| *traffic != Traffic::Hangs).await;
        to.write_all(bytes).await?;
    }
}

fn contains(text: &[u8], part: &[u8]) -> bool {
    text.windows(part.len()).any(|window| window == part)
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
