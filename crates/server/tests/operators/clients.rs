//! Clients and services in other languages, from Python's package index.

use latchkey_server::Settings;
use latchkey_testkit::{Device, Server, ok, text};
use reqwest::Method;

use crate::python::{SCRIPTS, run};

#[tokio::test]
async fn authlib_accepts_an_access_token_as_rfc_9068_says() {
    let server = Server::builder().clock(&latchkey_testkit::TestClock::running()).start().await;
    let keys = ok(server.request(Method::GET, "/.well-known/jwks.json").send().await.unwrap()).await;
    let device = Device::new(1);
    let tokens = device.sign_in(&server).await;
    let script = format!("{SCRIPTS}/access_token.py");
    for token in [text(&tokens, "token").to_owned(), server.sign_in(&device.id).await] {
        let client_id = run("python3", &[&script, &keys.to_string()], server.folder(), &token).await;
        assert_eq!(client_id.trim(), device.id);
    }
}

/// Runs schemathesis: it makes requests from the description of the API, right and wrong ones, and
/// fails at a response that the description does not have. `selected` are the options that select
/// operations.
async fn schemathesis(selected: &[&str]) {
    let server = Server::start_with(|settings: &mut Settings| {
        // All of its requests come from one address.
        settings.throttle.address_failures = 1_000_000;
    })
    .await;
    let device_id = "device-1";
    let token = server.sign_in(device_id).await;
    let (client, authorization) =
        (format!("X-Client: {device_id}"), format!("Authorization: Bearer {token}"));
    let (config, url) = (format!("{SCRIPTS}/schemathesis.toml"), format!("{}/openapi.json", server.url));
    let mut arguments =
        vec!["--config-file", &config, "run", &url, "--header", &client, "--header", &authorization];
    arguments.extend(["--checks", "all", "--continue-on-failure", "--max-examples", "50", "--no-color"]);
    arguments.extend(selected);
    let report = run("st", &arguments, server.folder(), "").await;
    assert!(report.contains("Tested: ") && !report.contains("Tested: 0"), "{report}");
}

/// Without the operation that ends the session of the token, after which every response is 401.
#[tokio::test]
async fn schemathesis_finds_no_response_that_is_not_described() {
    schemathesis(&["--exclude-operation-id", "sign_out"]).await;
}

#[tokio::test]
async fn schemathesis_finds_no_response_to_a_sign_out_that_is_not_described() {
    schemathesis(&["--include-operation-id", "sign_out"]).await;
}
