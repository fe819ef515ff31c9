//! Passkeys in a real browser: Debian's Chromium with a virtual authenticator, on the server's
//! page.

use std::sync::Arc;

use latchkey_server::Settings;
use latchkey_testkit::{Server, ok, text};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpListener;

use crate::app::{App, request_line};
use crate::chromium::Chromium;
use crate::neighbour::free_address;

/// A server at `http://localhost:PORT`, on the computer's clock: the browser's cookies expire.
async fn start() -> Server {
    let address = free_address();
    let clock = latchkey_testkit::TestClock::running();
    let change = move |settings: &mut Settings| {
        settings.listen = latchkey_server::settings::Listen::Tcp(address);
        settings.public_url = Some(format!("http://localhost:{}", address.port()).parse().unwrap());
    };
    Server::builder().clock(&clock).settings(change).start().await
}

/// Adds a passkey in the browser.
async fn add_passkey(app: &App<'_>, chromium: &Chromium, token: &str) -> Value {
    let body = json!({ "port": app.port });
    let begun = ok(app.device.post(app.server, "/api/me/passkeys", token, &body).await).await;
    chromium.open(text(&begun, "url")).await;
    chromium.click("#passkey button").await;
    let body = json!({ "request": begun["request"], "result": app.result().await, "name": "Key" });
    let added = app.device.post(app.server, "/api/me/passkeys/finish", token, &body).await;
    assert_eq!(added.status(), 201);
    added.json().await.unwrap()
}

/// Begins a sign-in. Returns the request, with the page open in the browser.
async fn begin(app: &App<'_>, chromium: &Chromium) -> String {
    let (request, url) = app.begin(&json!({ "way": "passkey" })).await;
    chromium.open(&url).await;
    chromium.until_visible("#passkey button").await;
    request
}

#[tokio::test]
async fn chromium_registers_a_passkey_and_signs_in_by_keyboard() {
    let server = start().await;
    let chromium = Chromium::start(server.folder()).await;
    let authenticator = chromium.add_authenticator(true).await;
    let app = App::start(&server, 1).await;
    let token = app.confirmed().await;
    let passkey = add_passkey(&app, &chromium, &token).await;
    assert_eq!((&passkey["name"], &passkey["suspicious"]), (&json!("Key"), &json!(false)));
    assert_eq!(chromium.credentials(&authenticator).await.len(), 1);

    let other = App::start(&server, 2).await;
    let request = begin(&other, &chromium).await;
    // The button has the focus.
    chromium.press('\u{e007}').await;
    let tokens = other.finish(&request).await;
    let claims = server.access_verifier(&other.device.id).verify(text(&tokens, "token"), server.clock.now());
    let claims = claims.unwrap();
    assert_eq!(claims.amr, Some(vec!["swk".to_owned(), "mfa".to_owned()]));
    assert_eq!(claims.acr.as_deref(), Some("2fa"));
    chromium.quit().await;
}

#[tokio::test]
async fn chromium_finds_no_fault_with_the_page_and_neither_does_axe() {
    let axe = concat!(env!("CARGO_MANIFEST_DIR"), "/../../ui/node_modules/axe-core/axe.min.js");
    let axe = std::fs::read_to_string(axe).expect("the packages of ui/ are missing: `npm ci --prefix ui`");
    let server = start().await;
    let chromium = Chromium::start(server.folder()).await;
    chromium.add_authenticator(true).await;
    let app = App::start(&server, 1).await;
    begin(&app, &chromium).await;
    let run = "return axe.run(document, { resultTypes: ['violations'] })
        .then((found) => found.violations.map((one) => one.id))";
    assert_eq!(chromium.script(&format!("{axe}; {run}")).await, json!([]));
    chromium.quit().await;
}

#[tokio::test]
async fn a_user_whom_the_authenticator_does_not_verify_is_not_signed_in() {
    let server = start().await;
    let chromium = Chromium::start(server.folder()).await;
    let authenticator = chromium.add_authenticator(true).await;
    let app = App::start(&server, 1).await;
    let token = app.confirmed().await;
    add_passkey(&app, &chromium, &token).await;
    chromium.set_verified(&authenticator, false).await;
    let other = App::start(&server, 2).await;
    let request = begin(&other, &chromium).await;
    chromium.click("#passkey button").await;
    assert!(chromium.said().await.starts_with("Nothing was chosen."));
    assert_eq!(other.state(&request).await, "opened");
    chromium.set_verified(&authenticator, true).await;
    chromium.click("#passkey button").await;
    other.finish(&request).await;
    chromium.quit().await;
}

#[tokio::test]
async fn a_removed_passkey_and_an_authenticator_without_one_sign_nobody_in() {
    let server = start().await;
    let chromium = Chromium::start(server.folder()).await;
    let authenticator = chromium.add_authenticator(true).await;
    let app = App::start(&server, 1).await;
    let token = app.confirmed().await;
    let passkey = add_passkey(&app, &chromium, &token).await;
    let path = format!("/api/me/passkeys/{}", text(&passkey, "id"));
    let removed = app.device.call(&server, Method::DELETE, &path, &token).await;
    assert_eq!(removed.status(), 204);
    let other = App::start(&server, 2).await;
    let request = begin(&other, &chromium).await;
    chromium.click("#passkey button").await;
    assert!(chromium.said().await.starts_with("No account here has this passkey."));
    assert_eq!(other.state(&request).await, "failed");
    chromium.clear(&authenticator).await;
    begin(&other, &chromium).await;
    chromium.click("#passkey button").await;
    assert!(chromium.said().await.starts_with("Nothing was chosen."));
    chromium.quit().await;
}

#[tokio::test]
async fn a_copy_of_a_passkey_is_noticed_by_its_counter() {
    let server = start().await;
    let chromium = Chromium::start(server.folder()).await;
    let authenticator = chromium.add_authenticator(true).await;
    let app = App::start(&server, 1).await;
    let token = app.confirmed().await;
    add_passkey(&app, &chromium, &token).await;
    let copy = chromium.credentials(&authenticator).await.swap_remove(0);
    let other = App::start(&server, 2).await;
    for _ in 0..2 {
        let request = begin(&other, &chromium).await;
        chromium.click("#passkey button").await;
        other.finish(&request).await;
    }
    chromium.clear(&authenticator).await;
    chromium.add_credential(&authenticator, &copy).await;
    let request = begin(&other, &chromium).await;
    chromium.click("#passkey button").await;
    assert!(chromium.said().await.starts_with("This passkey was refused"));
    assert_eq!(other.state(&request).await, "failed");
    let listed = ok(app.device.call(&server, Method::GET, "/api/me/passkeys", &token).await).await;
    assert_eq!(listed["passkeys"][0]["suspicious"], true);
    chromium.quit().await;
}

/// Another page of `localhost`, whose relying party id is the same.
async fn other_page() -> u16 {
    let listener = Arc::new(TcpListener::bind("127.0.0.1:0").await.unwrap());
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((mut connection, _)) = listener.accept().await {
            request_line(&mut connection).await;
            let page = "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 5\r\nconnection: close\r\n\r\nOther";
            let _ = connection.write_all(page.as_bytes()).await;
        }
    });
    port
}

/// Asks for options as the page does, and sends an answer as the page does.
const CALL: &str = "const page = document.querySelector('#passkey').dataset;
    return fetch(page[NAME], { method: 'POST', headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ token: page.token, ...BODY }) }).then((response) => response.json());";

#[tokio::test]
async fn an_assertion_that_was_made_on_another_page_is_refused() {
    let server = start().await;
    let chromium = Chromium::start(server.folder()).await;
    chromium.add_authenticator(true).await;
    let app = App::start(&server, 1).await;
    let token = app.confirmed().await;
    add_passkey(&app, &chromium, &token).await;
    let other = App::start(&server, 2).await;
    let request = begin(&other, &chromium).await;
    let page = chromium.address().await;
    let begun = chromium.script(&CALL.replace("NAME", "'begin'").replace("BODY", "{}")).await;
    // A page of the same name on another port gets an assertion for this challenge.
    let sign = format!(
        "const decode = (text) => Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (char) => char.charCodeAt(0));
         const options = {};
         return navigator.credentials.get({{ publicKey: {{ ...options, challenge: decode(options.challenge) }} }})
           .then((credential) => credential.toJSON(), (error) => error.name);",
        begun["options"]
    );
    chromium.open(&format!("http://localhost:{}/", other_page().await)).await;
    let credential = chromium.script(&sign).await;
    assert_eq!(credential["type"], "public-key", "{credential}");
    chromium.open(&page).await;
    let body = json!({ "credential": credential }).to_string();
    let answered = chromium.script(&CALL.replace("NAME", "'answer'").replace("BODY", &body)).await;
    assert!(
        text(&answered, "message").starts_with("This browser allows no passkeys on this page."),
        "{answered}"
    );
    assert_eq!(other.state(&request).await, "failed");
    // By its address, the server has no passkeys at all.
    let by_address = page.replace("localhost", "127.0.0.1").replace("/browser/passkey", "/healthz");
    chromium.open(&by_address).await;
    assert_eq!(chromium.script(&sign).await, "SecurityError");
    chromium.quit().await;
}
