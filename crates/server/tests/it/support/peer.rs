//! A server of another company, below HTTP: it hangs, drips, or answers bytes that are fixed.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// What a server does with each request.
#[derive(Clone)]
pub(crate) enum Reply {
    /// Nothing.
    Silence,
    /// The head of an answer, and then a byte ten times a second.
    Drops,
    /// This, and the end of the connection.
    Bytes(Vec<u8>),
}

/// A server that has one reply. It stops when this value is dropped.
pub(crate) struct Peer {
    pub(crate) url: String,
    calls: Arc<AtomicUsize>,
    task: JoinHandle<()>,
}

impl Drop for Peer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Peer {
    pub(crate) async fn start(reply: Reply) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let calls = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&calls);
        let task = tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                counted.fetch_add(1, Ordering::SeqCst);
                tokio::spawn(answer(stream, reply.clone()));
            }
        });
        Self { url, calls, task }
    }

    /// One that answers with a status and a body.
    pub(crate) async fn saying(status: &str, headers: &str, body: &str) -> Self {
        let length = body.len();
        let head = format!("HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {length}");
        Self::start(Reply::Bytes(format!("{head}\r\n{headers}\r\n{body}").into_bytes())).await
    }

    /// How often it was connected to.
    pub(crate) fn calls(&self) -> usize {
        self.calls.load(Ordering::SeqCst)
    }
}

async fn answer(mut stream: TcpStream, reply: Reply) {
    let mut request = [0; 4096];
    let _ = stream.read(&mut request).await;
    match reply {
        Reply::Silence => std::future::pending().await,
        Reply::Drops => {
            let mut bytes = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n".to_vec();
            while stream.write_all(&bytes).await.is_ok() {
                tokio::time::sleep(Duration::from_millis(100)).await;
                bytes = b" ".to_vec();
            }
        }
        Reply::Bytes(bytes) => {
            let _ = stream.write_all(&bytes).await;
            let _ = stream.shutdown().await;
        }
    }
}
