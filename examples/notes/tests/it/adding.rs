//! Adding a note in the app.

use std::sync::atomic::Ordering;

use crate::app::{AWAY, Desktop};
use crate::server::Server;

#[tokio::test]
async fn a_note_that_is_added_is_in_the_list() {
    let server = Server::start().await;
    let desktop = Desktop::new(&server.url);
    let app = desktop.signed_in("sam").await;
    assert_eq!(app.add("buy a car").await, Ok(201));
    assert_eq!(app.add("wäsh it \u{1f697}\n\"'; --").await, Ok(201));
    let expected = serde_json::json!({ "notes": ["wäsh it \u{1f697}\n\"'; --", "buy a car"] });
    assert_eq!(app.notes().await.unwrap().response.text(), expected.to_string());
    let desktop = Desktop::new(&server.url);
    let other = desktop.signed_in("mikaela").await;
    assert_eq!(other.notes().await.unwrap().response.text(), r#"{"notes":[]}"#);
}

#[tokio::test]
async fn what_the_route_refuses_is_told_with_its_status() {
    let server = Server::start().await;
    let desktop = Desktop::new(&server.url);
    let app = desktop.signed_in("sam").await;
    assert_eq!(app.add(" ").await, Ok(422));
    assert_eq!(app.add(&"x".repeat(2001)).await, Ok(422));
    assert_eq!(app.notes().await.unwrap().response.text(), r#"{"notes":[]}"#);
}

#[tokio::test]
async fn without_the_server_nothing_is_added_then_or_later() {
    let mut server = Server::start().await;
    let desktop = Desktop::new(&server.url);
    let app = desktop.signed_in("sam").await;
    server.stop().await;
    assert_eq!(app.add("buy a car").await, Err(AWAY));
    server.start_again().await;
    assert_eq!(app.notes().await.unwrap().response.text(), r#"{"notes":[]}"#);
}

/// The server's clock jumps: it wants its nonce in the proof, and takes the second request.
#[tokio::test]
async fn a_proof_that_is_asked_for_anew_adds_one_note() {
    let server = Server::start().await;
    let desktop = Desktop::new(&server.url);
    let app = desktop.signed_in("sam").await;
    server.ahead.fetch_add(400, Ordering::SeqCst);
    assert_eq!(app.add("buy a car").await, Ok(201));
    assert_eq!(app.notes().await.unwrap().response.text(), r#"{"notes":["buy a car"]}"#);
}

/// The access token has expired at the server, though not by the app's clock: it is renewed, and the note sent again.
#[tokio::test]
async fn a_token_that_is_refused_adds_one_note_with_the_next() {
    let server = Server::start().await;
    let desktop = Desktop::new(&server.url);
    let app = desktop.signed_in("sam").await;
    server.ahead.fetch_add(2000, Ordering::SeqCst);
    assert_eq!(app.add("buy a car").await, Ok(201));
    assert_eq!(app.notes().await.unwrap().response.text(), r#"{"notes":["buy a car"]}"#);
}
