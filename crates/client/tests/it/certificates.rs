//! The real server with a certificate that no authority has signed: no password is sent to it.

use latchkey_client::api::NetworkCause;
use latchkey_client::error::SessionError;
use latchkey_testkit::Server;
use latchkey_testkit::app::{App, sign_in};

use crate::support::state::state;

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_without_an_authority_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned(), "localhost".to_owned()]).unwrap();
    let (certificate, key) = (folder.path().join("tls.crt"), folder.path().join("tls.key"));
    std::fs::write(&certificate, made.cert.pem()).unwrap();
    std::fs::write(&key, made.signing_key.serialize_pem()).unwrap();
    let server = Server::for_app()
        .settings(|settings| {
            settings.tls_certificate_file = Some(certificate);
            settings.tls_key_file = Some(key);
        })
        .start()
        .await;
    assert!(server.url.starts_with("https://"), "{}", server.url);

    let trusting = reqwest::Client::builder().tls_danger_accept_invalid_certs(true).build().unwrap();
    let health = trusting.get(format!("{}/healthz", server.url)).send().await.unwrap();
    assert_eq!(health.status(), 200, "the server has another fault");

    for url in [server.url.clone(), server.url.replace("127.0.0.1", "localhost")] {
        let app = App::new(&url);
        let session = app.start();
        assert_eq!(
            sign_in(&session).await.err(),
            Some(SessionError::ServerUnreachable { cause: NetworkCause::CertificateNotTrusted }),
            "{url}"
        );
        assert_eq!(state(&session), "signed-out: never-signed-in");
        assert!(!app.file().exists(), "a file was written");
    }
}
