//! Proofs for a server that listens on loopback only: all loopback names are equivalent.

use latchkey_testkit::Server;

use crate::proofs::{refused, sign_in};
use crate::support::Forge;

/// With a public URL of another computer, only that URL is accepted.
#[tokio::test]
async fn loopback_names_are_equivalent_to_each_other_only() {
    let server = Server::start().await;
    let port = server.address().port();
    for host in ["127.0.0.1", "localhost", "[::1]", "LOCALHOST"] {
        let mut forge = Forge::new(&server, "POST", "/api/auth");
        forge.with_claim("htu", format!("http://{host}:{port}/api/auth").into());
        assert_eq!(sign_in(&server, &forge.sign()).await.status(), 200, "{host}");
    }
    for other in [
        "https://localhost:{port}",
        "http://localhost",
        "http://127.0.0.2:{port}",
        "http://localhost.evil.example:{port}",
    ] {
        let mut forge = Forge::new(&server, "POST", "/api/auth");
        forge.with_claim("htu", format!("{}/api/auth", other.replace("{port}", &port.to_string())).into());
        refused(sign_in(&server, &forge.sign()).await, "htu").await;
    }
    let named = Server::start_with(|settings| {
        settings.public_url = Some("http://localhost:8080/base".parse().unwrap());
    })
    .await;
    for host in ["127.0.0.1", "localhost", "[::1]"] {
        let mut forge = Forge::new(&named, "POST", "/api/auth");
        forge.with_claim("htu", format!("http://{host}:8080/base/api/auth").into());
        assert_eq!(sign_in(&named, &forge.sign()).await.status(), 200, "{host}");
    }
    let public =
        Server::start_with(|settings| settings.public_url = Some("https://auth.example".parse().unwrap()))
            .await;
    let port = public.address().port();
    for host in ["127.0.0.1", "localhost"] {
        let mut forge = Forge::new(&public, "POST", "/api/auth");
        forge.with_claim("htu", format!("http://{host}:{port}/api/auth").into());
        refused(sign_in(&public, &forge.sign()).await, "htu").await;
    }
}
