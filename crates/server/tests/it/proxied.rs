//! A server behind a proxy: the addresses that the proxy reports, and paths that it has decoded.

use latchkey_testkit::{Device, PASSWORD, Server, USERNAME, problem, text};
use reqwest::{Method, Response, StatusCode};
use serde_json::json;

use crate::cli::{Running, client, prepared, program};

/// Ends the session `written`, whose path a proxy has decoded to `received`.
async fn end_session(server: &Server, written: &str, received: &str) -> Response {
    let device = Device::new(1);
    let tokens = device.sign_in(server).await;
    let token = text(&tokens, "token");
    let proof = device.proof(server, &Method::DELETE, &format!("/api/sessions/{written}"), Some(token));
    device.call_with(server, Method::DELETE, &format!("/api/sessions/{received}"), token, &proof).await
}

#[tokio::test]
async fn a_path_decoded_by_a_trusted_proxy_fits_its_proof_and_from_anyone_else_it_does_not() {
    let trusted = vec!["127.0.0.1".parse().unwrap()];
    let behind = Server::start_with(|settings| settings.trusted_proxies = trusted).await;
    let exposed = Server::start().await;
    for (written, received, equivalent) in [
        // RFC 3986 §6.2.2: one resource, from anyone.
        ("%61%7E%2D", "a~-", true),
        ("a%2fb", "a%2Fb", true),
        // Decoded on the way.
        ("a%40b", "a@b", false),
        ("2026-01-01T10%3A00", "2026-01-01T10:00", false),
    ] {
        problem(end_session(&behind, written, received).await, 404, "not_found").await;
        let response = end_session(&exposed, written, received).await;
        match equivalent {
            true => problem(response, 404, "not_found").await,
            false => problem(response, 401, "invalid_dpop_proof").await,
        };
    }
    // Not what decoding makes of it, in any direction.
    for (written, received) in [("a@b", "a%40b"), ("%2540", "@"), ("a", "b")] {
        problem(end_session(&behind, written, received).await, 401, "invalid_dpop_proof").await;
    }
}

async fn fail(url: &str, device_id: &str, headers: &[(&str, &str)]) -> StatusCode {
    let mut request = client().post(format!("{url}/api/auth")).header("x-client", device_id);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let body = json!({ "username": format!("nobody-{device_id}"), "password": "wrong" });
    request.json(&body).send().await.unwrap().status()
}

#[tokio::test]
async fn what_makes_clients_one_address_is_warned_of_once() {
    let folder = prepared();
    let mut behind = program(folder.path());
    behind.args(["serve", "--listen", "127.0.0.1:0"]).env("LATCHKEY_TRUSTED_PROXIES", r#"["127.0.0.1"]"#);
    let behind = Running::start(behind);
    for number in 0..3 {
        for headers in [
            &[][..],
            &[("x-forwarded-for", "198.51.100.7, unknown")],
            &[("x-forwarded-for", "198.51.100.7"), ("forwarded", "for=203.0.113.9")],
            &[("x-forwarded-for", "[2001:db8::1]:443, unix:,")],
            &[("forwarded", r#"for="[2001:db8::1]:443";proto=https"#)],
        ] {
            assert_eq!(fail(&behind.url, &format!("device-{number}"), headers).await, 401);
        }
    }
    behind.signal("-TERM");
    let (_, log) = behind.end();
    for warning in
        ["without X-Forwarded-For and Forwarded", "a text that is no address", "name different addresses"]
    {
        assert_eq!(log.matches(warning).count(), 1, "{warning}: {log}");
    }
    assert!(!log.contains("not in trusted_proxies"), "{log}");

    let mut exposed = program(folder.path());
    exposed.args(["serve", "--listen", "127.0.0.1:0"]);
    let exposed = Running::start(exposed);
    for number in 0..3 {
        let device_id = format!("exposed-{number}");
        assert_eq!(fail(&exposed.url, &device_id, &[("x-forwarded-for", "198.51.100.7")]).await, 401);
        assert_eq!(fail(&exposed.url, &device_id, &[("forwarded", "for=198.51.100.7")]).await, 401);
    }
    exposed.signal("-TERM");
    let (_, log) = exposed.end();
    assert_eq!(log.matches("not in trusted_proxies").count(), 1, "{log}");
}

/// In every form that a proxy writes, a guesser uses up its own attempts and no other client's.
#[tokio::test]
async fn a_guesser_behind_a_proxy_leaves_other_clients_their_attempts() {
    let server = Server::start_with(|settings| {
        settings.trusted_proxies = vec!["127.0.0.1".parse().unwrap()];
        settings.throttle.address_failures = 2;
    })
    .await;
    for (number, (guesser, other)) in [
        ("198.51.100.1, unix:", "198.51.100.2, unix:"),
        ("[2001:db8:1::1]", "[2001:db8:2::1]"),
        ("[2001:db8:3::1]:80", "[2001:db8:4::1]:80"),
        ("198.51.100.3:80,", "198.51.100.4:80,"),
    ]
    .into_iter()
    .enumerate()
    {
        let mut statuses = Vec::new();
        for _ in 0..4 {
            statuses.push(fail(&server.url, "guesser", &[("x-forwarded-for", guesser)]).await);
        }
        assert!(statuses.contains(&StatusCode::TOO_MANY_REQUESTS), "{guesser}: {statuses:?}");
        let request = client().post(format!("{}/api/auth", server.url));
        let request = request.header("x-client", format!("device-{number}")).header("x-forwarded-for", other);
        let body = json!({ "username": USERNAME, "password": PASSWORD });
        assert_eq!(request.json(&body).send().await.unwrap().status(), 200, "{other}");
    }
}
