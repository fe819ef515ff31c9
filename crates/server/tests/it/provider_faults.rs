//! A provider of which one endpoint is slow, elsewhere, or answers what it must not. The sign-in
//! fails with a reason in time, nothing of the answer is shown, and all else works meanwhile.

use std::time::{Duration, Instant};

use latchkey_testkit::provider::TestProvider;
use latchkey_testkit::{Device, Server, ok, text};
use serde_json::{Value, json};

use crate::support::{Browser, PUBLIC, Peer, Reply, begun, finish, state};

/// The endpoints, as the metadata names them.
const ENDPOINTS: [&str; 3] = ["token_endpoint", "jwks_uri", "userinfo_endpoint"];

/// A server with one provider.
async fn start() -> (Server, TestProvider) {
    let clock = latchkey_testkit::TestClock::frozen();
    let provider = TestProvider::start(&clock).await;
    let server = Server::builder().clock(&clock).settings(|settings| with(settings, &provider.issuer));
    (server.start().await, provider)
}

fn with(settings: &mut latchkey_server::Settings, issuer: &str) {
    settings.public_url = Some(PUBLIC.parse().unwrap());
    let text = format!(
        "id = \"company\"\nname = \"Company\"\nissuer = \"{issuer}\"\nclient_id = \"latchkey\"\n\
         algorithms = [\"ES256\"]\ncreate = true"
    );
    settings.providers.push(toml::from_str(&text).unwrap());
}

/// A sign-in as far as it goes. Returns the request and the last page.
async fn visit(device: &Device, server: &Server, provider: &TestProvider) -> (String, crate::support::Visit) {
    let (request, url) = begun(device, server, &json!({ "way": "provider", "provider": "company" })).await;
    let mut browser = Browser::new();
    let mut page = browser.follow(server, &url).await;
    if let Some(away) = page.location.take().filter(|url| url.starts_with(&provider.issuer)) {
        page = browser.follow(server, &provider.consent(&away)).await;
    }
    (request, page)
}

async fn reason(device: &Device, server: &Server, request: &str) -> String {
    let state = state(device, server, request).await;
    assert_eq!(state["state"], "failed", "{state}");
    text(&state, "reason").to_owned()
}

/// Moves one endpoint.
fn move_to(provider: &TestProvider, endpoint: &str, url: &str) {
    provider.behave(|behaviour| {
        behaviour.metadata = [(endpoint.to_owned(), json!(url))].into_iter().collect();
    });
}

#[tokio::test]
async fn a_provider_that_hangs_is_given_up_in_time_and_holds_up_nothing_else() {
    // Metadata that do not come, and each endpoint that begins an answer or does not.
    let hang = async |endpoint: Option<&'static str>, reply: Reply| {
        let slow = Peer::start(reply).await;
        let clock = latchkey_testkit::TestClock::frozen();
        let provider = TestProvider::start(&clock).await;
        let issuer = if endpoint.is_some() { &provider.issuer } else { &slow.url };
        let server = Server::builder().clock(&clock).settings(|settings| with(settings, issuer));
        let server = server.start().await;
        if let Some(endpoint) = endpoint {
            move_to(&provider, endpoint, &slow.url);
        }
        let (device, other, began) = (Device::new(1), Device::new(2), Instant::now());
        let hanging = async {
            let (request, page) = visit(&device, &server, &provider).await;
            assert!(page.text.contains("does not answer"), "{}", page.text);
            assert_eq!(reason(&device, &server, &request).await, "provider_away");
            Instant::now()
        };
        let meanwhile = async {
            while slow.calls() == 0 {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            other.sign_in(&server).await;
            Instant::now()
        };
        let (given_up, signed_in) = tokio::join!(hanging, meanwhile);
        assert!(signed_in < given_up, "a password waits for no provider");
        let took = given_up.duration_since(began);
        assert!(took >= Duration::from_secs(5) && took < Duration::from_secs(30), "{took:?}");
        assert_eq!(slow.calls(), 1, "the call is not repeated");
    };
    tokio::join!(
        hang(None, Reply::Silence),
        hang(Some("token_endpoint"), Reply::Silence),
        hang(Some("token_endpoint"), Reply::Drops),
        hang(Some("jwks_uri"), Reply::Drops),
        hang(Some("userinfo_endpoint"), Reply::Silence),
    );
}

#[tokio::test]
async fn a_redirect_of_a_provider_is_not_followed() {
    let (server, provider) = start().await;
    let elsewhere = Peer::saying("200 OK", "", "{}").await;
    for status in ["302 Found", "307 Temporary Redirect", "308 Permanent Redirect"] {
        let leading = Peer::saying(status, &format!("location: {}\r\n", elsewhere.url), "").await;
        for endpoint in ENDPOINTS {
            move_to(&provider, endpoint, &leading.url);
            // Metadata and keys are fetched anew.
            server.clock.advance(3600);
            let (request, _) = visit(&Device::new(1), &server, &provider).await;
            // The keys of before are good while they cannot be fetched.
            let expected = match endpoint {
                "jwks_uri" if leading.calls() > 1 => continue,
                _ => "provider_away",
            };
            assert_eq!(reason(&Device::new(1), &server, &request).await, expected, "{status} {endpoint}");
        }
        assert!(leading.calls() >= 2, "{status}");
    }
    assert_eq!(elsewhere.calls(), 0, "no code, secret or token went there");
}

#[tokio::test]
async fn what_a_provider_must_not_answer_signs_nobody_in_and_is_not_shown() {
    let (server, provider) = start().await;
    let device = Device::new(1);
    // What each endpoint would take, if it were shorter.
    let huge = json!({
        "padding": "x".repeat(300 * 1024), "access_token": "a", "token_type": "Bearer", "keys": [], "sub": "other",
    });
    let huge = huge.to_string();
    let nobody = json!({ "sub": "somebody-else", "email": "sam@example.com" }).to_string();
    let no_id_token = json!({ "access_token": "a", "token_type": "Bearer" }).to_string();
    let script = json!({ "error": "<script>alert(1)</script>", "error_description": "<script>" }).to_string();
    for (endpoint, status, body, expected) in [
        ("token_endpoint", "200 OK", "<html>portal</html>", "provider_away"),
        ("token_endpoint", "200 OK", huge.as_str(), "provider_away"),
        ("token_endpoint", "200 OK", "{}", "provider_away"),
        ("token_endpoint", "200 OK", no_id_token.as_str(), "provider_refused"),
        ("token_endpoint", "400 Bad Request", r#"{"error":"invalid_grant"}"#, "provider_refused"),
        ("token_endpoint", "401 Unauthorized", script.as_str(), "provider_refused"),
        ("token_endpoint", "503 Service Unavailable", "", "provider_away"),
        ("jwks_uri", "200 OK", "<html>portal</html>", "provider_away"),
        ("jwks_uri", "200 OK", huge.as_str(), "provider_away"),
        ("jwks_uri", "200 OK", r#"{"keys":[]}"#, "provider_refused"),
        ("jwks_uri", "404 Not Found", "{}", "provider_away"),
        ("userinfo_endpoint", "200 OK", "[]", "provider_away"),
        ("userinfo_endpoint", "200 OK", huge.as_str(), "provider_away"),
        ("userinfo_endpoint", "200 OK", nobody.as_str(), "provider_refused"),
        ("userinfo_endpoint", "401 Unauthorized", "{}", "provider_away"),
    ] {
        // A server that has no keys yet.
        let server = server.another().await;
        let peer = Peer::saying(status, "", body).await;
        move_to(&provider, endpoint, &peer.url);
        let (request, page) = visit(&device, &server, &provider).await;
        let what = &body[..body.len().min(40)];
        assert_eq!(reason(&device, &server, &request).await, expected, "{endpoint} {status} {what}");
        assert!(peer.calls() > 0 && page.status == 200, "{endpoint} {status} {what}");
        for shown in ["<script", "portal", "somebody-else", "invalid_grant"] {
            assert!(!page.text.contains(shown), "{}", page.text);
        }
    }
    assert_eq!(server.living_sessions().await, 0);
    // The provider is well again.
    provider.behave(|behaviour| {
        behaviour.metadata.clear();
        behaviour.userinfo = json!({ "preferred_username": "sam.at.work" }).as_object().unwrap().clone();
    });
    let server = server.another().await;
    let (request, page) = visit(&device, &server, &provider).await;
    let tokens: Value = ok(finish(&device, &server, &request, &page.result()).await).await;
    assert!(tokens["session_token"].is_string());
}
