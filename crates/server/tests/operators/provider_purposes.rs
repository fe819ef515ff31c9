//! What a certified provider is asked for beside a sign-in: a link to an account that is there, and
//! a confirmation, each with a new sign-in at the provider (`max_age=0`).

use latchkey_testkit::{ok, text};
use reqwest::Method;
use serde_json::{Value, json};

use crate::app::App;
use crate::chromium::Chromium;
use crate::provider_sign_ins::{answer, choose, start, who};

/// Begins a request for a purpose that needs a session. Returns the request and its URL.
async fn begin(app: &App<'_>, token: &str, purpose: &str) -> (String, String) {
    let body = json!({
        "purpose": purpose, "mode": "here", "port": app.port, "way": "provider", "provider": "company",
    });
    let begun = ok(app.device.post(app.server, "/api/auth/browser", token, &body).await).await;
    (text(&begun, "request").to_owned(), text(&begun, "url").to_owned())
}

/// The accounts of providers that an account is linked to.
async fn links(app: &App<'_>, token: &str) -> Value {
    ok(app.device.call(app.server, Method::GET, "/api/me/links", token).await).await["links"].clone()
}

#[tokio::test]
async fn an_account_is_linked_signed_in_to_and_confirmed_each_by_a_new_sign_in_there() {
    // No account is made here: the one with the password is the person's.
    let (_front, provider, server) = start("").await;
    let chromium = Chromium::start(server.folder()).await;
    let (app, other) = (App::start(&server, 1).await, App::start(&server, 2).await);
    let token = app.confirmed().await;
    assert_eq!(links(&app, &token).await, json!([]));
    let (request, url) = begin(&app, &token, "link").await;
    chromium.open(&url).await;
    choose(&chromium, "sam").await;
    answer(&chromium, "yes").await;
    assert_eq!(app.finish_with(&request, &app.result().await).await.status(), 204);
    let linked = links(&app, &token).await;
    assert_eq!((&linked[0]["provider"], &linked[1]), (&json!("company"), &Value::Null), "{linked}");

    let (request, url) = other.begin(&json!({ "way": "provider", "provider": "company" })).await;
    chromium.open(&url).await;
    let tokens = other.finish(&request).await;
    let me = ok(app.device.call(&server, Method::GET, "/api/me", &token).await).await;
    assert_eq!(who(&other, &tokens).await["sub"], me["sub"]);

    // The browser is signed in there, which is not enough.
    let (request, url) = begin(&other, text(&tokens, "token"), "confirm").await;
    chromium.open(&url).await;
    chromium.until_shown("Sign in to company").await;
    choose(&chromium, "sam").await;
    let confirmed = other.finish(&request).await;
    assert!(confirmed["token"].is_string(), "{confirmed}");
    assert_eq!(provider.calls("authorization_code").await, 3);
    chromium.quit().await;
}
