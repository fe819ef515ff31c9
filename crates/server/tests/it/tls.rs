//! TLS from certificate files that change while the server runs.

use std::fs;
use std::path::Path;
use std::time::Duration;

use latchkey_server::{Application, BuildError, Clock, TlsError};
use latchkey_testkit::{START, Server, key_folder, settings};
use reqwest::tls::TlsInfo;

/// A new certificate for 127.0.0.1, in two files. Answers its DER.
fn certificate(folder: &Path) -> Vec<u8> {
    let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    fs::write(folder.join("tls.key"), made.signing_key.serialize_pem()).unwrap();
    fs::write(folder.join("tls.crt"), made.cert.pem()).unwrap();
    made.cert.der().to_vec()
}

/// The certificate that the server shows to a new connection.
async fn shown(url: &str) -> Vec<u8> {
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
async fn a_new_certificate_is_shown_without_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let first = certificate(folder.path());
    let server = Server::start_with(|settings| {
        settings.tls_certificate_file = Some(folder.path().join("tls.crt"));
        settings.tls_key_file = Some(folder.path().join("tls.key"));
        settings.limits.patience_seconds = 2;
    })
    .await;
    assert!(server.url.starts_with("https://"));
    assert_eq!(shown(&server.url).await, first);
    assert!(reqwest::get(server.url.replace("https", "http")).await.is_err(), "not without TLS");

    // Half of a change is not taken.
    let key = fs::read(folder.path().join("tls.key")).unwrap();
    let second = certificate(folder.path());
    let new_key = fs::read(folder.path().join("tls.key")).unwrap();
    fs::write(folder.path().join("tls.key"), key).unwrap();
    fs::write(folder.path().join("tls.key"), new_key).unwrap();
    let changed = async {
        while shown(&server.url).await != second {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), changed).await.expect("the certificate was not read again");
    fs::write(folder.path().join("tls.crt"), "no certificate").unwrap();
    tokio::time::sleep(Duration::from_millis(2500)).await;
    assert_eq!(shown(&server.url).await, second, "a bad one never replaces a good one");

    // A client that says nothing is dropped here too.
    use tokio::io::AsyncReadExt as _;
    let address = server.url.trim_start_matches("https://");
    let mut silent = tokio::net::TcpStream::connect(address).await.unwrap();
    let end = tokio::time::timeout(Duration::from_secs(60), silent.read(&mut [0])).await;
    assert!(end.expect("the connection stays open").is_ok_and(|length| length == 0));
}

#[tokio::test]
async fn what_is_wrong_with_the_files_is_said() {
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
            Ok(_) => panic!("it was built"),
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
