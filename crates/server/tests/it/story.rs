//! One story on both databases: a device's life from sign-in to the end, with two servers.

use latchkey_server::accounts::{self, AddAccountError};
use reqwest::Method;

use crate::support::{Cluster, DAY, Device, PASSWORD, SOON, START, Server, ok, problem, sam, text};

#[tokio::test]
async fn on_sqlite() {
    tell(Server::start().await).await;
}

#[tokio::test]
async fn on_postgresql() {
    let cluster = Cluster::shared();
    let url = cluster.database().await;
    tell(Server::start_with(|settings| settings.database_url = url.into()).await).await;
}

#[tokio::test]
async fn on_postgresql_two_servers_start_at_once() {
    let cluster = Cluster::shared();
    let folder = tempfile::tempdir().unwrap();
    let mut settings = crate::support::settings(folder.path());
    settings.database_url = cluster.database().await.into();
    let adding = (0..6_u8).map(|number| {
        let (settings, mut account) = (settings.clone(), sam());
        account.username = accounts::Username::parse(&format!("sam{number}")).unwrap();
        async move { accounts::add(&settings, account, START).await.unwrap() }
    });
    let added = adding.collect::<tokio::task::JoinSet<_>>().join_all().await;
    assert_eq!(added.len(), 6);
}

async fn tell(server: Server) {
    let taken = accounts::add(&server.settings, sam(), START).await;
    assert!(matches!(taken, Err(AddAccountError::Taken(_))), "{taken:?}");

    // Sign in, wrongly and rightly.
    let device = Device::new(1);
    let request = server.request(Method::POST, "/api/auth").header("x-client", "device-1");
    let wrong = request.form(&[("username", "ladiesman217"), ("password", "wrong")]).send().await.unwrap();
    problem(wrong, 401, "invalid_credentials").await;
    let answer = device.sign_in(&server).await;
    let me = ok(device.call(&server, Method::GET, "/api/me", text(&answer, "token")).await).await;
    assert_eq!(
        (&me["given_name"], &me["email"], &me["level"]),
        (&"Sam".into(), &"sam@example.com".into(), &7.into())
    );
    let session_token = text(&answer, "session_token");

    // Another server knows the session, and renews it after three weeks without contact.
    let other = server.another().await;
    server.clock.advance(21 * DAY);
    let renewed = ok(device.renew(&other, session_token).await).await;
    assert_eq!(renewed["session_expires_in"], 14 * DAY);
    let hello = device.call(&server, Method::GET, "/", text(&renewed, "token")).await;
    assert_eq!(hello.text().await.unwrap(), "Hello World!");

    // A nonce of one server is good at the other.
    let late = |nonce: Option<&str>| {
        let token = text(&renewed, "token");
        let proof = device.proof_at(&other, &Method::GET, "/", Some(token), START.plus(-DAY), nonce);
        let request = other.request(Method::GET, "/").header("x-client", "device-1");
        request.header("authorization", format!("DPoP {token}")).header("dpop", proof).send()
    };
    let proof = device.proof_at(&server, &Method::GET, "/", Some(text(&renewed, "token")), START, None);
    let asked = device.call_with(&server, Method::GET, "/", text(&renewed, "token"), &proof).await;
    let nonce = asked.headers()["dpop-nonce"].to_str().unwrap().to_owned();
    problem(asked, 401, "use_dpop_nonce").await;
    assert_eq!(late(Some(&nonce)).await.unwrap().status(), 200);

    // Sign out at one; the other refuses within a second.
    let gone = device.call(&server, Method::DELETE, "/api/auth", session_token).await;
    assert_eq!(gone.status(), 204);
    problem(device.renew(&other, session_token).await, 401, "session_revoked").await;
    let ended = std::time::Instant::now();
    while device.call(&other, Method::GET, "/", text(&renewed, "token")).await.status() == 200 {
        assert!(ended.elapsed() < SOON);
    }

    // Stop and start: what was written is there, and what was ended is ended.
    let folder = server.stop().await;
    other.stop().await;
    drop((folder, PASSWORD));
}
