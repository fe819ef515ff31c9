//! A command runs once, even if the page reloads meanwhile: the web view then sends the same
//! message again.

use anyhow::Result;
use latchkey_e2e::{Account, AppIdentity, Desktop, Relay, Server, Window, commands};
use memchr::memmem;
use serde_json::{Value, json};

const NOTE: &str = "Buy a yellow car";

const REQUEST_ID: &str = "0191d2a4-7b1c-4c55-9d0e-7a4a2f6f1b11";

#[tokio::test(flavor = "multi_thread")]
async fn a_note_in_progress_during_a_reload_is_added_once() -> Result<()> {
    let relay = Relay::start().await?;
    let mut server = Server::start_with_notes().await?;
    server.stop().await?;
    server.set("LATCHKEY_PUBLIC_URL", relay.url());
    server.start_again().await?;
    relay.forward_to(server.url())?;
    let desktop = Desktop::start_without_keychain("once-note").await?;
    let window = desktop.open_other(AppIdentity::NOTES, relay.url()).await?;
    window.sign_in(&Account::SAM).await?;
    window.expect_state("signed-in").await?;
    assert_eq!(notes(&window).await?, 0);

    let hanging = relay.hang();
    let call = note(NOTE);
    window.invoke_without_waiting(commands::SEND, &call).await?;
    hanging.expect_request().await?;
    window.reload().await?;
    window.expect_state("signed-in").await?;
    relay.set(latchkey_e2e::Traffic::Passes);

    // The same message again, from the new page: it gets the outcome of the first.
    let again = window.invoke(commands::SEND, &call).await?;
    assert_eq!(again["status"], 201, "{again}");
    assert_eq!(notes(&window).await?, 1);
    assert_eq!(count(&relay, b"POST /api/notes "), 1);

    // Another body with the same id is not sent.
    let refused = window.invoke(commands::SEND, &note("Buy a red car")).await?;
    assert_eq!(refused.pointer("/error/code"), Some(&json!("request-id-reused")), "{refused}");
    assert_eq!(notes(&window).await?, 1);

    // In another session the id is refused, and the outcome is not returned.
    window.press("sign-out").await?;
    window.expect_state("signed-out").await?;
    window.sign_in(&Account::SAM).await?;
    window.expect_state("signed-in").await?;
    let refused = window.invoke(commands::SEND, &call).await?;
    assert_eq!(refused.pointer("/error/code"), Some(&json!("request-id-reused")), "{refused}");
    assert_eq!(notes(&window).await?, 1);
    window.close().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_in_in_progress_during_a_reload_happens_once() -> Result<()> {
    let relay = Relay::start().await?;
    let server = Server::start_with(&[("LATCHKEY_PUBLIC_URL", relay.url())]).await?;
    relay.forward_to(server.url())?;
    let desktop = Desktop::start_without_keychain("once-sign-in").await?;
    let window = desktop.open(relay.url()).await?;

    let hanging = relay.hang();
    window.sign_in(&Account::SAM).await?;
    hanging.expect_request().await?;
    window.reload().await?;
    window.expect_state("signed-out").await?;
    relay.set(latchkey_e2e::Traffic::Passes);
    window.expect_state("signed-in").await?;
    // Waits until no other change of the session is in progress.
    window.invoke(commands::CHECK_IN, &json!({})).await?;
    assert_eq!(count(&relay, b"\"session_token\":\""), 1, "there was more than one sign-in");
    window.close().await
}

#[tokio::test(flavor = "multi_thread")]
async fn no_key_reloads_the_page() -> Result<()> {
    let server = Server::start().await?;
    let desktop = Desktop::start_without_keychain("once-keys").await?;
    let window = desktop.open(server.url()).await?;
    window.script("window.first = true", &[]).await?;
    for key in ["r", "R"] {
        window.press_with_control(key).await?;
    }
    window.press_f5().await?;
    // A call of the backend, which a loading page cannot make.
    window.invoke(commands::SESSION, &json!({})).await?;
    assert_eq!(window.script("return window.first", &[]).await?, true, "the page was reloaded");
    window.close().await
}

/// The number of notes on the server.
async fn notes(window: &Window) -> Result<usize> {
    let reply = window.invoke(commands::GET, &commands::path("/api/notes")).await?;
    Ok(commands::body_text(&reply).matches(NOTE).count())
}

/// The call that adds a note, with the same id each time.
fn note(text: &str) -> Value {
    let body = json!({ "text": text });
    let call = commands::request("POST", "/api/notes", commands::Body::Json(&body));
    commands::with_request_id(call, REQUEST_ID)
}

/// The number of times that a text passed the relay.
fn count(relay: &Relay, text: &[u8]) -> usize {
    memmem::find_iter(&relay.record(), text).count()
}
