//! Signing out does not wait for the network: neither for the server, nor for a request in
//! progress.

use std::time::Duration;

use anyhow::{Result, ensure};
use latchkey_e2e::{Account, Desktop, Hanging, Relay, Server, Traffic, Window, commands, eventually};
use memchr::memmem;
use serde_json::json;

/// The limit from the click to the signed-out window. The app itself has 300 ms, which a test of
/// the client crate asserts without a window; here the page, the web view and a busy machine add to
/// it. A sign-out that waits for the network takes several seconds.
const LIMIT: Duration = Duration::from_secs(1);

#[tokio::test(flavor = "multi_thread")]
async fn while_the_server_never_responds_signing_out_is_immediate() -> Result<()> {
    expect_immediate_sign_out("sign-out-hangs", async |_, _| Ok(())).await
}

#[tokio::test(flavor = "multi_thread")]
async fn during_a_renewal_signing_out_is_immediate() -> Result<()> {
    expect_immediate_sign_out("sign-out-renewal", async |window, hanging| {
        window.press("check-in").await?;
        hanging.expect_request_for("POST /api/auth/renew").await
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn during_a_call_signing_out_is_immediate() -> Result<()> {
    expect_immediate_sign_out("sign-out-call", async |window, hanging| {
        window.press("call-api").await?;
        hanging.expect_request_for("GET /").await
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn during_a_sign_in_signing_out_is_immediate() -> Result<()> {
    expect_immediate_sign_out("sign-out-sign-in", async |window, hanging| {
        // The form is not on the screen of a session, so the page calls the command itself.
        let credentials = commands::credentials(Account::SAM.username, Account::SAM.password);
        let id = "0191d2a4-7b1c-4c55-9d0e-7a4a2f6f1b12";
        let call = commands::with_request_id(credentials, id);
        window.invoke_without_waiting(commands::SIGN_IN, &call).await?;
        hanging.expect_request_for("POST /api/auth").await
    })
    .await
}

/// Signs in, makes the server hang, sends a request with `begin`, and expects that signing out is
/// immediate and final: late responses must not bring the session back.
async fn expect_immediate_sign_out(
    name: &str,
    begin: impl AsyncFn(&Window, &Hanging<'_>) -> Result<()>,
) -> Result<()> {
    let relay = Relay::start().await?;
    let server = Server::start_with(&[("LATCHKEY_PUBLIC_URL", relay.url())]).await?;
    relay.forward_to(server.url())?;
    let desktop = Desktop::start(name).await?;
    let window = desktop.open(relay.url()).await?;
    window.sign_in(&Account::SAM).await?;
    window.expect_state("signed-in").await?;
    window.expect_text("[data-testid=\"connection\"]", "Online").await?;

    let hanging = relay.hang();
    begin(&window, &hanging).await?;
    let time = window.time_to_state("sign-out", "signed-out").await?;
    window.expect_reason("signed-out", "signed-out").await?;
    window.screenshot("signed-out").await?;

    relay.set(Traffic::Passes);
    eventually("the server receives the sign-out token", async || {
        Ok(memmem::find(&relay.record(), b"POST /api/auth/sign-out ").map(drop))
    })
    .await?;
    // A call of the backend, so that the page has received all earlier changes.
    let view = window.invoke(commands::SESSION, &json!({})).await?;
    ensure!(view.get("state") == Some(&json!("signed-out")), "a late response changed the session: {view}");
    window.expect_reason("signed-out", "signed-out").await?;
    ensure!(time < LIMIT, "signing out took {time:?}, more than {LIMIT:?}");
    window.close().await
}
