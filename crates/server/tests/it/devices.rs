//! `/api/sessions`: listing the sessions of an account, and ending them.

use std::time::Instant;

use latchkey_server::accounts::{self, AddAccountError, NameError, Username};
use latchkey_testkit::{Device, PASSWORD, START, Server, USERNAME, ok, problem, sam, text};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{DAY, SOON, on_both, scalar};

on_both!(
    an_account_lists_its_devices,
    an_ended_session_is_refused_by_every_server,
    all_other_sessions_are_ended,
    a_disabled_account_is_refused_by_every_server,
    a_removed_account_leaves_no_sessions,
);

async fn list(device: &Device, server: &Server, token: &str) -> Vec<Value> {
    let response = device.call(server, Method::GET, "/api/sessions", token).await;
    assert_eq!(response.headers()["cache-control"], "no-store");
    ok(response).await["sessions"].as_array().unwrap().clone()
}

/// Waits until a server refuses the token.
async fn refused_soon(device: &Device, server: &Server, token: &str, code: &str) {
    let ended = Instant::now();
    loop {
        let response = device.call(server, Method::GET, "/", token).await;
        if response.status() != 200 {
            return drop(problem(response, 401, code).await);
        }
        assert!(ended.elapsed() < SOON, "the server still accepts the token");
    }
}

fn other_account() -> accounts::NewAccount {
    accounts::NewAccount { username: Username::parse("bumblebee").unwrap(), ..sam() }
}

async fn an_account_lists_its_devices(server: Server) {
    let (laptop, desk) = (Device::new(1), Device::new(2));
    let proof = laptop.proof(&server, &Method::POST, "/api/auth", None);
    let body = json!({
        "username": USERNAME, "password": PASSWORD, "device_name": "Sam’s laptop", "platform": "linux",
    });
    let request =
        server.request(Method::POST, "/api/auth").header("x-client", &laptop.id).header("dpop", proof);
    let on_laptop = ok(request.json(&body).send().await.unwrap()).await;
    server.clock.advance(60);
    let at_desk = desk.sign_in(&server).await;
    server.sign_in("curl").await;

    let listed = list(&laptop, &server, text(&on_laptop, "token")).await;
    assert_eq!(listed.len(), 3);
    let first = listed.iter().find(|session| session["current"] == true).unwrap();
    let sid = server.session_verifier(&laptop).verify(text(&on_laptop, "session_token"), START).unwrap().sid;
    let expected = json!({
        "sid": sid, "username": USERNAME, "current": true, "same_device": true, "device_name": "Sam’s laptop", "platform": "linux",
        "created_at": START, "last_seen_at": START, "lease_ends_at": START.plus(14 * DAY), "address": "127.0.0.1",
    });
    assert_eq!(*first, expected);
    let others: Vec<_> = listed.iter().filter(|session| session["current"] == false).collect();
    assert!(others.iter().all(|session| session["device_name"] == Value::Null));
    assert!(
        others.iter().any(|session| session["lease_ends_at"] == Value::Null),
        "a session without a device key has no lease"
    );

    // A session without a device key ends with its access token; a renewal is a contact.
    server.clock.advance(2 * DAY);
    let renewed = ok(desk.renew(&server, text(&at_desk, "session_token")).await).await;
    let listed = list(&desk, &server, text(&renewed, "token")).await;
    assert_eq!(listed.len(), 2, "{listed:?}");
    assert_eq!(listed[0]["current"], true, "the session with the latest contact is first");
    assert_eq!(listed[0]["last_seen_at"], START.plus(60 + 2 * DAY).seconds());
    assert_eq!(listed[0]["lease_ends_at"], START.plus(60 + 16 * DAY).seconds());
    // The session on the laptop has been idle for too long.
    server.clock.advance(29 * DAY);
    let renewed = ok(desk.renew(&server, text(&renewed, "session_token")).await).await;
    assert_eq!(list(&desk, &server, text(&renewed, "token")).await.len(), 1);
}

async fn an_ended_session_is_refused_by_every_server(server: Server) {
    accounts::add(&server.settings, other_account(), START).await.unwrap();
    let other = server.another().await;
    let (laptop, desk) = (Device::new(1), Device::new(2));
    let (mine, lost) = (laptop.sign_in(&server).await, desk.sign_in(&server).await);
    let (token, lost_token) = (text(&mine, "token"), text(&lost, "token"));
    let sid = server.session_verifier(&desk).verify(text(&lost, "session_token"), START).unwrap().sid;
    let path = format!("/api/sessions/{sid}");

    // Another account cannot end it.
    let other_account = server.sign_in_as("device-0", "bumblebee").await;
    let request = server.request(Method::DELETE, &path).header("x-client", "device-0");
    let refused = request.bearer_auth(&other_account).send().await.unwrap();
    problem(refused, 404, "not_found").await;
    assert_eq!(desk.call(&server, Method::GET, "/", lost_token).await.status(), 200);

    assert_eq!(laptop.call(&server, Method::DELETE, &path, token).await.status(), 204);
    problem(desk.call(&server, Method::GET, "/", lost_token).await, 401, "session_revoked").await;
    problem(desk.renew(&other, text(&lost, "session_token")).await, 401, "session_revoked").await;
    refused_soon(&desk, &other, lost_token, "session_revoked").await;
    problem(laptop.call(&server, Method::DELETE, &path, token).await, 404, "not_found").await;
    for nonsense in ["x", "00000000-0000-0000-0000-000000000000", "%00", "%27%20OR%201=1"] {
        let path = format!("/api/sessions/{nonsense}");
        problem(laptop.call(&server, Method::DELETE, &path, token).await, 404, "not_found").await;
    }
    assert_eq!(list(&laptop, &server, token).await.len(), 1);

    // The caller's own session can be ended too.
    let own = list(&laptop, &server, token).await[0]["sid"].as_str().unwrap().to_owned();
    let path = format!("/api/sessions/{own}");
    assert_eq!(laptop.call(&server, Method::DELETE, &path, token).await.status(), 204);
    problem(laptop.call(&server, Method::GET, "/", token).await, 401, "session_revoked").await;
}

async fn all_other_sessions_are_ended(server: Server) {
    accounts::add(&server.settings, other_account(), START).await.unwrap();
    let other_account = server.sign_in_as("device-0", "bumblebee").await;
    let laptop = Device::new(1);
    let mine = laptop.sign_in(&server).await;
    let mut others = Vec::new();
    for number in 2..6 {
        let device = Device::new(number);
        let tokens = device.sign_in(&server).await;
        others.push((device, tokens));
    }
    for _ in 0..2 {
        let ended = laptop.call(&server, Method::DELETE, "/api/sessions", text(&mine, "token")).await;
        assert_eq!(ended.status(), 204, "a repetition succeeds");
    }
    for (device, tokens) in &others {
        problem(device.call(&server, Method::GET, "/", text(tokens, "token")).await, 401, "session_revoked")
            .await;
        problem(device.renew(&server, text(tokens, "session_token")).await, 401, "session_revoked").await;
    }
    assert_eq!(laptop.call(&server, Method::GET, "/", text(&mine, "token")).await.status(), 200);
    assert_eq!(server.hello("device-0", &other_account).await.status(), 200);
}

async fn a_disabled_account_is_refused_by_every_server(server: Server) {
    let (admin, name) = (server.admin().await, Username::parse(USERNAME).unwrap());
    let device = Device::new(1);
    let tokens = device.sign_in(&server).await;
    assert_eq!(admin.disable(&name, START).await.unwrap(), 1);
    assert_eq!(admin.disable(&name, START).await.unwrap(), 0, "a repetition succeeds");
    refused_soon(&device, &server, text(&tokens, "token"), "account_disabled").await;
    problem(device.renew(&server, text(&tokens, "session_token")).await, 401, "account_disabled").await;
    problem(server.attempt("device-0", USERNAME, PASSWORD).await, 401, "account_disabled").await;
    problem(server.attempt("device-0", USERNAME, "wrong").await, 401, "invalid_credentials").await;

    admin.enable(&name, START).await.unwrap();
    problem(device.renew(&server, text(&tokens, "session_token")).await, 401, "account_disabled").await;
    ok(server.attempt("device-0", USERNAME, PASSWORD).await).await;
}

async fn a_removed_account_leaves_no_sessions(server: Server) {
    let (admin, name) = (server.admin().await, Username::parse(USERNAME).unwrap());
    let device = Device::new(1);
    let tokens = device.sign_in(&server).await;
    assert_eq!(admin.remove(&name, START).await.unwrap(), 1);
    assert!(admin.find(&name).await.is_err() && admin.remove(&name, START).await.is_err());
    refused_soon(&device, &server, text(&tokens, "token"), "session_revoked").await;
    problem(device.renew(&server, text(&tokens, "session_token")).await, 401, "session_revoked").await;
    problem(server.attempt("device-0", USERNAME, PASSWORD).await, 401, "invalid_credentials").await;
    assert_eq!(admin.sessions(None, START).await.unwrap(), []);

    // The remaining rows contain neither the device's name nor its address.
    let traces = "SELECT COUNT(*) || '' FROM sessions WHERE device_name IS NOT NULL OR address IS NOT NULL";
    if server.is_sqlite() {
        assert_eq!(scalar(&server, traces).await, "0");
    }

    // Another person gets the name only if the operator wants that, and none of the old sessions.
    let taken = accounts::add(&server.settings, sam(), START).await;
    assert!(matches!(taken, Err(AddAccountError::Name(NameError::Former(_)))), "{taken:?}");
    server.admin().await.reusing_names(true).add(sam(), START).await.unwrap();
    let again = device.sign_in(&server).await;
    assert_eq!(list(&device, &server, text(&again, "token")).await.len(), 1);
    problem(device.renew(&server, text(&tokens, "session_token")).await, 401, "session_revoked").await;
}
