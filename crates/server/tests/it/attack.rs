//! Malicious clients: slow ones, many connections, large, malformed and repeated input.

use std::time::{Duration, Instant};

use latchkey_testkit::{Device, PASSWORD, Server, USERNAME, ok, problem, text, wait_for};
use reqwest::Method;
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

async fn connect(server: &Server) -> TcpStream {
    TcpStream::connect(server.url.trim_start_matches("http://")).await.unwrap()
}

/// Everything that the server sends until it closes the connection.
async fn rest(stream: &mut TcpStream) -> String {
    let mut received = Vec::new();
    let reading = stream.read_to_end(&mut received);
    // A reset closes it too.
    let _ = tokio::time::timeout(Duration::from_secs(60), reading).await.expect("the connection stays open");
    String::from_utf8_lossy(&received).into_owned()
}

/// Sends bytes unchanged, and returns the response.
async fn raw(server: &Server, bytes: &str) -> String {
    let mut stream = connect(server).await;
    let _ = stream.write_all(bytes.as_bytes()).await;
    let _ = stream.shutdown().await;
    rest(&mut stream).await
}

#[tokio::test]
async fn slow_clients_are_dropped() {
    let server = Server::start_with(|settings| settings.limits.patience_seconds = 1).await;
    let head = "POST /api/auth HTTP/1.1\r\nhost: x\r\nx-client: a\r\ncontent-type: application/json\r\n";
    for (sent, expected) in [
        ("", ""),
        ("GET /healthz HTTP/1.1\r\nhost: x\r\nx-slow: ", ""),
        (&format!("{head}content-length: 100\r\n\r\n{{\"user"), "HTTP/1.1 408 "),
        (&format!("{head}transfer-encoding: chunked\r\n\r\n1\r\n{{\r\n"), "HTTP/1.1 408 "),
        // A kept-alive connection without a further request.
        ("GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n", "HTTP/1.1 200 "),
    ] {
        let mut stream = connect(&server).await;
        stream.write_all(sent.as_bytes()).await.unwrap();
        let response = rest(&mut stream).await;
        assert!(response.starts_with(expected), "{sent:?}: {response:?}");
    }
    // One byte every 100 ms does not extend the time limit.
    let stream = connect(&server).await;
    let (mut reading, mut writing) = stream.into_split();
    let dripping = tokio::spawn(async move {
        writing.write_all(b"GET / HTTP/1.1\r\nx-slow: ").await.unwrap();
        while writing.write_all(b"a").await.is_ok() {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    });
    let mut response = Vec::new();
    let reading = reading.read_to_end(&mut response);
    let _ = tokio::time::timeout(Duration::from_secs(60), reading).await.expect("the connection stays open");
    tokio::time::timeout(Duration::from_secs(60), dripping).await.unwrap().unwrap();
}

#[tokio::test]
async fn connections_per_address_are_limited() {
    let server = Server::start_with(|settings| settings.limits.connections_per_address = 3).await;
    let mut open = Vec::new();
    for _ in 0..3 {
        let mut stream = connect(&server).await;
        stream.write_all(b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
        stream.read_exact(&mut [0; 12]).await.unwrap();
        open.push(stream);
    }
    assert_eq!(
        raw(&server, "GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n").await,
        "",
        "closed without a response"
    );
    open.clear();
    let is_accepted = async || server.request(Method::GET, "/healthz").send().await.ok();
    wait_for("a new connection is accepted", is_accepted).await;
}

#[tokio::test]
async fn health_responds_during_a_flood_of_sign_ins() {
    let server = Server::start_with(|settings| {
        settings.passwords.memory_kib = 19_456;
        settings.passwords.iterations = 2;
        settings.passwords.workers = 1;
        settings.passwords.queue = 4;
        settings.limits.connections_per_address = 0;
    })
    .await;
    let flood = (0..60).map(|number| {
        let request = server.request(Method::POST, "/api/auth").header("x-client", "device-1");
        let body = json!({ "username": format!("nobody{number}"), "password": "wrong" });
        async move { request.json(&body).send().await.unwrap().status().as_u16() }
    });
    let mut idle = Vec::new();
    for _ in 0..60 {
        idle.push(connect(&server).await);
    }
    let flood: tokio::task::JoinSet<u16> = flood.collect();
    let mut slowest = Duration::ZERO;
    for _ in 0..20 {
        let asked = Instant::now();
        assert_eq!(server.request(Method::GET, "/healthz").send().await.unwrap().status(), 200);
        slowest = slowest.max(asked.elapsed());
    }
    // 200 ms on an idle machine; this one may be busy.
    assert!(slowest < Duration::from_secs(5), "{slowest:?}");
    let statuses = flood.join_all().await;
    assert!(statuses.contains(&503) && statuses.contains(&401), "{statuses:?}");
    assert!(statuses.iter().all(|status| [401, 503].contains(status)), "{statuses:?}");
}

#[tokio::test]
async fn large_headers_and_bodies_are_refused() {
    let server = Server::start().await;
    let long = "a".repeat(17 * 1024);
    let response = raw(&server, &format!("GET /healthz HTTP/1.1\r\nhost: x\r\nx-long: {long}\r\n\r\n")).await;
    assert!(response.starts_with("HTTP/1.1 431 "), "{response}");
    let many: String = (0..200).map(|number| format!("x-{number}: a\r\n")).collect();
    let response = raw(&server, &format!("GET /healthz HTTP/1.1\r\nhost: x\r\n{many}\r\n")).await;
    assert!(response.starts_with("HTTP/1.1 431 "), "{response}");
    let fits = "a".repeat(15 * 1024);
    // A client that ends its half of the connection early may get no response.
    let mut stream = connect(&server).await;
    let head = format!("GET /healthz HTTP/1.1\r\nhost: x\r\nconnection: close\r\nx-long: {fits}\r\n\r\n");
    stream.write_all(head.as_bytes()).await.unwrap();
    let response = rest(&mut stream).await;
    assert!(response.starts_with("HTTP/1.1 200 "), "{response}");

    let post = |path: &str, length: usize| {
        let body = json!({ "username": USERNAME, "password": PASSWORD }).to_string();
        let request = server.request(Method::POST, path).header("x-client", "device-1");
        let request = request.header("content-type", "application/json");
        request.body(format!("{body}{}", " ".repeat(length - body.len()))).send()
    };
    ok(post("/api/auth", 16 * 1024).await.unwrap()).await;
    for path in ["/api/auth", "/api/auth/renew", "/api/auth/sign-out"] {
        problem(post(path, 16 * 1024 + 1).await.unwrap(), 413, "payload_too_large").await;
    }
    let request = server.request(Method::POST, "/api/auth").header("x-client", "device-1");
    let body = json!({ "username": USERNAME, "password": "x".repeat(1025) });
    problem(request.json(&body).send().await.unwrap(), 400, "invalid_request").await;
}

#[tokio::test]
async fn malformed_http_is_refused() {
    let server = Server::start().await;
    for sent in [
        "hello\r\n\r\n",
        "GET / HTTP/9.9\r\nhost: x\r\n\r\n",
        "GET /\r\n\r\n",
        "GET  /healthz HTTP/1.1\r\nhost: x\r\n\r\n",
        "GET /healthz HTTP/1.1\r\nhost x\r\n\r\n",
        "GET /healthz HTTP/1.1\r\nhost : x\r\n\r\n",
        "GET /healthz HTTP/1.1\r\nhost: x\r\nx: \0\r\n\r\n",
        "GET /healthz HTTP/1.1\r\nhost: x\r\n folded: y\r\n\r\n",
        "POST /api/auth HTTP/1.1\r\nhost: x\r\ncontent-length: -1\r\n\r\n",
        "POST /api/auth HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab",
        "POST /api/auth HTTP/1.1\r\nhost: x\r\ntransfer-encoding: gzip\r\n\r\n",
        "\x16\x03\x01\x02\x00\x01\x00\x01",
    ] {
        let response = raw(&server, sent).await;
        assert!(response.is_empty() || response.starts_with("HTTP/1.1 400 "), "{sent:?}: {response:?}");
        assert!(response.is_empty() || response.ends_with("\r\n\r\n"), "no body: {response:?}");
    }
}

#[tokio::test]
async fn repeated_headers_and_tokens_in_other_places_are_refused() {
    let server = Server::start().await;
    let token = server.sign_in("device-1").await;
    let get = |path: &str| server.request(Method::GET, path).header("x-client", "device-1");
    let bearer = format!("Bearer {token}");
    let twice = get("/").header("authorization", &bearer).header("authorization", &bearer);
    problem(twice.send().await.unwrap(), 401, "invalid_token").await;
    let twice = get("/").header("x-client", "device-1").header("authorization", &bearer);
    problem(twice.send().await.unwrap(), 400, "invalid_client_id").await;
    for request in [
        get(&format!("/?access_token={token}")),
        get("/").header("cookie", format!("access_token={token}; token={token}")),
        get("/").form(&[("access_token", &token)]),
        get("/").header("x-access-token", &token),
        get("/").header("proxy-authorization", &bearer),
    ] {
        problem(request.send().await.unwrap(), 401, "token_missing").await;
    }
    let device = Device::new(1);
    let session = text(&device.sign_in(&server).await, "session_token").to_owned();
    let renew = server.request(Method::POST, "/api/auth/renew").header("x-client", device.id.as_str());
    problem(renew.json(&json!({ "session_token": session })).send().await.unwrap(), 401, "token_missing")
        .await;
}

#[tokio::test]
async fn no_response_allows_another_origin() {
    let server = Server::start().await;
    for (method, path) in [
        (Method::OPTIONS, "/api/auth"),
        (Method::GET, "/"),
        (Method::GET, "/.well-known/jwks.json"),
        (Method::POST, "/api/auth"),
    ] {
        let request = server.request(method, path).header("origin", "https://evil.example");
        let request = request.header("access-control-request-method", "POST");
        let response = request.send().await.unwrap();
        let names = response.headers().keys().map(|name| name.as_str().to_owned());
        assert!(names.into_iter().all(|name| !name.starts_with("access-control")), "{path}");
    }
}
