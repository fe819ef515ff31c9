//! `DELETE /api/auth`, and how fast the end of a session is seen.

use std::time::Instant;

use latchkey_testkit::{Device, Server, problem, text};
use reqwest::Method;

use crate::support::{DAY, SOON};

const PATH: &str = "/api/auth";

#[tokio::test]
async fn a_bearer_session_ends_at_once() {
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
    assert_eq!(delete().await.unwrap().status(), 204, "done twice, it is done");
    assert_eq!(server.hello("device-1", &other).await.status(), 200, "the other sign-in goes on");
}

#[tokio::test]
async fn either_token_of_a_device_ends_it() {
    for name in ["token", "session_token"] {
        let (server, device) = (Server::start().await, Device::new(1));
        let answer = device.sign_in(&server).await;
        for _ in 0..2 {
            let response = device.call(&server, Method::DELETE, PATH, text(&answer, name)).await;
            assert_eq!(response.status(), 204, "{name}");
        }
        let hello = device.call(&server, Method::GET, "/", text(&answer, "token")).await;
        problem(hello, 401, "session_revoked").await;
        problem(device.renew(&server, text(&answer, "session_token")).await, 401, "session_revoked").await;
    }
}

#[tokio::test]
async fn it_can_be_delivered_long_after() {
    let (server, device) = (Server::start().await, Device::new(1));
    let answer = device.sign_in(&server).await;
    server.clock.advance(21 * DAY);
    let expired = device.call(&server, Method::DELETE, PATH, text(&answer, "token")).await;
    problem(expired, 401, "invalid_token").await;
    let response = device.call(&server, Method::DELETE, PATH, text(&answer, "session_token")).await;
    assert_eq!(response.status(), 204);
    problem(device.renew(&server, text(&answer, "session_token")).await, 401, "session_revoked").await;
    server.clock.advance(400 * DAY);
    let response = device.call(&server, Method::DELETE, PATH, text(&answer, "session_token")).await;
    assert_eq!(response.status(), 204, "over or not");
}

#[tokio::test]
async fn nobody_else_can_end_it() {
    let (server, device) = (Server::start().await, Device::new(1));
    let answer = device.sign_in(&server).await;
    let (access, session) = (text(&answer, "token"), text(&answer, "session_token"));
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
    assert_eq!(device.call(&server, Method::GET, "/", access).await.status(), 200, "it goes on");
}

#[tokio::test]
async fn another_server_sees_it_soon_and_a_new_one_at_once() {
    let server = Server::start().await;
    let other = server.another().await;
    let token = server.sign_in("device-1").await;
    assert_eq!(other.hello("device-1", &token).await.status(), 200);
    let request = server.request(Method::DELETE, PATH).header("x-client", "device-1");
    let response = request.header("authorization", format!("Bearer {token}")).send().await.unwrap();
    assert_eq!(response.status(), 204);
    let ended = Instant::now();
    while other.hello("device-1", &token).await.status() == 200 {
        assert!(ended.elapsed() < SOON, "still let in");
    }
    let fresh = server.another().await;
    problem(fresh.hello("device-1", &token).await, 401, "session_revoked").await;
    problem(other.hello("device-1", &token).await, 401, "session_revoked").await;
}
