//! `PUT /api/me/password`, and what becomes of stored hashes.

use latchkey_server::accounts::Username;
use latchkey_server::admin::{Admin, Format};
use latchkey_testkit::{Device, PASSWORD, START, Server, USERNAME, ok, problem, text};
use reqwest::{Method, Response};
use serde_json::{Value, json};

use crate::support::{on_both, scalar};

on_both!(
    it_is_changed_with_the_present_one,
    the_others_may_end_with_it,
    what_must_not_be_set_is_told,
    imported_hashes_become_our_own,
    two_at_once,
    a_blank_is_a_blank,
);

const NEW: &str = "decepticons drool ☂";
const PATH: &str = "/api/me/password";

async fn change(device: &Device, server: &Server, token: &str, current: &str, new: &str) -> Response {
    device.put(server, PATH, token, &json!({ "current": current, "new": new })).await
}

async fn it_is_changed_with_the_present_one(server: Server) {
    let (device, other) = (Device::new(1), Device::new(2));
    let (answer, of_other) = (device.sign_in(&server).await, other.sign_in(&server).await);
    let token = text(&answer, "token");
    problem(change(&device, &server, token, "wrong", NEW).await, 403, "wrong_password").await;
    assert_eq!(change(&device, &server, token, PASSWORD, NEW).await.status(), 204);
    problem(server.attempt("device-0", USERNAME, PASSWORD).await, 401, "invalid_credentials").await;
    // Typed on another keyboard.
    ok(server.attempt("device-0", USERNAME, "decepticons drool \u{2602}").await).await;
    for (device, answer) in [(&device, &answer), (&other, &of_other)] {
        assert_eq!(device.call(&server, Method::GET, "/", text(answer, "token")).await.status(), 200);
    }
    // By a client without a key, too.
    let bearer = ok(server.attempt("device-0", USERNAME, NEW).await).await;
    let request = server.request(Method::PUT, PATH).header("x-client", "device-0");
    let body = json!({ "current": NEW, "new": PASSWORD });
    let answer = request.bearer_auth(text(&bearer, "token")).json(&body).send().await.unwrap();
    assert_eq!(answer.status(), 204);
    ok(server.attempt("device-0", USERNAME, PASSWORD).await).await;
}

async fn the_others_may_end_with_it(server: Server) {
    let (device, other) = (Device::new(1), Device::new(2));
    let (answer, of_other) = (device.sign_in(&server).await, other.sign_in(&server).await);
    let body = json!({ "current": PASSWORD, "new": NEW, "end_other_sessions": true });
    assert_eq!(device.put(&server, PATH, text(&answer, "token"), &body).await.status(), 204);
    problem(other.call(&server, Method::GET, "/", text(&of_other, "token")).await, 401, "session_revoked")
        .await;
    problem(other.renew(&server, text(&of_other, "session_token")).await, 401, "session_revoked").await;
    ok(device.renew(&server, text(&answer, "session_token")).await).await;
    assert_eq!(device.call(&server, Method::GET, "/", text(&answer, "token")).await.status(), 200);
}

async fn what_must_not_be_set_is_told(server: Server) {
    let device = Device::new(1);
    let answer = device.sign_in(&server).await;
    let token = text(&answer, "token");
    let long = "über den Wolken ".repeat(9);
    for (new, code) in [
        ("", "password_too_short"),
        ("twelve chars", "password_too_short"),
        (&long, "password_too_long"),
        (&"x".repeat(2000), "password_too_long"),
        ("passwordpassword", "password_too_common"),
        ("Ladiesman217!", "password_too_common"),
        ("autobots\0rule again", "invalid_request"),
    ] {
        let refused = problem(change(&device, &server, token, PASSWORD, new).await, 400, code).await;
        let told = (code == "password_too_short").then_some(13);
        assert_eq!(refused.get("min_length").and_then(Value::as_u64), told, "{refused}");
    }
    for body in [
        json!({}),
        json!({ "current": PASSWORD }),
        json!([PASSWORD, NEW]),
        json!({ "current": 1, "new": NEW }),
    ] {
        problem(device.put(&server, PATH, token, &body).await, 400, "invalid_request").await;
    }
    let request = server.request(Method::PUT, PATH).json(&json!({ "current": PASSWORD, "new": NEW }));
    problem(request.send().await.unwrap(), 401, "token_missing").await;
    ok(server.attempt("device-0", USERNAME, PASSWORD).await).await;

    // Whoever has found a window open cannot guess for long.
    for _ in 0..10 {
        problem(change(&device, &server, token, "wrong", NEW).await, 403, "wrong_password").await;
    }
    problem(change(&device, &server, token, PASSWORD, NEW).await, 429, "too_many_attempts").await;
}

async fn kind(admin: &Admin, name: &str) -> String {
    admin.find(&Username::parse(name).unwrap()).await.unwrap().password
}

async fn imported_hashes_become_our_own(server: Server) {
    let admin = server.admin().await;
    let hash = |password: &str| bcrypt::hash(password, 4).unwrap();
    let long = "autobots rule ".repeat(6);
    let lines = [("bee", "autobots rule"), ("long", long.as_str()), ("short", "pw")]
        .map(|(name, password)| json!({ "username": name, "password_hash": hash(password) }).to_string())
        .join("\n");
    let imported =
        admin.import(lines.as_bytes(), Format::JsonLines, START, |_, error| panic!("{error}"), |_| ());
    assert_eq!(imported.await.unwrap().added, 3);
    problem(server.attempt("device-0", "bee", "autobots rul").await, 401, "invalid_credentials").await;
    assert_eq!(kind(&admin, "bee").await, "bcrypt");
    ok(server.attempt("device-0", "bee", "autobots rule").await).await;
    assert_eq!(kind(&admin, "bee").await, "argon2id");
    ok(server.attempt("device-0", "bee", "autobots rule").await).await;
    problem(server.attempt("device-0", "bee", "autobots rul").await, 401, "invalid_credentials").await;
    // Shorter than is asked for today: it was allowed when it was set.
    ok(server.attempt("device-0", "short", "pw").await).await;
    // bcrypt has not seen the end of this one, so nothing is made of what was typed now.
    ok(server.attempt("device-0", "long", &long).await).await;
    assert_eq!(kind(&admin, "long").await, "bcrypt");
}

async fn two_at_once(server: Server) {
    let device = Device::new(1);
    let answer = device.sign_in(&server).await;
    let token = text(&answer, "token");
    let (first, second) = tokio::join!(
        change(&device, &server, token, PASSWORD, "the first of two at once"),
        change(&device, &server, token, PASSWORD, "the second of two at once"),
    );
    let statuses = [first.status().as_u16(), second.status().as_u16()];
    assert!(statuses.contains(&204), "{statuses:?}");
    let winner = if statuses[0] == 204 { "the first of two at once" } else { "the second of two at once" };
    if statuses == [204, 204] {
        return drop(ok(server.attempt("device-0", USERNAME, "the second of two at once").await).await);
    }
    ok(server.attempt("device-0", USERNAME, winner).await).await;
}

/// A password that was copied from a page has no-break spaces in it, when it is set or when it is
/// typed.
async fn a_blank_is_a_blank(server: Server) {
    let (pasted, typed) = ("decepticons\u{a0}drool\u{3000}☂", NEW);
    let device = Device::new(1);
    let answer = device.sign_in(&server).await;
    assert_eq!(change(&device, &server, text(&answer, "token"), PASSWORD, pasted).await.status(), 204);
    ok(server.attempt("device-0", USERNAME, typed).await).await;
    ok(server.attempt("device-0", USERNAME, pasted).await).await;
    problem(
        server.attempt("device-0", USERNAME, "decepticons\u{200b}drool ☂").await,
        401,
        "invalid_credentials",
    )
    .await;

    // From before blanks were mapped: only what was set signs in, and from then on its plain form
    // does too.
    let admin = server.admin().await;
    let argon2 = argon2::Argon2::default();
    let hash = argon2::password_hash::PasswordHasher::hash_password(&argon2, pasted.as_bytes());
    let line = json!({ "username": "bee", "password_hash": hash.unwrap().to_string() }).to_string();
    let imported =
        admin.import(line.as_bytes(), Format::JsonLines, START, |_, error| panic!("{error}"), |_| ());
    assert_eq!(imported.await.unwrap().added, 1);
    problem(server.attempt("device-0", "bee", typed).await, 401, "invalid_credentials").await;
    ok(server.attempt("device-0", "bee", pasted).await).await;
    ok(server.attempt("device-0", "bee", typed).await).await;
}

#[tokio::test]
async fn hashes_get_stronger_at_the_next_sign_in() {
    let server = Server::start().await;
    let stronger = server.like(&server.clock, |settings| settings.passwords.iterations = 3).await;
    let stored = async || scalar(&server, "SELECT password_hash FROM accounts").await;
    ok(server.attempt("device-0", USERNAME, PASSWORD).await).await;
    assert!(stored().await.contains("t=1"), "strong enough for this server");
    problem(stronger.attempt("device-0", USERNAME, "wrong").await, 401, "invalid_credentials").await;
    assert!(stored().await.contains("t=1"));
    ok(stronger.attempt("device-0", USERNAME, PASSWORD).await).await;
    assert!(stored().await.contains("t=3"));
    ok(server.attempt("device-0", USERNAME, PASSWORD).await).await;
    assert!(stored().await.contains("t=3"), "never weaker");
}
