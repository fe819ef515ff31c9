//! The route: denied without a token, and separate for each account.

use reqwest::Client;
use serde_json::json;

use crate::server::{self, Script};

#[tokio::test]
async fn a_request_without_a_token_is_denied() {
    let server = server::start().await;
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
    assert_eq!(Script::of("sam", &server).await.notes().await, json!([]));
}

#[tokio::test]
async fn an_account_sees_only_its_own_notes() {
    let server = server::start().await;
    let (sam, mikaela) = (Script::of("sam", &server).await, Script::of("mikaela", &server).await);
    assert_eq!(sam.add("buy a car").await, 201);
    assert_eq!(sam.add("wash it").await, 201);
    assert_eq!(mikaela.add("'; DROP TABLE notes; --").await, 201);
    assert_eq!(sam.notes().await, json!(["wash it", "buy a car"]));
    assert_eq!(mikaela.notes().await, json!(["'; DROP TABLE notes; --"]));
    for bad in ["", "  ", &"x".repeat(2001)] {
        assert_eq!(sam.add(bad).await, 422);
    }
}

#[tokio::test]
async fn all_notes_of_one_account_are_deleted_soon_after_its_sign_in_only() {
    let server = server::start().await;
    let (sam, mikaela) = (Script::of("sam", &server).await, Script::of("mikaela", &server).await);
    for script in [&sam, &mikaela] {
        assert_eq!(script.add("buy a car").await, 201);
    }
    assert_eq!(sam.delete_all().await, 204);
    assert_eq!((sam.notes().await, mikaela.notes().await), (json!([]), json!(["buy a car"])));
    // Five minutes, and a minute of leeway.
    server.clock.advance(361);
    assert_eq!(mikaela.delete_all().await, 401);
    assert_eq!(mikaela.notes().await, json!(["buy a car"]));
}
