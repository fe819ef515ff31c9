//! A clock that was set back holds the session. A contact with the server restores it, and the app
//! tries that by itself.

use std::time::Duration;

use anyhow::Result;
use latchkey_e2e::{Account, Desktop, Relay, Server, Traffic, eventually_within};

/// The time limit for the app to detect the clock change, which it checks for every 15 seconds. The
/// rest is for a busy machine.
const CHECK_TIMEOUT: Duration = Duration::from_secs(90);

const HELD: &str = "[data-state=\"held\"][data-reason=\"clock-moved-back\"]";

/// A server behind a relay, and a desktop that is signed in to it and has a clock of its own.
async fn signed_in(name: &str) -> Result<(Server, Relay, Desktop)> {
    let relay = Relay::start().await?;
    let server = Server::start_with(&[("LATCHKEY_PUBLIC_URL", relay.url())]).await?;
    relay.forward_to(server.url())?;
    let desktop = Desktop::start_without_keychain(name).await?.with_a_clock()?;
    let window = desktop.open(relay.url()).await?;
    window.sign_in(&Account::SAM).await?;
    window.expect_state("signed-in").await?;
    window.close().await?;
    Ok((server, relay, desktop))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_set_back_holds_the_window_until_a_contact() -> Result<()> {
    let (_server, relay, desktop) = signed_in("clock-moved-back").await?;
    relay.set(Traffic::Cut);
    desktop.set_clock("-2h")?;
    let window = desktop.open(relay.url()).await?;
    window.expect_reason("held", "clock-moved-back").await?;
    window.expect_text("main", "The clock has gone back").await?;
    let shown = window.text("body").await?;
    assert!(!shown.contains("Witwicky"), "the account is shown without a contact: {shown}");
    window.screenshot("held").await?;
    window.press("check-in").await?;
    window.expect_alert().await?;
    window.expect_reason("held", "clock-moved-back").await?;
    window.screenshot("no-contact").await?;

    relay.set(Traffic::Passes);
    window.press("check-in").await?;
    window.expect_state("signed-in").await?;
    window.expect_text("[data-testid=\"account-name\"]", "Sam Witwicky").await?;
    window.close().await?;

    // The stored time is the right one, so the next start with the right clock is signed in.
    relay.set(Traffic::Cut);
    desktop.set_clock("+0")?;
    let window = desktop.open(relay.url()).await?;
    window.expect_state("signed-in").await?;
    window.close().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_set_back_while_online_recovers_without_a_click() -> Result<()> {
    let (_server, relay, desktop) = signed_in("clock-set-back").await?;
    let window = desktop.open(relay.url()).await?;
    window.expect_text("[data-testid=\"connection\"]", "Online").await?;
    let hanging = relay.hang();
    desktop.set_clock("-2h")?;
    eventually_within(CHECK_TIMEOUT, "the window is held", async || {
        Ok(window.shows(HELD).await?.then_some(()))
    })
    .await?;
    hanging.expect_request().await?;
    window.screenshot("held").await?;
    // Without a click: the app has already sent its request.
    relay.set(Traffic::Passes);
    eventually_within(CHECK_TIMEOUT, "the window is signed in again", async || {
        Ok(window.shows("[data-state=\"signed-in\"]").await?.then_some(()))
    })
    .await?;
    window.close().await
}

/// The clock is ahead and then corrected while the server is unreachable, so the stored time is in
/// the future.
#[tokio::test(flavor = "multi_thread")]
async fn a_clock_ahead_and_then_corrected_holds_the_session_until_a_contact() -> Result<()> {
    let (_server, relay, desktop) = signed_in("clock-was-ahead").await?;
    relay.set(Traffic::Cut);
    let before = std::fs::read(desktop.session_file()?)?;
    desktop.set_clock("+1d")?;
    let window = desktop.open(relay.url()).await?;
    window.expect_state("signed-in").await?;
    eventually_within(CHECK_TIMEOUT, "the newer time is stored", async || {
        Ok((std::fs::read(desktop.session_file()?)? != before).then_some(()))
    })
    .await?;
    window.close().await?;
    desktop.set_clock("+0")?;
    let window = desktop.open(relay.url()).await?;
    window.expect_reason("held", "clock-moved-back").await?;
    relay.set(Traffic::Passes);
    // Without a click: the app repeats its request.
    eventually_within(CHECK_TIMEOUT, "the window is signed in again", async || {
        Ok(window.shows("[data-state=\"signed-in\"]").await?.then_some(()))
    })
    .await?;
    window.close().await
}
