//! What stands before the servers of a company: TLS for one public URL, and a choice of the server
//! that gets the connections.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tempfile::TempDir;
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio_rustls::TlsAcceptor;

/// A listener on a loopback port. It stops with the test.
pub(crate) struct Front {
    /// The public URL of the servers.
    pub(crate) url: String,
    server: watch::Sender<Option<SocketAddr>>,
    folder: TempDir,
}

impl Front {
    /// Starts one that leads nowhere yet.
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("https://localhost:{}", listener.local_addr().unwrap().port());
        let (server, folder) = (watch::Sender::new(None), tempfile::tempdir().unwrap());
        let (acceptor, certificate) = acceptor();
        let subscribed = server.subscribe();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(pass(acceptor.clone(), client, subscribed.clone()));
            }
        });
        let front = Self { url, server, folder };
        std::fs::write(front.certificate(), certificate).unwrap();
        front
    }

    /// The file of its certificate, for those who call it.
    pub(crate) fn certificate(&self) -> PathBuf {
        self.folder.path().join("front.crt")
    }

    /// Leads to a server from now on. Connections to the former one are closed.
    pub(crate) fn lead_to(&self, server: SocketAddr) {
        self.server.send_replace(Some(server));
    }
}

/// TLS with a new certificate, and that.
fn acceptor() -> (TlsAcceptor, String) {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let certificate = made.cert.pem();
    let chain = vec![CertificateDer::from_pem_slice(certificate.as_bytes()).unwrap()];
    let key = PrivateKeyDer::from_pem_slice(made.signing_key.serialize_pem().as_bytes()).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let config = config.unwrap().with_no_client_auth().with_single_cert(chain, key).unwrap();
    (TlsAcceptor::from(Arc::new(config)), certificate)
}

/// Passes a connection on, until one side ends it or the front leads elsewhere.
async fn pass(acceptor: TlsAcceptor, client: TcpStream, mut to: watch::Receiver<Option<SocketAddr>>) {
    let Some(address) = *to.borrow_and_update() else { return };
    // A browser opens connections that it does not use.
    let Ok(mut client) = acceptor.accept(client).await else { return };
    let Ok(mut server) = TcpStream::connect(address).await else { return };
    tokio::select! {
        _ = copy_bidirectional(&mut client, &mut server) => {}
        _ = to.changed() => {}
    }
}
