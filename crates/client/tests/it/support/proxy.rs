//! A proxy that records everything it receives outside of tunnels.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// The proxy's response to a request.
#[derive(Clone, Debug)]
pub(crate) enum Manners {
    /// Connects to this address for every name, by HTTP CONNECT or SOCKS 5.
    Connects(SocketAddr),
    /// Sends these bytes and closes.
    Answers(&'static str),
}

pub(crate) struct Proxy {
    pub(crate) address: SocketAddr,
    heard: Arc<Mutex<Vec<u8>>>,
    task: JoinHandle<()>,
}

impl Proxy {
    pub(crate) async fn start(manners: Manners) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let heard = Arc::<Mutex<Vec<u8>>>::default();
        let kept = Arc::clone(&heard);
        let task = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let (manners, heard) = (manners.clone(), Arc::clone(&kept));
                // The client may close the connection: an error is expected.
                tokio::spawn(async move { serve(client, manners, &heard).await });
            }
        });
        Self { address, heard, task }
    }

    /// All bytes that it has received outside of tunnels.
    pub(crate) fn heard(&self) -> String {
        String::from_utf8_lossy(&self.heard.lock().unwrap()).into_owned()
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(mut client: TcpStream, manners: Manners, heard: &Mutex<Vec<u8>>) -> std::io::Result<()> {
    let mut request = Vec::new();
    while client.read_buf(&mut request).await? > 0 {
        if request.first() == Some(&5) || request.windows(4).any(|end| end == b"\r\n\r\n") {
            break;
        }
    }
    heard.lock().unwrap().extend_from_slice(&request);
    match manners {
        Manners::Answers(bytes) => client.write_all(bytes.as_bytes()).await,
        Manners::Connects(server) => {
            if request.first() == Some(&5) {
                agree_on_socks(&mut client, heard).await?;
            } else if request.starts_with(b"CONNECT ") {
                client.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").await?;
            } else {
                return client.write_all(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n").await;
            }
            let mut server = TcpStream::connect(server).await?;
            tokio::io::copy_bidirectional(&mut client, &mut server).await.map(drop)
        }
    }
}

/// The server's side of RFC 1928 without authentication, after the greeting.
async fn agree_on_socks(client: &mut TcpStream, heard: &Mutex<Vec<u8>>) -> std::io::Result<()> {
    client.write_all(&[5, 0]).await?;
    let mut head = [0; 5];
    client.read_exact(&mut head).await?;
    // Version, command, reserved, type of address; the next byte is the length of a name.
    let rest = match head[3] {
        1 => 3 + 2,
        3 => usize::from(head[4]) + 2,
        _ => 15 + 2,
    };
    let mut address = vec![0; rest];
    client.read_exact(&mut address).await?;
    heard.lock().unwrap().extend_from_slice(&address);
    client.write_all(&[5, 0, 0, 1, 0, 0, 0, 0, 0, 0]).await
}
