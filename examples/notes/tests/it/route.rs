//! The route: shut without a token, and everybody's own.

use reqwest::Client;
use serde_json::json;

use crate::server::Server;

#[tokio::test]
async fn without_a_token_there_are_no_notes() {
    let server = Server::start().await;
    let http = Client::builder().no_proxy().build().unwrap();
    let url = format!("{}/api/notes", server.url);
    for request in [
        http.get(&url),
        http.post(&url).body("a note"),
        http.delete(&url),
        http.get(&url).bearer_auth("nonsense").header("x-client", "script"),
    ] {
        assert_eq!(request.send().await.unwrap().status(), 401);
    }
    assert_eq!(server.script("sam").await.notes().await, json!([]));
}

#[tokio::test]
async fn nobody_sees_anothers_notes() {
    let server = Server::start().await;
    let (sam, mikaela) = (server.script("sam").await, server.script("mikaela").await);
    assert_eq!(sam.add("buy a car").await, 201);
    assert_eq!(sam.add("wash it").await, 201);
    assert_eq!(mikaela.add("'; DROP TABLE notes; --").await, 201);
    assert_eq!(sam.notes().await, json!(["wash it", "buy a car"]));
    assert_eq!(mikaela.notes().await, json!(["'; DROP TABLE notes; --"]));
    for bad in ["", "  ", &"x".repeat(2001)] {
        assert_eq!(sam.add(bad).await, 422);
    }
}
