//! `POST /api/auth`.

use std::time::{Duration, Instant};

use latchkey_server::accounts::{self, NewAccount, Username};
use latchkey_testkit::{Device, PASSWORD, START, Server, USERNAME, ok, problem, sam, text};
use latchkey_token::{Audience, TokenKind};
use reqwest::header::HeaderMap;
use reqwest::{Method, Response};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::support::{DAY, sql};

async fn post(server: &Server, body: Value) -> Response {
    server.request(Method::POST, "/api/auth").header("x-client", "device-1").json(&body).send().await.unwrap()
}

#[tokio::test]
async fn the_correct_password_gets_a_token_that_the_api_accepts() {
    let server = Server::start().await;
    let response = post(&server, json!({ "username": USERNAME, "password": PASSWORD, "more": [1] })).await;
    assert_eq!(response.headers()["cache-control"], "no-store");
    assert_eq!(response.headers()["content-type"], "application/json");
    assert!(response.headers().contains_key("date") && response.headers().contains_key("x-request-id"));
    let tokens = ok(response).await;
    assert_eq!(tokens["token_type"], "Bearer");
    assert_eq!(tokens["expires_in"], 900);
    assert!(tokens["session_ends_in"].is_i64());
    assert_eq!(tokens.as_object().unwrap().len(), 4, "no session token without a device key");

    let token = text(&tokens, "token");
    let claims = server.access_verifier("device-1").verify(token, START).unwrap();
    assert_eq!(claims.aud, Audience::Several(vec!["latchkey-api".into(), "device-1".into()]));
    assert_eq!(claims.client_id.as_deref(), Some("device-1"));
    assert_eq!((claims.iat, claims.auth_time), (START, START));
    assert_eq!(claims.exp, START.plus(900));
    assert_eq!(claims.cnf, None);
    assert_eq!(claims.profile.preferred_username, USERNAME);
    assert_eq!(claims.profile.given_name.as_deref(), Some("Sam"));
    assert_eq!(claims.profile.family_name.as_deref(), Some("Witwicky"));
    assert_eq!(claims.profile.email.as_deref(), Some("sam@example.com"));
    assert_eq!(Value::Object(claims.custom), json!({ "team": "autobots", "level": 7 }));

    let hello = server.hello("device-1", token).await;
    assert_eq!(hello.status(), 200);
    assert!(hello.headers()["content-type"].to_str().unwrap().starts_with("text/plain"));
    assert_eq!(hello.text().await.unwrap(), "Hello World!");
}

#[tokio::test]
async fn a_form_is_accepted_and_the_username_in_any_case() {
    let server = Server::start().await;
    let request = server.request(Method::POST, "/api/auth").header("x-client", "device-1");
    let form = [("username", "LADIESMAN217"), ("password", PASSWORD)];
    let tokens = ok(request.form(&form).send().await.unwrap()).await;
    let claims = server.access_verifier("device-1").verify(text(&tokens, "token"), START).unwrap();
    assert_eq!(claims.profile.preferred_username, USERNAME, "the username is spelled as in the account");
}

#[tokio::test]
async fn a_device_with_a_key_gets_two_bound_tokens() {
    let server = Server::start().await;
    let device = Device::new(1);
    let tokens = device.sign_in(&server).await;
    assert_eq!(tokens["token_type"], "DPoP");
    assert_eq!(tokens["expires_in"], 900);
    assert_eq!(tokens["session_expires_in"], 14 * DAY);

    let session = server.session_verifier(&device).verify(text(&tokens, "session_token"), START).unwrap();
    assert_eq!(session.aud, Audience::One("device-1".into()), "a plain string");
    assert_eq!(session.exp, START.plus(14 * DAY));
    let bound = server.access_verifier("device-1").bound_to(device.key.thumbprint().clone());
    let access = bound.verify(text(&tokens, "token"), START).unwrap();
    assert_eq!((&access.sid, &access.sub), (&session.sid, &session.sub));
    assert_ne!(access.jti, session.jti);

    let hello = device.call(&server, Method::GET, "/", text(&tokens, "token")).await;
    assert_eq!(hello.text().await.unwrap(), "Hello World!");
    let other = device.sign_in(&server).await;
    let other = server.session_verifier(&device).verify(text(&other, "session_token"), START).unwrap();
    assert_ne!(other.sid, session.sid, "each sign-in starts a separate session");
}

#[tokio::test]
async fn access_and_session_tokens_are_not_interchangeable() {
    let server = Server::start().await;
    let device = Device::new(1);
    let tokens = device.sign_in(&server).await;
    let (access, session) = (text(&tokens, "token"), text(&tokens, "session_token"));
    assert!(server.session_verifier(&device).verify(access, START).is_err());
    assert!(server.access_verifier("device-1").verify(session, START).is_err());
    problem(device.call(&server, Method::GET, "/", session).await, 401, "invalid_token").await;
    problem(device.renew(&server, access).await, 401, "invalid_token").await;
    assert_eq!(TokenKind::Access.typ(), "at+jwt");
}

#[tokio::test]
async fn an_unknown_user_and_a_wrong_password_get_the_same_response() {
    let server = Server::start().await;
    let mut responses = Vec::new();
    for (username, password) in [
        (USERNAME, "autobots rul"),
        (USERNAME, "Autobots rule"),
        (USERNAME, "autobots rule "),
        ("nobody", PASSWORD),
        ("not a user name", PASSWORD),
        ("' OR 1=1 --", PASSWORD),
        ("Ladiesman217\0", PASSWORD),
    ] {
        let response = post(&server, json!({ "username": username, "password": password })).await;
        let headers = comparable(response.headers());
        responses.push((headers, problem(response, 401, "invalid_credentials").await));
    }
    assert!(responses.windows(2).all(|pair| pair[0] == pair[1]), "{responses:#?}");
}

fn comparable(headers: &HeaderMap) -> HeaderMap {
    let mut headers = headers.clone();
    for name in ["date", "x-request-id"] {
        headers.remove(name);
    }
    headers
}

#[tokio::test]
async fn missing_or_malformed_credentials_get_400() {
    let server = Server::start().await;
    for body in [
        json!({}),
        json!({ "username": USERNAME }),
        json!({ "password": PASSWORD }),
        json!({ "username": "", "password": PASSWORD }),
        json!({ "username": USERNAME, "password": "" }),
        json!({ "username": USERNAME, "password": null }),
        json!({ "username": USERNAME, "password": 7 }),
        json!({ "username": { "$ne": "" }, "password": PASSWORD }),
        json!([USERNAME, PASSWORD]),
        json!({ "username": USERNAME, "password": "x".repeat(1025) }),
        json!({ "username": "x".repeat(1025), "password": PASSWORD }),
    ] {
        problem(post(&server, body).await, 400, "invalid_request").await;
    }
    for body in [
        "",
        "{",
        r#"{"username":"Ladiesman217","password":"x","password":"autobots rule"}"#,
        r#"{"username":"x","username":"Ladiesman217","password":"autobots rule"}"#,
    ] {
        let request = server.request(Method::POST, "/api/auth").header("x-client", "device-1");
        let response = request.header("content-type", "application/json").body(body).send().await.unwrap();
        problem(response, 400, "invalid_request").await;
    }
    let request = server.request(Method::POST, "/api/auth").header("x-client", "device-1");
    let twice = [("username", USERNAME), ("password", "x"), ("password", PASSWORD)];
    problem(request.form(&twice).send().await.unwrap(), 400, "invalid_request").await;
}

/// Tokens with two claims of one name would be refused everywhere.
#[tokio::test]
async fn a_custom_claim_that_was_set_before_its_name_was_reserved_is_left_out() {
    let server = Server::start().await;
    sql(&server, r#"UPDATE accounts SET claims = '{"client_id":7,"level":1}'"#).await;
    let token = server.sign_in("device-1").await;
    let claims = server.access_verifier("device-1").verify(&token, START).unwrap();
    assert_eq!(claims.client_id.as_deref(), Some("device-1"));
    assert_eq!(Value::Object(claims.custom), json!({ "level": 1 }));
}

#[tokio::test]
async fn other_content_types_get_415() {
    let server = Server::start().await;
    let body = json!({ "username": USERNAME, "password": PASSWORD }).to_string();
    for content_type in
        [None, Some("text/plain"), Some("application/xml"), Some("multipart/form-data; boundary=x")]
    {
        let mut request =
            server.request(Method::POST, "/api/auth").header("x-client", "device-1").body(body.clone());
        if let Some(content_type) = content_type {
            request = request.header("content-type", content_type);
        }
        let document = problem(request.send().await.unwrap(), 415, "unsupported_media_type").await;
        assert_eq!(
            document["detail"],
            "The body must be application/json or application/x-www-form-urlencoded."
        );
    }
}

#[tokio::test]
async fn a_missing_repeated_or_malformed_client_id_is_refused() {
    let server = Server::start().await;
    let long = "x".repeat(129);
    let cases: [&[&str]; 9] =
        [&[], &[""], &[" "], &["a", "b"], &["a", "a"], &["a,b"], &["a b"], &["<script>"], &[&long]];
    for values in cases {
        let mut request = server.request(Method::POST, "/api/auth");
        for value in values {
            request = request.header("x-client", *value);
        }
        let response =
            request.json(&json!({ "username": USERNAME, "password": PASSWORD })).send().await.unwrap();
        problem(response, 400, "invalid_client_id").await;
    }
    let longest = "aZ09._:-".repeat(16);
    let token = server.sign_in(&longest).await;
    assert_eq!(server.hello(&longest, &token).await.status(), 200);
}

#[tokio::test]
async fn a_body_over_the_limit_gets_413() {
    let limit = 5 * 1024 * 1024;
    let server = Server::start_with(|settings| settings.limits.sign_in_body_bytes = limit).await;
    let post = |body: reqwest::Body| {
        let request = server.request(Method::POST, "/api/auth").header("x-client", "device-1");
        request.header("content-type", "application/json").body(body).send()
    };
    let padded = |length: usize| {
        let body = json!({ "username": USERNAME, "password": PASSWORD }).to_string();
        format!("{body}{}", " ".repeat(length - body.len()))
    };
    ok(post(padded(limit).into()).await.unwrap()).await;
    problem(post(padded(limit + 1).into()).await.unwrap(), 413, "payload_too_large").await;
    // The limit applies to a body of unknown length too.
    for path in ["/api/auth", "/api/auth/sign-out"] {
        let address = server.url.trim_start_matches("http://");
        let mut stream = TcpStream::connect(address).await.unwrap();
        let head = format!(
            "POST {path} HTTP/1.1\r\nhost: {address}\r\nx-client: device-1\r\ncontent-type: application/json\r\n\
             transfer-encoding: chunked\r\n\r\n"
        );
        stream.write_all(head.as_bytes()).await.unwrap();
        let chunk = format!("10000\r\n{}\r\n", " ".repeat(65_536));
        let (mut reading, mut writing) = stream.into_split();
        let sending = tokio::spawn(async move {
            for _ in 0..=limit / 65_536 {
                // The server may respond and close before it has read everything.
                if writing.write_all(chunk.as_bytes()).await.is_err() {
                    break;
                }
            }
            writing
        });
        let mut response = [0; 12];
        reading.read_exact(&mut response).await.unwrap();
        assert_eq!(&response, b"HTTP/1.1 413", "{path}");
        sending.await.unwrap();
    }
    // It applies to all routes, before any other check.
    let request = server.request(Method::GET, "/").body(padded(limit + 1));
    problem(request.send().await.unwrap(), 413, "payload_too_large").await;
}

#[tokio::test]
async fn a_proof_is_required_where_bearer_tokens_are_off() {
    let server = Server::start_with(|settings| settings.tokens.bearer = false).await;
    let response = post(&server, json!({ "username": USERNAME, "password": PASSWORD })).await;
    let challenge = response.headers()["www-authenticate"].to_str().unwrap().to_owned();
    assert!(
        challenge.starts_with("DPoP ") && challenge.contains(r#"error="invalid_dpop_proof""#),
        "{challenge}"
    );
    problem(response, 401, "invalid_dpop_proof").await;
    assert_eq!(Device::new(1).sign_in(&server).await["token_type"], "DPoP");
    let missing = server.request(Method::GET, "/").send().await.unwrap();
    let challenges: Vec<_> = missing.headers().get_all("www-authenticate").iter().collect();
    assert_eq!(challenges, [r#"DPoP algs="ES256""#], "the challenge does not offer Bearer");
}

#[tokio::test]
async fn a_disabled_account_is_reported_only_with_its_password() {
    let server = Server::start().await;
    let bearer = server.sign_in("device-1").await;
    let device = Device::new(1);
    let tokens = device.sign_in(&server).await;
    sql(&server, "UPDATE accounts SET disabled_at = 1800000000").await;
    let wrong = post(&server, json!({ "username": USERNAME, "password": "wrong" })).await;
    problem(wrong, 401, "invalid_credentials").await;
    let right = post(&server, json!({ "username": USERNAME, "password": PASSWORD })).await;
    problem(right, 401, "account_disabled").await;
    problem(device.renew(&server, text(&tokens, "session_token")).await, 401, "account_disabled").await;
    let request = server.request(Method::GET, "/api/me").header("x-client", "device-1");
    let me = request.header("authorization", format!("Bearer {bearer}")).send().await.unwrap();
    problem(me, 401, "account_disabled").await;
}

#[tokio::test]
async fn a_damaged_hash_affects_only_its_account() {
    let server = Server::start().await;
    let mut other = sam();
    other.username = latchkey_server::accounts::Username::parse("bumblebee").unwrap();
    latchkey_server::accounts::add(&server.settings, other, START).await.unwrap();
    sql(&server, "UPDATE accounts SET password_hash = '$argon2id$v=19$m=64' WHERE username = 'Ladiesman217'")
        .await;
    let damaged = post(&server, json!({ "username": USERNAME, "password": PASSWORD })).await;
    problem(damaged, 401, "invalid_credentials").await;
    ok(post(&server, json!({ "username": "bumblebee", "password": PASSWORD })).await).await;
}

/// Compares the fastest of several attempts, which alternate so that other load on the machine
/// affects all of them; a busy machine needs more rounds. A sign-in that skips the hash is more
/// than twenty times as fast, and never passes.
#[tokio::test]
async fn an_unknown_user_takes_as_long_as_a_wrong_password() {
    let server = Server::start_with(|settings| {
        settings.passwords.memory_kib = 19_456;
        settings.passwords.iterations = 4;
        settings.throttle.account_failures = 100;
        settings.throttle.address_failures = 1000;
    })
    .await;
    let usernames = [USERNAME, "nobody", "not a user name"];
    let mut fastest = [Duration::MAX; 3];
    let are_alike = |fastest: &[Duration; 3]| {
        let (least, most) = (fastest.iter().min().unwrap(), fastest.iter().max().unwrap());
        *most < *least * 2
    };
    for round in 0..90 {
        if round >= 5 && are_alike(&fastest) {
            break;
        }
        for (username, fastest) in usernames.iter().zip(&mut fastest) {
            let started = Instant::now();
            let response = post(&server, json!({ "username": username, "password": "wrong" })).await;
            *fastest = started.elapsed().min(*fastest);
            problem(response, 401, "invalid_credentials").await;
        }
    }
    assert!(are_alike(&fastest), "{fastest:?}");
}

/// Its tokens are within the limits, also with the longest signing key.
#[tokio::test]
async fn an_account_of_maximum_size_signs_in() {
    let server = Server::start().await;
    let (name, longest_key_more) = ("\u{20000}".repeat(64), 1366 - 342);
    let account = NewAccount {
        username: Username::parse(&name).unwrap(),
        password: PASSWORD.into(),
        given_name: Some("\u{20000}".repeat(128)),
        family_name: Some("\"".repeat(128)),
        email: Some(format!("{}@{}", "a".repeat(126), "b".repeat(127))),
        claims: json!({ "text": "x".repeat(2037) }).as_object().unwrap().clone(),
    };
    accounts::add(&server.settings, account, START).await.unwrap();
    let id = "x".repeat(128);
    let request = server.request(Method::POST, "/api/auth").header("x-client", &id);
    let body = json!({ "username": name, "password": PASSWORD });
    let tokens = ok(request.json(&body).send().await.unwrap()).await;
    let token = text(&tokens, "token");
    assert_eq!(server.hello(&id, token).await.status(), 200);
    assert!(token.len() + longest_key_more <= latchkey_token::MAX_TOKEN_BYTES, "{}", token.len());
}
