//! Connections that begin with a header of the PROXY protocol.

use latchkey_testkit::{Server, wait_for};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::support::scalar;

/// A header of version 2 for an IPv4 client, or for a family without addresses.
fn header(client: [u8; 4], family: u8) -> Vec<u8> {
    let mut bytes = b"\r\n\r\n\0\r\nQUIT\n\x21".to_vec();
    bytes.extend([family, 0, 12]);
    bytes.extend(client);
    bytes.extend([127, 0, 0, 1, 0x15, 0x5c, 0, 80]);
    bytes
}

/// Sends bytes and a failing sign-in; returns the response, which is empty if the server closed the
/// connection.
async fn sign_in(server: &Server, before: &[u8]) -> String {
    let mut stream = TcpStream::connect(server.address()).await.unwrap();
    let body = r#"{"username":"nobody","password":"wrong"}"#;
    let request = format!(
        "POST /api/auth HTTP/1.1\r\nhost: a\r\nx-client: device-1\r\ncontent-type: application/json\r\n\
         content-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    );
    let mut response = Vec::new();
    // A connection that is closed may break while it is written to.
    let _ = stream.write_all(&[before, request.as_bytes()].concat()).await;
    let _ = stream.read_to_end(&mut response).await;
    String::from_utf8(response).unwrap()
}

#[tokio::test]
async fn the_address_in_the_header_of_a_trusted_proxy_counts() {
    let server = Server::start_with(|settings| {
        settings.trusted_proxies = vec!["127.0.0.1".parse().unwrap()];
        settings.proxy_protocol = true;
    })
    .await;
    let response = sign_in(&server, &header([203, 0, 113, 7], 0x11)).await;
    assert!(response.starts_with("HTTP/1.1 401"), "{response}");
    let query = "SELECT COALESCE(MAX(address), '') FROM audit_events WHERE event = 'sign_in_failed'";
    assert_eq!(scalar(&server, query).await, "203.0.113.7");

    // Without a header, or with another version.
    let version_1 = b"PROXY TCP4 203.0.113.8 127.0.0.1 5468 80\r\n";
    for before in [&b""[..], version_1] {
        assert_eq!(sign_in(&server, before).await, "", "{before:?}");
    }
    let count = "SELECT CAST(COUNT(*) AS TEXT) FROM audit_events WHERE event = 'sign_in_failed'";
    assert_eq!(scalar(&server, count).await, "1");
}

/// A connection of the proxy's own, a family without addresses, a Unix socket before the proxy.
#[tokio::test]
async fn a_client_whose_proxy_names_no_address_has_none_and_shares_none() {
    let server = Server::start_with(|settings| {
        settings.trusted_proxies = vec!["127.0.0.1".parse().unwrap()];
        settings.proxy_protocol = true;
        settings.throttle.address_failures = 2;
    })
    .await;
    let local = b"\r\n\r\n\0\r\nQUIT\n\x20\0\0\0";
    for _ in 0..2 {
        for before in [&local[..], &header([203, 0, 113, 8], 0x31), &header([0; 4], 0)] {
            let response = sign_in(&server, before).await;
            assert!(response.starts_with("HTTP/1.1 401"), "{before:?}: {response}");
        }
    }
    let query = "SELECT CAST(COUNT(address) AS TEXT) FROM audit_events WHERE event = 'sign_in_failed'";
    assert_eq!(scalar(&server, query).await, "0");
}

/// A connection that is answered once and stays open; `None` if the server closes it.
async fn opened(server: &Server, before: &[u8]) -> Option<TcpStream> {
    let mut stream = TcpStream::connect(server.address()).await.unwrap();
    let request = b"GET /healthz HTTP/1.1\r\nhost: a\r\n\r\n";
    let _ = stream.write_all(&[before, request].concat()).await;
    let mut response = [0; 12];
    stream.read_exact(&mut response).await.ok().filter(|_| &response == b"HTTP/1.1 200")?;
    Some(stream)
}

#[tokio::test]
async fn the_connections_of_each_client_are_counted_and_not_those_of_their_proxy() {
    let server = Server::start_with(|settings| {
        settings.trusted_proxies = vec!["127.0.0.1".parse().unwrap()];
        settings.proxy_protocol = true;
        settings.limits.connections_per_address = 2;
    })
    .await;
    let mut open = Vec::new();
    for client in [[203, 0, 113, 7], [203, 0, 113, 7], [203, 0, 113, 8], [203, 0, 113, 9]] {
        open.push(opened(&server, &header(client, 0x11)).await.expect("a client has two"));
    }
    for _ in 0..3 {
        open.push(opened(&server, &header([0; 4], 0)).await.expect("one without an address counts for none"));
    }
    assert!(opened(&server, &header([203, 0, 113, 7], 0x11)).await.is_none());
    drop(open.remove(0));
    wait_for("the first one to be over", async || opened(&server, &header([203, 0, 113, 7], 0x11)).await)
        .await;
}

#[tokio::test]
async fn a_header_of_anybody_else_is_no_request() {
    let server = Server::start_with(|settings| {
        settings.trusted_proxies = vec!["192.0.2.1".parse().unwrap()];
        settings.proxy_protocol = true;
    })
    .await;
    let response = sign_in(&server, &header([203, 0, 113, 7], 0x11)).await;
    assert!(!response.contains("401"), "{response}");
    wait_for("an ordinary connection is served", async || {
        sign_in(&server, b"").await.starts_with("HTTP/1.1 401").then_some(())
    })
    .await;
    let query = "SELECT COALESCE(MAX(address), '') FROM audit_events WHERE event = 'sign_in_failed'";
    assert_eq!(scalar(&server, query).await, "127.0.0.1");
}
