//! Links to a provider's account: what a session asks the browser for.

use latchkey_testkit::provider::TestProvider;
use latchkey_testkit::{Device, Server, ok, text};
use reqwest::Response;
use serde_json::json;

use super::browser::finish;
use super::provider::browse;

/// Begins a request of a session to the provider: `link` or `confirm`.
pub(crate) async fn begin_link(server: &Server, device: &Device, token: &str, purpose: &str) -> Response {
    let body = json!({
        "mode": "here", "port": 4321, "purpose": purpose, "way": "provider", "provider": "company",
    });
    device.post(server, "/api/auth/browser", token, &body).await
}

/// Does a request of a session to the provider.
pub(crate) async fn by_provider(
    server: &Server,
    device: &Device,
    (token, purpose): (&str, &str),
    provider: &TestProvider,
) -> Response {
    let begun = ok(begin_link(server, device, token, purpose).await).await;
    let (page, _) = browse(server, provider, text(&begun, "url")).await;
    finish(device, server, text(&begun, "request"), &page.result()).await
}

/// Links the account of a session to the provider's present user.
pub(crate) async fn link(server: &Server, device: &Device, token: &str, provider: &TestProvider) {
    let linked = by_provider(server, device, (token, "link"), provider).await;
    assert_eq!(linked.status(), 204);
}
