//! `DELETE /api/auth`, and the time until servers refuse the ended session.

use std::time::Instant;

use latchkey_testkit::{Device, Server, problem, text};
use reqwest::Method;

use crate::support::{DAY, SOON};

const PATH: &str = "/api/auth";

#[tokio::test]
async fn sign_out_ends_a_bearer_session_immediately() {
    let server = Server::start().await;
    let (token, other) = (server.sign_in("device-1").await, server.sign_in("device-1").await);
    let delete = || {
        let request = server.request(Method::DELETE, PATH).header("x-client", "device-1");
        request.header("authorization", format!("Bearer {token}")).send()
    };
    let response = delete().await.unwrap();
    assert_eq!(response.status(), 204);
    assert_eq!(response.text().await.unwrap(), "");
    problem(server.hello("device-1", &token).await, 401, "session_revoked").await;
    assert_eq!(delete().await.unwrap().status(), 204, "a repetition succeeds");
    assert_eq!(server.hello("device-1", &other).await.status(), 200, "the other session stays active");
}

#[tokio::test]
async fn either_token_of_a_device_ends_its_session() {
    for name in ["token", "session_token"] {
        let (server, device) = (Server::start().await, Device::new(1));
        let tokens = device.sign_in(&server).await;
        for _ in 0..2 {
            let response = device.call(&server, Method::DELETE, PATH, text(&tokens, name)).await;
            assert_eq!(response.status(), 204, "{name}");
        }
        let hello = device.call(&server, Method::GET, "/", text(&tokens, "token")).await;
        problem(hello, 401, "session_revoked").await;
        problem(device.renew(&server, text(&tokens, "session_token")).await, 401, "session_revoked").await;
    }
}

#[tokio::test]
async fn an_expired_session_token_still_signs_out() {
    let (server, device) = (Server::start().await, Device::new(1));
    let tokens = device.sign_in(&server).await;
    server.clock.advance(21 * DAY);
    let expired = device.call(&server, Method::DELETE, PATH, text(&tokens, "token")).await;
    problem(expired, 401, "invalid_token").await;
    let response = device.call(&server, Method::DELETE, PATH, text(&tokens, "session_token")).await;
    assert_eq!(response.status(), 204);
    problem(device.renew(&server, text(&tokens, "session_token")).await, 401, "session_revoked").await;
    server.clock.advance(400 * DAY);
    let response = device.call(&server, Method::DELETE, PATH, text(&tokens, "session_token")).await;
    assert_eq!(response.status(), 204, "also after the session has expired");
}

#[tokio::test]
async fn sign_out_from_another_device_is_refused() {
    let (server, device) = (Server::start().await, Device::new(1));
    let tokens = device.sign_in(&server).await;
    let (access, session) = (text(&tokens, "token"), text(&tokens, "session_token"));
    let mut thief = Device::new(2);
    thief.id.clone_from(&device.id);
    for token in [access, session] {
        problem(thief.call(&server, Method::DELETE, PATH, token).await, 401, "invalid_dpop_proof").await;
        for scheme in ["Bearer", "DPoP"] {
            let request = server.request(Method::DELETE, PATH).header("x-client", "device-1");
            let response = request.header("authorization", format!("{scheme} {token}")).send().await.unwrap();
            assert_eq!(response.status(), 401, "{scheme}");
        }
    }
    let moved = Device { id: "device-3".into(), ..Device::new(1) };
    problem(moved.call(&server, Method::DELETE, PATH, session).await, 401, "invalid_token").await;
    let none = server.request(Method::DELETE, PATH).header("x-client", "device-1").send().await.unwrap();
    problem(none, 401, "token_missing").await;
    assert_eq!(
        device.call(&server, Method::GET, "/", access).await.status(),
        200,
        "the session is still active"
    );
}

#[tokio::test]
async fn a_sign_out_reaches_another_server_soon_and_a_new_one_immediately() {
    let server = Server::start().await;
    let other = server.another().await;
    let token = server.sign_in("device-1").await;
    assert_eq!(other.hello("device-1", &token).await.status(), 200);
    let request = server.request(Method::DELETE, PATH).header("x-client", "device-1");
    let response = request.header("authorization", format!("Bearer {token}")).send().await.unwrap();
    assert_eq!(response.status(), 204);
    let ended = Instant::now();
    while other.hello("device-1", &token).await.status() == 200 {
        assert!(ended.elapsed() < SOON, "the other server still accepts the token");
    }
    let new = server.another().await;
    problem(new.hello("device-1", &token).await, 401, "session_revoked").await;
    problem(other.hello("device-1", &token).await, 401, "session_revoked").await;
}
