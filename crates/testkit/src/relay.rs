//! A network between a server and PostgreSQL that a test controls: it freezes, so that connections
//! stay open and neither side notices, or leads to another database.

use std::net::SocketAddr;
use std::path::PathBuf;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream, UnixStream};
use tokio::sync::watch;

/// What the network does with bytes.
#[derive(Clone, Debug)]
struct State {
    /// Where new connections lead.
    socket: PathBuf,
    /// Connections with a smaller number stay open and silent.
    frozen_before: u64,
    /// Connections with a smaller number are closed.
    closed_before: u64,
    /// Whether a connection that sends `COMMIT` gets no further answer.
    loses_commits: bool,
    /// How many connections there have been.
    connections: u64,
}

/// A listener on a loopback port that passes bytes to a socket of PostgreSQL and back.
pub struct Relay {
    address: SocketAddr,
    state: watch::Sender<State>,
}

impl Relay {
    /// Starts before a socket of PostgreSQL.
    pub async fn start(socket: PathBuf) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let state =
            State { socket, frozen_before: 0, closed_before: 0, loses_commits: false, connections: 0 };
        let state = watch::Sender::new(state);
        let shared = state.clone();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let number = shared.borrow().connections;
                shared.send_modify(|state| state.connections += 1);
                tokio::spawn(connect(client, number, shared.subscribe()));
            }
        });
        Self { address, state }
    }

    /// The URL of a database of a cluster, through this relay.
    pub fn url(&self, database: &str) -> String {
        let name = database.strip_prefix("postgres:///").unwrap().split('?').next().unwrap();
        format!("postgres://postgres@{}/{name}?sslmode=disable", self.address)
    }

    /// Freezes the connections that there are; new ones work.
    pub fn freeze_present(&self) {
        self.state.send_modify(|state| state.frozen_before = state.connections);
    }

    /// Freezes all connections, the future ones too.
    pub fn freeze(&self) {
        self.state.send_modify(|state| state.frozen_before = u64::MAX);
    }

    /// Lets all bytes through again.
    pub fn thaw(&self) {
        self.state.send_modify(|state| state.frozen_before = 0);
    }

    /// Closes the connections that there are.
    pub fn close_present(&self) {
        self.state.send_modify(|state| state.closed_before = state.connections);
    }

    /// Leads new connections to another socket. Those that there are stay.
    pub fn lead_to(&self, socket: PathBuf) {
        self.state.send_modify(|state| state.socket = socket);
    }

    /// Whether the answer to a `COMMIT`, and all later ones of the same connection, are lost.
    pub fn lose_commits(&self, lose: bool) {
        self.state.send_modify(|state| state.loses_commits = lose);
    }
}

async fn connect(client: TcpStream, number: u64, state: watch::Receiver<State>) {
    let socket = state.borrow().socket.clone();
    let Ok(database) = UnixStream::connect(&socket).await else { return };
    let ((from_client, to_client), (from_database, to_database)) =
        (client.into_split(), database.into_split());
    let (lost, is_lost) = watch::channel(false);
    let (seen, mut closing) = (state.clone(), state.clone());
    let there = pass(from_client, to_database, number, state.clone(), |bytes| {
        if seen.borrow().loses_commits && bytes.windows(6).any(|part| part == b"COMMIT") {
            lost.send_replace(true);
        }
        true
    });
    let back = pass(from_database, to_client, number, state, |_| !*is_lost.borrow());
    // A side that has closed closes the other, as a network does.
    tokio::select! {
        () = there => {}
        () = back => {}
        _ = closing.wait_for(|state| number < state.closed_before) => {}
    }
}

/// Passes what `passes` allows, while the connection is not frozen.
async fn pass(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    number: u64,
    mut state: watch::Receiver<State>,
    passes: impl Fn(&[u8]) -> bool,
) {
    let mut bytes = vec![0; 16 * 1024];
    loop {
        let Ok(length @ 1..) = from.read(&mut bytes).await else { return };
        if state.wait_for(|state| number >= state.frozen_before).await.is_err() {
            return;
        }
        if passes(&bytes[..length]) && to.write_all(&bytes[..length]).await.is_err() {
            return;
        }
    }
}
