//! TLS with certificate files that are replaced while the server runs.

use std::fs;
use std::path::Path;
use std::time::Duration;

use latchkey_server::{Application, BuildError, Clock, TlsError};
use latchkey_testkit::{START, Server, key_folder, settings, wait_for};
use reqwest::tls::TlsInfo;

/// Writes a new certificate for 127.0.0.1 and its key to two files; returns its DER.
fn certificate(folder: &Path) -> Vec<u8> {
    let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    fs::write(folder.join("tls.key"), made.signing_key.serialize_pem()).unwrap();
    fs::write(folder.join("tls.crt"), made.cert.pem()).unwrap();
    made.cert.der().to_vec()
}

/// The certificate that the server presents to a new connection.
async fn presented(url: &str) -> Vec<u8> {
    let client = reqwest::Client::builder()
        .no_proxy()
        .tls_danger_accept_invalid_certs(true)
        .tls_info(true)
        .build()
        .unwrap();
    let response = client.get(format!("{url}/healthz")).send().await.unwrap();
    assert_eq!(response.status(), 200);
    response.extensions().get::<TlsInfo>().unwrap().peer_certificate().unwrap().to_vec()
}

#[tokio::test]
async fn a_new_certificate_is_used_without_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let first = certificate(folder.path());
    let server = Server::start_with(|settings| {
        settings.tls_certificate_file = Some(folder.path().join("tls.crt"));
        settings.tls_key_file = Some(folder.path().join("tls.key"));
        settings.limits.patience_seconds = 2;
    })
    .await;
    assert!(server.url.starts_with("https://"));
    assert_eq!(presented(&server.url).await, first);
    assert!(reqwest::get(server.url.replace("https", "http")).await.is_err(), "plain HTTP is refused");

    // The certificate changes before its key, as when an operator copies one file after the other.
    let key = fs::read(folder.path().join("tls.key")).unwrap();
    let second = certificate(folder.path());
    let new_key = fs::read(folder.path().join("tls.key")).unwrap();
    fs::write(folder.path().join("tls.key"), key).unwrap();
    fs::write(folder.path().join("tls.key"), new_key).unwrap();
    let is_new = async || (presented(&server.url).await == second).then_some(());
    wait_for("the certificate is reloaded", is_new).await;
    fs::write(folder.path().join("tls.crt"), "no certificate").unwrap();
    tokio::time::sleep(Duration::from_millis(2500)).await;
    assert_eq!(presented(&server.url).await, second, "an invalid certificate never replaces a valid one");

    // A silent client is disconnected here too.
    use tokio::io::AsyncReadExt as _;
    let address = server.url.trim_start_matches("https://");
    let mut silent = tokio::net::TcpStream::connect(address).await.unwrap();
    let end = tokio::time::timeout(Duration::from_secs(60), silent.read(&mut [0])).await;
    assert!(end.expect("the connection stays open").is_ok_and(|length| length == 0));
}

#[tokio::test]
async fn invalid_certificate_files_are_refused_with_the_reason() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    certificate(at);
    let build = async |certificate: Option<&str>, key: Option<&str>| {
        let mut settings = settings(at);
        settings.keys = key_folder().to_owned();
        settings.tls_certificate_file = certificate.map(|name| at.join(name));
        settings.tls_key_file = key.map(|name| at.join(name));
        match Application::build(settings, Clock::new(|| START)).await {
            Err(BuildError::Tls(error)) => error,
            Err(error) => panic!("{error}"),
            Ok(_) => panic!("the server was built"),
        }
    };
    assert!(matches!(build(Some("tls.crt"), None).await, TlsError::Half));
    assert!(matches!(build(None, Some("tls.key")).await, TlsError::Half));
    assert!(matches!(build(Some("none"), Some("tls.key")).await, TlsError::Unreadable { .. }));
    assert!(matches!(build(Some("tls.key"), Some("tls.key")).await, TlsError::NoCertificate(_)));
    assert!(matches!(build(Some("tls.crt"), Some("tls.crt")).await, TlsError::NoKey(_)));
    let other = tempfile::tempdir().unwrap();
    certificate(other.path());
    fs::copy(other.path().join("tls.key"), at.join("other.key")).unwrap();
    assert!(matches!(build(Some("tls.crt"), Some("other.key")).await, TlsError::Unusable { .. }));
}
