//! Sign-ins by a provider: a server with one, the browser's part of a request, and what came of it.

use latchkey_server::Settings;
use latchkey_testkit::provider::TestProvider;
use latchkey_testkit::{Device, Server, TestClock, ok, problem, text};
use latchkey_token::Claims;
use reqwest::{Method, Response};
use serde_json::{Value, json};

use super::browser::{Browser, PUBLIC, Visit, begun, finish, state};

/// The settings of a provider on this computer.
pub(crate) fn with(settings: &mut Settings, provider: &TestProvider, more: &str) {
    settings.public_url = Some(PUBLIC.parse().unwrap());
    let text = format!(
        "id = \"company\"\nname = \"Company\"\nissuer = \"{}\"\nclient_id = \"latchkey\"\n\
         algorithms = [\"ES256\"]\n{more}",
        provider.issuer
    );
    settings.providers.push(toml::from_str(&text).unwrap());
}

/// A server with one provider, whose user has a name that an account can have.
pub(crate) async fn start(more: &str) -> (Server, TestProvider) {
    let clock = TestClock::frozen();
    let provider = TestProvider::start(&clock).await;
    says(&provider, &json!({}));
    let server = Server::builder().clock(&clock).settings(|settings| with(settings, &provider, more));
    (server.start().await, provider)
}

/// What the provider says of the user, in place of the rest.
pub(crate) fn says(provider: &TestProvider, claims: &Value) {
    let sub = claims.get("sub").cloned().unwrap_or(json!("sam-at-work"));
    let userinfo = json!({ "sub": sub, "preferred_username": sub });
    provider.behave(|behaviour| {
        behaviour.claims = claims.as_object().unwrap().clone();
        behaviour.userinfo = userinfo.as_object().unwrap().clone();
    });
}

/// The browser's part of a request. Returns the last page, and where the provider was asked.
pub(crate) async fn browse(server: &Server, provider: &TestProvider, url: &str) -> (Visit, String) {
    let mut browser = Browser::new();
    let page = browser.follow(server, url).await;
    let away = page.location.unwrap_or_else(|| panic!("{}", page.text));
    (browser.follow(server, &provider.consent(&away)).await, away)
}

/// Signs a device in by the provider.
pub(crate) async fn sign_in(device: &Device, server: &Server, provider: &TestProvider) -> Response {
    let (request, url) = begun(device, server, &json!({ "way": "provider", "provider": "company" })).await;
    let (page, _) = browse(server, provider, &url).await;
    finish(device, server, &request, &page.result()).await
}

/// Why the browser's part failed, as the device hears it.
pub(crate) async fn failure(
    device: &Device,
    server: &Server,
    provider: &TestProvider,
    begun: (String, String),
) -> String {
    let (request, url) = begun;
    browse(server, provider, &url).await;
    let state = state(device, server, &request).await;
    assert_eq!(state["state"], "failed", "{state}");
    text(&state, "reason").to_owned()
}

/// What an access token says.
pub(crate) fn claims(server: &Server, device: &Device, token: &str) -> Claims {
    server.access_verifier(&device.id).verify(token, server.clock.now()).unwrap()
}

/// The account that a device is signed in to.
pub(crate) async fn account_of(device: &Device, server: &Server, tokens: &Value) -> String {
    let me = ok(device.call(server, Method::GET, "/api/me", text(tokens, "token")).await).await;
    text(&me, "sub").to_owned()
}

/// By what the caller has to confirm who they are.
pub(crate) async fn needs(response: Response) -> Value {
    problem(response, 401, "insufficient_user_authentication").await["needs"].clone()
}
