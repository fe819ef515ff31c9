//! Callers without an address, over a Unix socket: what is stored and shown of them, and which
//! limits they have.

use latchkey_server::Settings;
use latchkey_testkit::{Cluster, Device, Server, USERNAME, ok, problem, text};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{connection, invite, post, redeem};

/// An invitation that nobody got.
const WRONG: &str = "0000-0000-0000-0000-0";

/// A folder with the socket of a server, which sends its mail to a port at which nobody listens.
struct Place(tempfile::TempDir);

impl Place {
    async fn server(database: Option<String>) -> (Server, Self) {
        let place = Self(tempfile::tempdir().unwrap());
        let listen = format!("unix:{}", place.0.path().join("server.sock").display()).parse().unwrap();
        let set = |settings: &mut Settings| {
            settings.listen = listen;
            settings.public_url = Some("http://auth.example".parse().unwrap());
            settings.throttle.address_failures = 1;
            settings.mail.smtp_url = Some("smtp://127.0.0.1:1".parse().unwrap());
            settings.mail.from = Some("auth@example.com".parse().unwrap());
            if let Some(url) = database {
                settings.database_url = url.into();
            }
        };
        (Server::start_with(set).await, place)
    }
}

#[tokio::test]
async fn on_sqlite() {
    let (server, _place) = Place::server(None).await;
    story(server).await;
}

#[tokio::test]
async fn on_postgresql() {
    let cluster = Cluster::shared();
    let (server, _place) = Place::server(Some(cluster.database().await)).await;
    story(server).await;
}

async fn story(server: Server) {
    // A sign-in, a renewal, a notice to the older device.
    let (one, two) = (Device::new(1), Device::new(2));
    let first = ok(one.sign_in_as(&server, "laptop", "Linux").await).await;
    server.clock.advance(1);
    let second = ok(two.sign_in_as(&server, "desktop", "Linux").await).await;
    ok(two.renew(&server, text(&second, "session_token")).await).await;
    let get = async |path: &str| -> Value {
        ok(one.call(&server, Method::GET, path, text(&first, "token")).await).await
    };
    let sessions = get("/api/sessions").await;
    for session in sessions["sessions"].as_array().unwrap() {
        assert_eq!(session["address"], Value::Null, "{session}");
    }
    let told = get("/api/me/notices").await;
    assert_eq!(told["notices"][0]["kind"], "new_sign_in", "{told}");
    assert_eq!(told["notices"][0]["address"], Value::Null, "{told}");
    let mut sql = connection(&server).await;
    let mails = "SELECT CAST(COUNT(*) AS TEXT) FROM outbox WHERE template = 'new_sign_in'";
    assert_eq!(sql.texts(mails).await, ["1"]);

    // Wrong invitations count for nobody, and the right one is accepted after them.
    let code = invite(&server, "bee").await;
    for number in 10..14 {
        let refused = redeem(&Device::new(number), &server, WRONG, "a password of bees", None).await;
        problem(refused, 401, "invalid_code").await;
    }
    ok(redeem(&Device::new(14), &server, &code, "a password of bees", None).await).await;

    // Requests for a mail: beyond the twenty of an address, and within the ten of the account.
    for number in 20..50 {
        let body = json!({ "username": USERNAME });
        let answer = post(&Device::new(number), &server, "/api/auth/forgot", &body).await;
        assert_eq!(answer.status(), 202, "{}", answer.text().await.unwrap());
    }
    let asked = "SELECT CAST(COUNT(*) AS TEXT) FROM pending WHERE kind = 'forgot'";
    let mails = "SELECT CAST(COUNT(*) AS TEXT) FROM outbox WHERE template = 'code_asked_for' AND account_id IS NOT NULL";
    assert_eq!((sql.texts(asked).await, sql.texts(mails).await), (vec!["30".into()], vec!["10".into()]));
    let addresses = "SELECT CAST(COUNT(address) AS TEXT) FROM audit_events";
    assert_eq!(sql.texts(addresses).await, ["0"]);
}
