//! The description of the API, `openapi.json`.

use latchkey_server::openapi;
use latchkey_testkit::{START, Server, ok};
use reqwest::Method;
use serde_json::Value;

#[tokio::test]
async fn the_description_is_committed_and_matches_the_routes() {
    let made = openapi().unwrap();
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/openapi.json");
    if std::env::var_os("LATCHKEY_WRITE_OPENAPI").is_some() {
        std::fs::write(file, format!("{made}\n")).unwrap();
    }
    let committed = std::fs::read_to_string(file).unwrap();
    let read = |text: &str| serde_json::from_str::<Value>(text).unwrap();
    assert_eq!(
        read(&committed),
        read(&made),
        "crates/server/openapi.json is out of date: run the tests once with LATCHKEY_WRITE_OPENAPI=1"
    );
    // With an issuer that can be discovered.
    let server = Server::start_with(|settings| {
        settings.public_url = Some("https://auth.example".parse().unwrap());
        settings.tokens.issuer = Some("https://auth.example".into());
        settings.passkeys.related_origins = vec!["https://login.example".parse().unwrap()];
    })
    .await;
    let token = server.sign_in("device-1").await;
    let other = server.sign_in("device-1").await;
    let other = server.access_verifier("device-1").verify(&other, START).unwrap().sid;
    let served = ok(server.request(Method::GET, "/openapi.json").send().await.unwrap()).await;
    assert_eq!(served, read(&made));
    // Each described operation exists, and requires a token if its description has one.
    for (path, operations) in served["paths"].as_object().unwrap() {
        for (method, operation) in operations.as_object().unwrap() {
            let method = Method::from_bytes(method.to_uppercase().as_bytes()).unwrap();
            let path = &path.replace("{sid}", &other);
            let with = server.request(method.clone(), path).header("x-client", "device-1");
            let response = with.bearer_auth(&token).send().await.unwrap();
            assert!(![404, 405].contains(&response.status().as_u16()), "{method} {path}");
            let bare = server.request(method.clone(), path).send().await.unwrap().status();
            let is_guarded = operation["security"].to_string().contains("dpop");
            let described = &operation["responses"];
            if !operation["requestBody"].is_null() {
                for status in ["400", "408", "413", "415"] {
                    assert!(!described[status].is_null(), "{method} {path} does not describe {status}");
                }
            }
            assert_eq!(bare == 401, is_guarded, "{method} {path}: {bare}");
            assert!(!is_guarded || described.get("401").is_some(), "{method} {path}");
        }
    }
}
