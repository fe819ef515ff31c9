//! A session from sign-in to its end on two servers, on both databases, with an assertion for each
//! step: sign-in, renewal by another server, a nonce of one server at the other, sign-out at one
//! server that ends the session at both, and a restart after which sessions are as they were.

use std::time::Instant;

use latchkey_server::accounts::{self, AddAccountError, NameError};
use latchkey_testkit::{Device, START, Server, ok, problem, sam, text};
use reqwest::Method;

use crate::support::{DAY, SOON, on_both};

on_both!(a_session_works_on_two_servers_until_it_is_ended_and_survives_a_restart);

async fn a_session_works_on_two_servers_until_it_is_ended_and_survives_a_restart(mut server: Server) {
    let taken = accounts::add(&server.settings, sam(), START).await;
    assert!(matches!(taken, Err(AddAccountError::Name(NameError::Taken(_)))), "{taken:?}");

    // A wrong password is refused, the right one signs in.
    let device = Device::new(1);
    let request = server.request(Method::POST, "/api/auth").header("x-client", "device-1");
    let wrong = request.form(&[("username", "ladiesman217"), ("password", "wrong")]).send().await.unwrap();
    problem(wrong, 401, "invalid_credentials").await;
    let tokens = device.sign_in(&server).await;
    let me = ok(device.call(&server, Method::GET, "/api/me", text(&tokens, "token")).await).await;
    assert_eq!(
        (&me["given_name"], &me["email"], &me["level"]),
        (&"Sam".into(), &"sam@example.com".into(), &7.into())
    );
    let session_token = text(&tokens, "session_token");

    // Another server renews the session after three weeks without contact, and the first server
    // accepts the new token.
    let mut other = server.another().await;
    server.clock.advance(21 * DAY);
    let renewed = ok(device.renew(&other, session_token).await).await;
    assert_eq!(renewed["session_expires_in"], 14 * DAY);
    let token = text(&renewed, "token");
    let hello = device.call(&server, Method::GET, "/", token).await;
    assert_eq!(hello.text().await.unwrap(), "Hello World!");

    // A nonce of one server is valid on another.
    let proof = device.proof_at(&server, &Method::GET, "/", Some(token), START, None);
    let late = device.call_with(&server, Method::GET, "/", token, &proof).await;
    let nonce = late.headers()["dpop-nonce"].to_str().unwrap().to_owned();
    problem(late, 401, "use_dpop_nonce").await;
    let proof = device.proof_at(&other, &Method::GET, "/", Some(token), START.plus(-DAY), Some(&nonce));
    assert_eq!(device.call_with(&other, Method::GET, "/", token, &proof).await.status(), 200);

    // After the sign-out at one server, the other refuses the renewal immediately, and the access
    // token soon.
    let other_device = Device::new(2);
    let other_tokens = other_device.sign_in(&server).await;
    let sign_out = device.call(&server, Method::DELETE, "/api/auth", session_token).await;
    assert_eq!(sign_out.status(), 204);
    problem(device.renew(&other, session_token).await, 401, "session_revoked").await;
    let ended = Instant::now();
    while device.call(&other, Method::GET, "/", token).await.status() == 200 {
        assert!(ended.elapsed() < SOON, "the other server still accepts the token");
    }

    // After a restart, the ended session is ended, and the other session works.
    other.stop().await;
    server.stop().await;
    server.start_again().await;
    problem(device.call(&server, Method::GET, "/", token).await, 401, "session_revoked").await;
    problem(device.renew(&server, session_token).await, 401, "session_revoked").await;
    let hello = other_device.call(&server, Method::GET, "/", text(&other_tokens, "token")).await;
    assert_eq!(hello.status(), 200);
    ok(other_device.renew(&server, text(&other_tokens, "session_token")).await).await;
}

#[cfg(unix)]
#[tokio::test]
async fn concurrent_first_uses_of_a_new_postgresql_database_succeed() {
    let cluster = latchkey_testkit::Cluster::shared();
    let folder = tempfile::tempdir().unwrap();
    let mut settings = latchkey_testkit::settings(folder.path());
    settings.database_url = cluster.database().await.into();
    let adding = (0..6_u8).map(|number| {
        let (settings, mut account) = (settings.clone(), sam());
        account.username = accounts::Username::parse(&format!("sam{number}")).unwrap();
        async move { accounts::add(&settings, account, START).await.unwrap() }
    });
    let added = adding.collect::<tokio::task::JoinSet<_>>().join_all().await;
    assert_eq!(added.len(), 6);
}
