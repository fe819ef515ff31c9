//! What stands between the app and the server: a loopback address that passes on, records, cuts or
//! hangs, as a test likes it. Owns no HTTP.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context, Result};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::wait::until;

/// What becomes of what is sent through the relay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Traffic {
    /// It passes.
    Passes,
    /// Connections are accepted, and then nothing ever comes back.
    Hangs,
    /// Connections are cut.
    Cut,
}

/// A relay that lasts as long as this value. At first its traffic hangs.
pub struct Relay {
    url: String,
    wires: Arc<Wires>,
    traffic: watch::Sender<Traffic>,
    task: JoinHandle<()>,
}

/// What all connections share.
#[derive(Default)]
struct Wires {
    server: Mutex<Option<SocketAddr>>,
    record: Mutex<Vec<u8>>,
}

impl Relay {
    /// A relay at an address of its own.
    ///
    /// # Errors
    /// If there is no free port.
    pub async fn start() -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("http://{}", listener.local_addr()?);
        let (traffic, seen) = watch::channel(Traffic::Hangs);
        let wires = Arc::new(Wires::default());
        let shared = Arc::clone(&wires);
        let task = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(connection(client, Arc::clone(&shared), seen.clone()));
            }
        });
        Ok(Self { url, wires, traffic, task })
    }

    /// Where the app finds it.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Names the server behind it, and lets the traffic pass.
    ///
    /// # Errors
    /// If the URL is not one of this machine's.
    pub fn lead_to(&self, server_url: &str) -> Result<()> {
        let address = server_url.trim_start_matches("http://").parse().context("not an address")?;
        *lock(&self.wires.server) = Some(address);
        self.set(Traffic::Passes);
        Ok(())
    }

    /// Changes what becomes of the traffic, also on connections that are open.
    pub fn set(&self, traffic: Traffic) {
        self.traffic.send_replace(traffic);
    }

    /// Everything that was sent through it up to now, both ways, and what hangs in it.
    #[must_use]
    pub fn record(&self) -> Vec<u8> {
        lock(&self.wires.record).clone()
    }

    /// Lets everything hang from now on.
    pub fn hang(&self) -> Hanging<'_> {
        self.set(Traffic::Hangs);
        Hanging { relay: self, before: lock(&self.wires.record).len() }
    }
}

/// Traffic that hangs.
pub struct Hanging<'a> {
    relay: &'a Relay,
    before: usize,
}

impl Hanging<'_> {
    /// Waits until a request that came since hangs in the relay.
    ///
    /// # Errors
    /// If none comes.
    pub async fn expect_request(&self) -> Result<()> {
        until("a request hangs", async || {
            let record = lock(&self.relay.wires.record);
            let since = record.get(self.before..).unwrap_or_default();
            Ok(contains(since, b"HTTP/1.1\r\n").then_some(()))
        })
        .await
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn connection(client: TcpStream, wires: Arc<Wires>, mut traffic: watch::Receiver<Traffic>) {
    let mut seen = traffic.clone();
    let cut = async {
        let _ = seen.wait_for(|traffic| *traffic == Traffic::Cut).await;
    };
    let relayed = async {
        let (mut from_client, to_client) = client.into_split();
        // What the app sends is on record even if it goes nowhere.
        let mut first = vec![0; 64 * 1024];
        let length = from_client.read(&mut first).await?;
        first.truncate(length);
        lock(&wires.record).extend_from_slice(&first);
        let _ = traffic.wait_for(|traffic| *traffic != Traffic::Hangs).await;
        let address = lock(&wires.server).ok_or(std::io::ErrorKind::NotConnected)?;
        let (from_server, mut to_server) = TcpStream::connect(address).await?.into_split();
        to_server.write_all(&first).await?;
        tokio::try_join!(
            pump(from_client, to_server, &wires, traffic.clone()),
            pump(from_server, to_client, &wires, traffic.clone())
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
    wires: &Wires,
    mut traffic: watch::Receiver<Traffic>,
) -> std::io::Result<()> {
    let mut buffer = vec![0; 64 * 1024];
    loop {
        let length = from.read(&mut buffer).await?;
        if length == 0 {
            return to.shutdown().await;
        }
        let Some(bytes) = buffer.get(..length) else { continue };
        lock(&wires.record).extend_from_slice(bytes);
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
