//! A network between the app and the server that loses answers on request.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use latchkey_testkit::{Server, ServerBuilder};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// Forwards connections to the server, and drops its responses on request.
pub(crate) struct LossyRelay {
    address: SocketAddr,
    listener: std::sync::Mutex<Option<TcpListener>>,
    /// Whether it drops responses. The server has done then what it was asked.
    pub(crate) loses: Arc<AtomicBool>,
}

impl LossyRelay {
    /// Starts a server whose address is this relay's.
    pub(crate) async fn before(builder: ServerBuilder) -> (Server, Self) {
        let relay = Self::bind().await;
        let url = relay.url().parse().unwrap();
        let server = builder.settings(|settings| settings.public_url = Some(url)).start().await;
        relay.lead_to(server.address());
        (server, relay)
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    async fn bind() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        Self { address, listener: Some(listener).into(), loses: Arc::default() }
    }

    fn lead_to(&self, server: SocketAddr) {
        let listener = self.listener.lock().unwrap().take().unwrap();
        let loses = Arc::clone(&self.loses);
        tokio::spawn(async move {
            while let Ok((app, _)) = listener.accept().await {
                tokio::spawn(carry(app, server, Arc::clone(&loses)));
            }
        });
    }
}

async fn carry(app: TcpStream, server: SocketAddr, loses: Arc<AtomicBool>) {
    let Ok(server) = TcpStream::connect(server).await else { return };
    let ((mut from_app, mut to_app), (mut from_server, mut to_server)) =
        (app.into_split(), server.into_split());
    let forth = async { tokio::io::copy(&mut from_app, &mut to_server).await.map(drop) };
    let back = async {
        let mut buffer = vec![0; 16 * 1024];
        loop {
            let read = from_server.read(&mut buffer).await?;
            if read == 0 || loses.load(Ordering::SeqCst) {
                return Err(std::io::Error::from(std::io::ErrorKind::ConnectionReset));
            }
            to_app.write_all(&buffer[..read]).await?;
        }
    };
    let _: std::io::Result<((), ())> = tokio::try_join!(forth, back);
}
