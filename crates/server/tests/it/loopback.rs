//! A server that listens on this computer only: its names are one place.

use latchkey_testkit::Server;

use crate::proofs::{refused, sign_in};
use crate::support::Forge;

/// The names of one place, which is this computer; with a public URL there is one name only.
#[tokio::test]
async fn the_names_of_this_computer_are_one_place_unless_a_public_url_is_set() {
    let server = Server::start().await;
    let port = server.settings.listen.port();
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
    let public =
        Server::start_with(|settings| settings.public_url = Some("https://auth.example".into())).await;
    let port = public.settings.listen.port();
    for host in ["127.0.0.1", "localhost"] {
        let mut forge = Forge::new(&public, "POST", "/api/auth");
        forge.with_claim("htu", format!("http://{host}:{port}/api/auth").into());
        refused(sign_in(&public, &forge.sign()).await, "htu").await;
    }
}
