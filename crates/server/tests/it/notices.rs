//! `POST /api/auth/sign-out`: a session is ended by a notice alone.

use latchkey_testkit::{Device, Server, problem, text};
use latchkey_token::proof::issue_sign_out_token;
use reqwest::{Method, Response};
use serde_json::{Value, json};

use crate::support::DAY;

async fn deliver(server: &Server, body: &Value) -> Response {
    server.request(Method::POST, "/api/auth/sign-out").json(body).send().await.unwrap()
}

fn notice(server: &Server, device: &Device, issuer: &str, sid: &str) -> Value {
    json!({ "notice": issue_sign_out_token(&device.key, issuer, sid, server.clock.now()).unwrap() })
}

fn sid(server: &Server, device: &Device, answer: &Value) -> String {
    server.session_verifier(device).verify(text(answer, "session_token"), server.clock.now()).unwrap().sid
}

#[tokio::test]
async fn a_notice_ends_its_session_whenever_it_comes() {
    let (server, device) = (Server::start().await, Device::new(1));
    let answer = device.sign_in(&server).await;
    let notice = notice(&server, &device, "latchkey", &sid(&server, &device, &answer));
    server.clock.advance(20 * DAY);
    for _ in 0..2 {
        assert_eq!(deliver(&server, &notice).await.status(), 204, "done twice, it is done");
    }
    problem(device.renew(&server, text(&answer, "session_token")).await, 401, "session_revoked").await;
    server.clock.advance(200 * DAY);
    assert_eq!(deliver(&server, &notice).await.status(), 204, "also when nobody remembers the session");
}

#[tokio::test]
async fn it_counts_at_once() {
    let (server, device) = (Server::start().await, Device::new(1));
    let answer = device.sign_in(&server).await;
    let notice = notice(&server, &device, "latchkey", &sid(&server, &device, &answer));
    deliver(&server, &notice).await;
    let hello = device.call(&server, Method::GET, "/", text(&answer, "token")).await;
    problem(hello, 401, "session_revoked").await;
}

#[tokio::test]
async fn nobody_ends_the_session_of_another() {
    let (server, device) = (Server::start().await, Device::new(1));
    let answer = device.sign_in(&server).await;
    let sid = sid(&server, &device, &answer);
    let bearer = server.sign_in("device-9").await;
    let bearer_sid = server.access_verifier("device-9").verify(&bearer, server.clock.now()).unwrap().sid;
    for body in [
        notice(&server, &Device::new(2), "latchkey", &sid),
        notice(&server, &device, "another server", &sid),
        notice(&server, &device, "latchkey", &bearer_sid),
        json!({ "notice": text(&answer, "session_token") }),
        json!({ "notice": device.proof(&server, &Method::POST, "/api/auth/sign-out", None) }),
        json!({ "notice": "a.b.c" }),
        json!({ "notice": 7 }),
        notice(&server, &device, "another server", "\0"),
        json!({}),
        json!([]),
    ] {
        problem(deliver(&server, &body).await, 400, "invalid_request").await;
    }
    let form = server.request(Method::POST, "/api/auth/sign-out").header("content-type", "text/plain");
    problem(form.body("{}").send().await.unwrap(), 415, "unsupported_media_type").await;
    assert_eq!(device.renew(&server, text(&answer, "session_token")).await.status(), 200);
    assert_eq!(server.hello("device-9", &bearer).await.status(), 200);
}
