//! A gate in front of a session bus, which forwards a given number of the app's messages. For the
//! app, the keychain or the bus then hangs in the middle of the work.

use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{UnixListener, UnixStream};
use tokio::task::JoinSet;

/// The gate. Dropping it closes all its connections.
pub(crate) struct Gate {
    passage: Arc<Mutex<Passage>>,
    folder: TempDir,
    _connections: JoinSet<()>,
}

#[derive(Default)]
struct Passage {
    /// How many more messages may pass; `None` for all.
    left: Option<usize>,
    /// The messages that arrived at the gate.
    called: Vec<Call>,
}

/// A message from the app.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    /// The number of the connection that it came through.
    pub(crate) connection: usize,
    /// The name on the bus that it is for.
    pub(crate) destination: String,
    pub(crate) method: String,
}

impl Gate {
    /// An open gate to the bus at `socket`.
    pub(crate) fn open(socket: PathBuf) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let listener = UnixListener::bind(folder.path().join("gate")).unwrap();
        let passage = Arc::new(Mutex::new(Passage::default()));
        let mut connections = JoinSet::new();
        let through = Arc::clone(&passage);
        connections.spawn(async move {
            let mut connections = JoinSet::new();
            for connection in 0.. {
                let Ok((app, _)) = listener.accept().await else { return };
                let (through, socket) = (Arc::clone(&through), socket.clone());
                connections.spawn(async move {
                    // An error means that one side has closed; then the other closes too.
                    let _ = carry(app, connection, socket, &through).await;
                });
            }
        });
        Self { passage, folder, _connections: connections }
    }

    /// Forwards `messages` from now on; the next one, and all after it, are lost.
    pub(crate) fn shut_after(&self, messages: usize) {
        *lock(&self.passage) = Passage { left: Some(messages), called: Vec::new() };
    }

    /// The messages since, whether or not they passed.
    pub(crate) fn called(&self) -> Vec<Call> {
        lock(&self.passage).called.clone()
    }

    pub(crate) fn address(&self) -> String {
        format!("unix:path={}", self.folder.path().join("gate").display())
    }
}

/// Forwards a connection message by message.
async fn carry(
    app: UnixStream,
    connection: usize,
    socket: PathBuf,
    passage: &Mutex<Passage>,
) -> io::Result<()> {
    let (from_app, mut to_app) = app.into_split();
    let (mut from_bus, mut to_bus) = UnixStream::connect(socket).await?.into_split();
    let back = async { tokio::io::copy(&mut from_bus, &mut to_app).await.map(drop) };
    let forth = async {
        let mut from_app = BufReader::new(from_app);
        // The authentication is in lines.
        let mut line = Vec::new();
        while !line.starts_with(b"BEGIN") {
            line.clear();
            if from_app.read_until(b'\n', &mut line).await? == 0 {
                return Ok(());
            }
            to_bus.write_all(&line).await?;
        }
        loop {
            let message = read_message(&mut from_app).await?;
            if passes(&message, connection, passage) {
                to_bus.write_all(&message).await?;
            }
        }
    };
    tokio::try_join!(back, forth).map(drop)
}

/// A complete message, in the layout of the D-Bus Specification, "Message Format".
async fn read_message(from: &mut (impl tokio::io::AsyncRead + Unpin)) -> io::Result<Vec<u8>> {
    let mut message = vec![0; 16];
    from.read_exact(&mut message).await?;
    assert_eq!(message[0], b'l', "a little-endian machine speaks so");
    let length = |at: usize| u32::from_le_bytes(message[at..at + 4].try_into().unwrap()) as usize;
    let rest = length(12).next_multiple_of(8) + length(4);
    message.resize(16 + rest, 0);
    from.read_exact(&mut message[16..]).await?;
    Ok(message)
}

fn passes(message: &[u8], connection: usize, passage: &Mutex<Passage>) -> bool {
    let mut passage = lock(passage);
    let (destination, method) = (field(message, 6), field(message, 3));
    passage.called.push(Call { connection, destination, method });
    match &mut passage.left {
        None => true,
        Some(0) => false,
        Some(left) => {
            *left -= 1;
            true
        }
    }
}

/// A header field that is a string: 3 is the method, 6 the destination.
fn field(message: &[u8], code: u8) -> String {
    let start = [code, 1, b's', 0];
    let Some(at) = message.windows(4).position(|window| window == start) else { return "?".to_owned() };
    let length = usize::from(message[at + 4]);
    String::from_utf8_lossy(&message[at + 8..at + 8 + length]).into_owned()
}

fn lock(passage: &Mutex<Passage>) -> std::sync::MutexGuard<'_, Passage> {
    passage.lock().unwrap_or_else(PoisonError::into_inner)
}
