//! Adding a note in the app.

use crate::app::{AWAY, Desktop};
use crate::server;

#[tokio::test]
async fn a_note_that_is_added_is_in_the_list() {
    let server = server::start().await;
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
async fn a_refusal_of_the_route_is_returned_with_its_status() {
    let server = server::start().await;
    let desktop = Desktop::new(&server.url);
    let app = desktop.signed_in("sam").await;
    assert_eq!(app.add(" ").await, Ok(422));
    assert_eq!(app.add(&"x".repeat(2001)).await, Ok(422));
    assert_eq!(app.notes().await.unwrap().response.text(), r#"{"notes":[]}"#);
}

#[tokio::test]
async fn a_note_without_the_server_is_not_added_then_or_later() {
    let mut server = server::start().await;
    let desktop = Desktop::new(&server.url);
    let app = desktop.signed_in("sam").await;
    server.stop().await;
    assert_eq!(app.add("buy a car").await, Err(AWAY));
    server.start_again().await;
    assert_eq!(app.notes().await.unwrap().response.text(), r#"{"notes":[]}"#);
}

/// The server's clock jumps: it requires its nonce in the proof, and accepts the second request.
#[tokio::test]
async fn a_nonce_that_the_server_requires_adds_one_note() {
    let server = server::start().await;
    let desktop = Desktop::new(&server.url);
    let app = desktop.signed_in("sam").await;
    server.clock.advance(400);
    assert_eq!(app.add("buy a car").await, Ok(201));
    assert_eq!(app.notes().await.unwrap().response.text(), r#"{"notes":["buy a car"]}"#);
}

/// The access token has expired at the server, but not by the app's clock: the app renews it and
/// sends the note again.
#[tokio::test]
async fn a_refused_token_is_renewed_and_adds_one_note() {
    let server = server::start().await;
    let desktop = Desktop::new(&server.url);
    let app = desktop.signed_in("sam").await;
    server.clock.advance(2000);
    assert_eq!(app.add("buy a car").await, Ok(201));
    assert_eq!(app.notes().await.unwrap().response.text(), r#"{"notes":["buy a car"]}"#);
}
