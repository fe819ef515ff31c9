//! `PUT /api/me/password`, and the replacement of stored hashes.

use latchkey_server::accounts::Username;
use latchkey_server::admin::{Admin, Format, ImportEvent};
use latchkey_server::breached;
use latchkey_testkit::{Device, PASSWORD, START, Server, USERNAME, ok, problem, text};
use reqwest::{Method, Response};
use serde_json::{Value, json};

use crate::support::{on_both, scalar};

on_both!(
    changing_the_password_requires_the_current_one,
    other_sessions_end_with_the_change_if_requested,
    refused_passwords_get_the_reason,
    a_breached_password_cannot_be_chosen,
    imported_hashes_are_replaced_at_sign_in,
    concurrent_changes_leave_one_valid_password,
    all_kinds_of_spaces_are_equivalent,
);

const NEW: &str = "decepticons drool ☂";
const PATH: &str = "/api/me/password";

async fn change(device: &Device, server: &Server, token: &str, current: &str, new: &str) -> Response {
    device.put(server, PATH, token, &json!({ "current": current, "new": new })).await
}

async fn changing_the_password_requires_the_current_one(server: Server) {
    let (device, other) = (Device::new(1), Device::new(2));
    let (tokens, other_tokens) = (device.sign_in(&server).await, other.sign_in(&server).await);
    let token = text(&tokens, "token");
    problem(change(&device, &server, token, "wrong", NEW).await, 403, "wrong_password").await;
    assert_eq!(change(&device, &server, token, PASSWORD, NEW).await.status(), 204);
    problem(server.attempt("device-0", USERNAME, PASSWORD).await, 401, "invalid_credentials").await;
    // The same password, with its last character as an escape.
    ok(server.attempt("device-0", USERNAME, "decepticons drool \u{2602}").await).await;
    for (device, tokens) in [(&device, &tokens), (&other, &other_tokens)] {
        assert_eq!(device.call(&server, Method::GET, "/", text(tokens, "token")).await.status(), 200);
    }
    // A client without a device key cannot change it.
    let bearer = ok(server.attempt("device-0", USERNAME, NEW).await).await;
    let request = server.request(Method::PUT, PATH).header("x-client", "device-0");
    let body = json!({ "current": NEW, "new": PASSWORD });
    let response = request.bearer_auth(text(&bearer, "token")).json(&body).send().await.unwrap();
    problem(response, 401, "proof_required").await;
    ok(server.attempt("device-0", USERNAME, NEW).await).await;
}

async fn other_sessions_end_with_the_change_if_requested(server: Server) {
    let (device, other) = (Device::new(1), Device::new(2));
    let (tokens, other_tokens) = (device.sign_in(&server).await, other.sign_in(&server).await);
    let body = json!({ "current": PASSWORD, "new": NEW, "end_other_sessions": true });
    assert_eq!(device.put(&server, PATH, text(&tokens, "token"), &body).await.status(), 204);
    problem(
        other.call(&server, Method::GET, "/", text(&other_tokens, "token")).await,
        401,
        "session_revoked",
    )
    .await;
    problem(other.renew(&server, text(&other_tokens, "session_token")).await, 401, "session_revoked").await;
    ok(device.renew(&server, text(&tokens, "session_token")).await).await;
    assert_eq!(device.call(&server, Method::GET, "/", text(&tokens, "token")).await.status(), 200);
}

async fn refused_passwords_get_the_reason(server: Server) {
    let device = Device::new(1);
    let tokens = device.sign_in(&server).await;
    let token = text(&tokens, "token");
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
        let min_length = (code == "password_too_short").then_some(13);
        assert_eq!(refused.get("min_length").and_then(Value::as_u64), min_length, "{refused}");
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

    // Guesses of the current password are throttled, for someone who finds the window open.
    for _ in 0..10 {
        problem(change(&device, &server, token, "wrong", NEW).await, 403, "wrong_password").await;
    }
    problem(change(&device, &server, token, PASSWORD, NEW).await, 429, "too_many_attempts").await;
}

async fn a_breached_password_cannot_be_chosen(server: Server) {
    let folder = server.folder();
    let (list, file) = (folder.join("list.txt"), folder.join("breached.bin"));
    // "decepticons drool ☂", in the form that is composed and has one kind of blank.
    std::fs::write(&list, "4B3D6B811563A9FEA98B72DE14C76A0677E46965:2\n").unwrap();
    breached::import(&list, 1, &file).unwrap();
    let clock = server.clock.clone();
    let server = server.like(&clock, |settings| settings.passwords.breached_file = Some(file.clone())).await;
    let device = Device::new(1);
    let tokens = device.sign_in(&server).await;
    let token = text(&tokens, "token");
    for new in [NEW, "decepticons\u{a0}drool ☂"] {
        problem(change(&device, &server, token, PASSWORD, new).await, 400, "password_breached").await;
    }
    let admin = server.admin().await;
    let name = Username::parse(USERNAME).unwrap();
    let set = admin.set_password(&name, NEW.into(), false, START).await;
    assert_eq!(set.unwrap_err().to_string(), "the password is known from a breach");

    // A password is refused, not let through, while nobody can tell.
    std::fs::remove_file(&file).unwrap();
    problem(change(&device, &server, token, PASSWORD, NEW).await, 500, "internal").await;
    // A new list counts without a restart.
    std::fs::write(&list, "B231A87F5A07B04D675111937C610A41C6A92C49\n").unwrap();
    breached::import(&list, 1, &file).unwrap();
    let tomorrow = "decepticons drool tomorrow";
    problem(change(&device, &server, token, PASSWORD, tomorrow).await, 400, "password_breached").await;
    assert_eq!(change(&device, &server, token, PASSWORD, NEW).await.status(), 204);
    ok(server.attempt("device-0", USERNAME, NEW).await).await;
}

/// For an import whose lines are all valid.
pub(crate) fn refuse_nothing(event: ImportEvent<'_>) {
    if let ImportEvent::Refused(number, error) = event {
        panic!("line {number}: {error}");
    }
}

async fn kind(admin: &Admin, name: &str) -> String {
    admin.find(&Username::parse(name).unwrap()).await.unwrap().password
}

async fn imported_hashes_are_replaced_at_sign_in(server: Server) {
    let admin = server.admin().await;
    let hash = |password: &str| bcrypt::hash(password, 4).unwrap();
    let long = "autobots rule ".repeat(6);
    let lines = [("bee", "autobots rule"), ("long", long.as_str()), ("short", "pw")]
        .map(|(name, password)| json!({ "username": name, "password_hash": hash(password) }).to_string())
        .join("\n");
    let imported = admin.import(lines.as_bytes(), Format::JsonLines, START, refuse_nothing);
    assert_eq!(imported.await.unwrap().added, 3);
    problem(server.attempt("device-0", "bee", "autobots rul").await, 401, "invalid_credentials").await;
    assert_eq!(kind(&admin, "bee").await, "bcrypt");
    ok(server.attempt("device-0", "bee", "autobots rule").await).await;
    assert_eq!(kind(&admin, "bee").await, "argon2id");
    ok(server.attempt("device-0", "bee", "autobots rule").await).await;
    problem(server.attempt("device-0", "bee", "autobots rul").await, 401, "invalid_credentials").await;
    // A password that is shorter than the minimum still signs in: it was allowed when it was set.
    ok(server.attempt("device-0", "short", "pw").await).await;
    // bcrypt ignores all bytes after the 72nd, so its hash does not prove the complete password and
    // is not replaced.
    ok(server.attempt("device-0", "long", &long).await).await;
    assert_eq!(kind(&admin, "long").await, "bcrypt");
}

async fn concurrent_changes_leave_one_valid_password(server: Server) {
    let device = Device::new(1);
    let tokens = device.sign_in(&server).await;
    let token = text(&tokens, "token");
    let (first, second) = tokio::join!(
        change(&device, &server, token, PASSWORD, "the first of two changes"),
        change(&device, &server, token, PASSWORD, "the second of two changes"),
    );
    let statuses = [first.status().as_u16(), second.status().as_u16()];
    assert!(statuses.contains(&204), "{statuses:?}");
    let winner = if statuses[0] == 204 { "the first of two changes" } else { "the second of two changes" };
    if statuses == [204, 204] {
        return drop(ok(server.attempt("device-0", USERNAME, "the second of two changes").await).await);
    }
    ok(server.attempt("device-0", USERNAME, winner).await).await;
}

/// A password that was copied from a web page can contain no-break spaces, when it is set or when
/// it is entered.
async fn all_kinds_of_spaces_are_equivalent(server: Server) {
    let (pasted, typed) = ("decepticons\u{a0}drool\u{3000}☂", NEW);
    let device = Device::new(1);
    let tokens = device.sign_in(&server).await;
    assert_eq!(change(&device, &server, text(&tokens, "token"), PASSWORD, pasted).await.status(), 204);
    ok(server.attempt("device-0", USERNAME, typed).await).await;
    ok(server.attempt("device-0", USERNAME, pasted).await).await;
    problem(
        server.attempt("device-0", USERNAME, "decepticons\u{200b}drool ☂").await,
        401,
        "invalid_credentials",
    )
    .await;

    // A hash from before spaces were mapped: only the exact password signs in, and after that the
    // password with plain spaces does too.
    let admin = server.admin().await;
    let argon2 = argon2::Argon2::default();
    let hash = argon2::password_hash::PasswordHasher::hash_password(&argon2, pasted.as_bytes());
    let line = json!({ "username": "bee", "password_hash": hash.unwrap().to_string() }).to_string();
    let imported = admin.import(line.as_bytes(), Format::JsonLines, START, refuse_nothing);
    assert_eq!(imported.await.unwrap().added, 1);
    problem(server.attempt("device-0", "bee", typed).await, 401, "invalid_credentials").await;
    ok(server.attempt("device-0", "bee", pasted).await).await;
    ok(server.attempt("device-0", "bee", typed).await).await;
}

#[tokio::test]
async fn a_weaker_hash_is_replaced_at_the_next_sign_in() {
    let server = Server::start().await;
    let stronger = server.like(&server.clock, |settings| settings.passwords.iterations = 3).await;
    let stored = async || scalar(&server, "SELECT password_hash FROM accounts").await;
    ok(server.attempt("device-0", USERNAME, PASSWORD).await).await;
    assert!(stored().await.contains("t=1"), "the hash has the cost of this server");
    problem(stronger.attempt("device-0", USERNAME, "wrong").await, 401, "invalid_credentials").await;
    assert!(stored().await.contains("t=1"));
    ok(stronger.attempt("device-0", USERNAME, PASSWORD).await).await;
    assert!(stored().await.contains("t=3"));
    ok(server.attempt("device-0", USERNAME, PASSWORD).await).await;
    assert!(stored().await.contains("t=3"), "a hash is never replaced by a weaker one");
}
