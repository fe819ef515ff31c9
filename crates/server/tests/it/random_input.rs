//! Random input: any bytes get a response, never crash the server, and no response reveals its
//! internals.

use std::time::Duration;

use latchkey_testkit::{Device, START, Server};
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use reqwest::Method;
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::runtime::Runtime;

/// Words from stack traces, parsers, databases and paths.
const INTERNALS: [&str; 9] =
    ["panicked", "serde", "sqlx", "SQL", "SELECT", ".rs", "expected", "line 1 column", "/tmp"];

fn check(text: &str) {
    for word in INTERNALS {
        assert!(!text.contains(word), "{word} in {text}");
    }
}

fn run<S: Strategy>(cases: u32, strategy: S, test: impl Fn(&Runtime, &Server, S::Value)) {
    let runtime = Runtime::new().unwrap();
    let server = runtime.block_on(Server::start());
    let mut runner =
        TestRunner::new(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(cases) });
    let result = runner.run(&strategy, |value| {
        test(&runtime, &server, value);
        Ok(())
    });
    if let Err(error) = result {
        panic!("{error}");
    }
    let health = runtime.block_on(server.request(Method::GET, "/healthz").send()).unwrap();
    assert_eq!(health.status(), 200);
}

#[test]
fn any_body_gets_400_or_401() {
    let pieces = prop_oneof![
        proptest::collection::vec(any::<u8>(), 0..200),
        r#"[\{\["]{0,3}(username|password|\\u0000|x)?[":,\}\]]{0,9}"#.prop_map(String::into_bytes),
        r"(username=\PC{0,9}&?|password=\PC{0,9}&?|%[0-9a-fA-F]{0,2}|&|=){0,6}".prop_map(String::into_bytes),
    ];
    let content_type = prop_oneof![Just("application/json"), Just("application/x-www-form-urlencoded")];
    run(300, (pieces, content_type), |runtime, server, (body, content_type)| {
        runtime.block_on(async {
            let request = server.request(Method::POST, "/api/auth").header("x-client", "device-1");
            let response = request.header("content-type", content_type).body(body).send().await.unwrap();
            assert!(matches!(response.status().as_u16(), 400 | 401), "{}", response.status());
            check(&response.text().await.unwrap());
        });
    });
}

#[test]
fn a_sign_out_token_with_any_session_id_gets_204_or_400() {
    let ids = prop_oneof![any::<String>(), Just("\0".to_owned()), Just("x".repeat(4000))];
    run(100, ids, |runtime, server, sid| {
        let device = Device::new(1);
        let token =
            latchkey_token::proof::issue_sign_out_token(&device.key, "latchkey", &sid, START).unwrap();
        let request = server.request(Method::POST, "/api/auth/sign-out").json(&json!({ "notice": token }));
        let status = runtime.block_on(request.send()).unwrap().status().as_u16();
        assert!(matches!(status, 204 | 400), "{status}");
    });
}

#[test]
fn any_header_gets_400_or_401() {
    let name = prop_oneof![Just("authorization"), Just("dpop"), Just("x-client")];
    let value = prop_oneof![
        proptest::collection::vec(prop_oneof![32_u8..=126, 128_u8..=255], 0..100),
        r"(Bearer|DPoP|bearer) [A-Za-z0-9_.\-=]{0,60}".prop_map(String::into_bytes),
        r"e30\.[A-Za-z0-9_\-]{0,20}\.[A-Za-z0-9_\-]{0,20}".prop_map(String::into_bytes),
    ];
    let headers = proptest::collection::vec((name, value), 0..5);
    let target = prop_oneof![
        Just((Method::GET, "/")),
        Just((Method::POST, "/api/auth/renew")),
        Just((Method::DELETE, "/api/auth"))
    ];
    run(300, (headers, target), |runtime, server, (headers, (method, path))| {
        runtime.block_on(async {
            let request = headers
                .into_iter()
                .fold(server.request(method, path), |request, (name, value)| request.header(name, value));
            let response = request.send().await.unwrap();
            assert!(matches!(response.status().as_u16(), 400 | 401), "{}", response.status());
            check(&response.text().await.unwrap());
        });
    });
}

#[test]
fn any_bytes_on_a_connection_leave_the_server_running() {
    let bytes = prop_oneof![
        proptest::collection::vec(any::<u8>(), 1..300),
        r"(GET|POST|get|\PC{0,4}) [/\*]\PC{0,20} HTTP/[0-9]\.[0-9]\r\n(\PC{0,20}\r\n){0,3}\r\n".prop_map(String::into_bytes),
        r"POST /api/auth HTTP/1.1\r\nhost: x\r\n(content-length: [0-9\-]{1,20}\r\n|transfer-encoding: (chunked|x)\r\n){0,3}\r\n[0-9a-fg]{0,4}\r\n\PC{0,20}"
            .prop_map(String::into_bytes),
    ];
    run(200, bytes, |runtime, server, bytes| {
        runtime.block_on(async {
            let address = server.url.trim_start_matches("http://");
            let mut stream = TcpStream::connect(address).await.unwrap();
            // The server may close the connection before it has read everything.
            let _ = stream.write_all(&bytes).await;
            let _ = stream.shutdown().await;
            let mut response = Vec::new();
            let reading = tokio::time::timeout(Duration::from_secs(10), stream.read_to_end(&mut response));
            let _ = reading.await.expect("the connection stays open");
            check(&String::from_utf8_lossy(&response));
        });
    });
}
