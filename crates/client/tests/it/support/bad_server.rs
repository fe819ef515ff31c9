//! A server that treats each request as the test decides.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio::time::sleep;

/// The server's response to a request.
#[derive(Clone, Debug)]
pub(crate) enum Answer {
    /// Sends these bytes and closes.
    Bytes(Vec<u8>),
    /// Sends these bytes and stays open.
    Stall(Vec<u8>),
    /// Sends these bytes, then one more every half second.
    Drip(Vec<u8>),
    /// Sends these bytes, then zeros without end.
    Flood(Vec<u8>),
    /// Closes the connection.
    Close,
    /// Forwards to the server at this address.
    Pass(SocketAddr),
}

pub(crate) struct BadServer {
    pub(crate) url: String,
    requests: Arc<AtomicUsize>,
    sent: Arc<AtomicUsize>,
    answer: Arc<Mutex<Answer>>,
    task: JoinHandle<()>,
}

impl BadServer {
    pub(crate) async fn start(answer: Answer) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (requests, sent) = (Arc::<AtomicUsize>::default(), Arc::<AtomicUsize>::default());
        let answer = Arc::new(Mutex::new(answer));
        let (counters, said) = ((Arc::clone(&requests), Arc::clone(&sent)), Arc::clone(&answer));
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let answer = said.lock().unwrap().clone();
                let (requests, sent) = counters.clone();
                requests.fetch_add(1, Ordering::SeqCst);
                // The client may close the connection: an error is expected.
                tokio::spawn(async move { serve(stream, answer, &sent).await });
            }
        });
        Self { url, requests, sent, answer, task }
    }

    /// Treats all further requests so.
    pub(crate) fn say(&self, answer: Answer) {
        *self.answer.lock().unwrap() = answer;
    }

    /// The number of connections until now.
    pub(crate) fn requests(&self) -> usize {
        self.requests.load(Ordering::SeqCst)
    }

    /// The number of bytes of a flood that were accepted.
    pub(crate) fn sent(&self) -> usize {
        self.sent.load(Ordering::SeqCst)
    }
}

impl Drop for BadServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(mut stream: TcpStream, answer: Answer, sent: &AtomicUsize) -> std::io::Result<()> {
    match answer {
        Answer::Close => return Ok(()),
        Answer::Pass(server) => {
            let mut server = TcpStream::connect(server).await?;
            tokio::io::copy_bidirectional(&mut stream, &mut server).await?;
            return Ok(());
        }
        _ => {}
    }
    read_request(&mut stream).await?;
    match answer {
        Answer::Close | Answer::Pass(_) => {}
        Answer::Bytes(bytes) => stream.write_all(&bytes).await?,
        Answer::Stall(bytes) => {
            stream.write_all(&bytes).await?;
            // Until the client closes.
            while stream.read(&mut [0; 64]).await? > 0 {}
        }
        Answer::Drip(bytes) => {
            stream.write_all(&bytes).await?;
            loop {
                sleep(Duration::from_millis(500)).await;
                stream.write_all(b" ").await?;
            }
        }
        Answer::Flood(bytes) => {
            stream.write_all(&bytes).await?;
            loop {
                sent.fetch_add(stream.write(&[0; 65_536]).await?, Ordering::SeqCst);
            }
        }
    }
    Ok(())
}

/// Reads the head, and as much of a body as the head announces.
async fn read_request(stream: &mut TcpStream) -> std::io::Result<()> {
    let mut request = Vec::new();
    loop {
        if let Some(end) = request.windows(4).position(|window| window == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&request[..end]).to_lowercase();
            let length = head.lines().find_map(|line| line.strip_prefix("content-length:"));
            let length: usize = length.and_then(|length| length.trim().parse().ok()).unwrap_or(0);
            if request.len() >= end + 4 + length {
                return Ok(());
            }
        }
        if stream.read_buf(&mut request).await? == 0 {
            return Ok(());
        }
    }
}
