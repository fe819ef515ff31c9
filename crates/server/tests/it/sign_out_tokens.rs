//! `POST /api/auth/sign-out`: a sign-out token ends a session without an access or session token.

use latchkey_testkit::{Device, Server, problem, text};
use latchkey_token::proof::issue_sign_out_token;
use reqwest::{Method, Response};
use serde_json::{Value, json};

use crate::support::DAY;

async fn deliver(server: &Server, body: &Value) -> Response {
    server.request(Method::POST, "/api/auth/sign-out").json(body).send().await.unwrap()
}

fn sign_out_token(server: &Server, device: &Device, issuer: &str, sid: &str) -> Value {
    json!({ "notice": issue_sign_out_token(&device.key, issuer, sid, server.clock.now()).unwrap() })
}

fn sid(server: &Server, device: &Device, tokens: &Value) -> String {
    server.session_verifier(device).verify(text(tokens, "session_token"), server.clock.now()).unwrap().sid
}

#[tokio::test]
async fn a_late_sign_out_token_ends_its_session() {
    let (server, device) = (Server::start().await, Device::new(1));
    let tokens = device.sign_in(&server).await;
    let token = sign_out_token(&server, &device, "latchkey", &sid(&server, &device, &tokens));
    server.clock.advance(20 * DAY);
    for _ in 0..2 {
        assert_eq!(deliver(&server, &token).await.status(), 204, "a repetition succeeds");
    }
    problem(device.renew(&server, text(&tokens, "session_token")).await, 401, "session_revoked").await;
    server.clock.advance(200 * DAY);
    assert_eq!(deliver(&server, &token).await.status(), 204, "also after the session was deleted");
}

#[tokio::test]
async fn a_sign_out_token_takes_effect_immediately() {
    let (server, device) = (Server::start().await, Device::new(1));
    let tokens = device.sign_in(&server).await;
    let token = sign_out_token(&server, &device, "latchkey", &sid(&server, &device, &tokens));
    deliver(&server, &token).await;
    let hello = device.call(&server, Method::GET, "/", text(&tokens, "token")).await;
    problem(hello, 401, "session_revoked").await;
}

#[tokio::test]
async fn a_sign_out_token_cannot_end_the_session_of_another_device() {
    let (server, device) = (Server::start().await, Device::new(1));
    let tokens = device.sign_in(&server).await;
    let sid = sid(&server, &device, &tokens);
    let bearer = server.sign_in("device-9").await;
    let bearer_sid = server.access_verifier("device-9").verify(&bearer, server.clock.now()).unwrap().sid;
    for body in [
        sign_out_token(&server, &Device::new(2), "latchkey", &sid),
        sign_out_token(&server, &device, "another server", &sid),
        sign_out_token(&server, &device, "latchkey", &bearer_sid),
        json!({ "notice": text(&tokens, "session_token") }),
        json!({ "notice": device.proof(&server, &Method::POST, "/api/auth/sign-out", None) }),
        json!({ "notice": "a.b.c" }),
        json!({ "notice": 7 }),
        sign_out_token(&server, &device, "another server", "\0"),
        json!({}),
        json!([]),
    ] {
        problem(deliver(&server, &body).await, 400, "invalid_request").await;
    }
    let form = server.request(Method::POST, "/api/auth/sign-out").header("content-type", "text/plain");
    let document = problem(form.body("{}").send().await.unwrap(), 415, "unsupported_media_type").await;
    assert_eq!(document["detail"], "The body must be application/json.");
    assert_eq!(device.renew(&server, text(&tokens, "session_token")).await.status(), 200);
    assert_eq!(server.hello("device-9", &bearer).await.status(), 200);
}
