//! The clock: one that has gone back holds the session, and a contact restores it, which starts by
//! itself.

use std::time::Duration;

use anyhow::Result;
use latchkey_e2e::{Account, Desktop, Relay, Server, Traffic, eventually_within};

/// The window looks at the clock every 15 seconds; the rest is for a busy machine.
const LOOK: Duration = Duration::from_secs(90);

const HELD: &str = "[data-state=\"held\"][data-reason=\"clock-moved-back\"]";

/// A server behind a relay, and a desktop that is signed in to it and has a clock of its own.
async fn signed_in(name: &str) -> Result<(Server, Relay, Desktop)> {
    let relay = Relay::start().await?;
    let server = Server::start_with(&[("LATCHKEY_PUBLIC_URL", relay.url())]).await?;
    relay.lead_to(server.url())?;
    let desktop = Desktop::start_without_keychain(name).await?.with_a_clock()?;
    let window = desktop.open(relay.url()).await?;
    window.sign_in(&Account::SAM).await?;
    window.expect_state("signed-in").await?;
    window.close().await?;
    Ok((server, relay, desktop))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_has_gone_back_holds_the_session_until_a_contact() -> Result<()> {
    let (_server, relay, desktop) = signed_in("clock-moved-back").await?;
    relay.set(Traffic::Cut);
    desktop.set_clock("-2h")?;
    let window = desktop.open(relay.url()).await?;
    window.expect_reason("held", "clock-moved-back").await?;
    window.expect_text("main", "The clock has gone back").await?;
    let shown = window.text("body").await?;
    assert!(!shown.contains("Witwicky"), "the person is shown though nothing was confirmed: {shown}");
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

    // The right time is what is remembered: with the right clock nothing holds it the next time.
    relay.set(Traffic::Cut);
    desktop.set_clock("+0")?;
    let window = desktop.open(relay.url()).await?;
    window.expect_state("signed-in").await?;
    window.close().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_set_back_while_the_window_is_open_and_online_is_cured_by_itself() -> Result<()> {
    let (_server, relay, desktop) = signed_in("clock-set-back").await?;
    let window = desktop.open(relay.url()).await?;
    window.expect_text("[data-testid=\"connection\"]", "Online").await?;
    let hanging = relay.hang();
    desktop.set_clock("-2h")?;
    eventually_within(LOOK, "the window is held", async || Ok(window.shows(HELD).await?.then_some(())))
        .await?;
    hanging.expect_request().await?;
    window.screenshot("held").await?;
    // Nothing is pressed: the contact is under way already.
    relay.set(Traffic::Passes);
    eventually_within(LOOK, "the window is signed in again", async || {
        Ok(window.shows("[data-state=\"signed-in\"]").await?.then_some(()))
    })
    .await?;
    window.close().await
}

/// A clock that is ahead and then set right, with the server out of reach: the time that was
/// written down is in the future.
#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_was_ahead_and_is_set_right_costs_one_contact() -> Result<()> {
    let (_server, relay, desktop) = signed_in("clock-was-ahead").await?;
    relay.set(Traffic::Cut);
    let before = std::fs::read(desktop.session_file()?)?;
    desktop.set_clock("+1d")?;
    let window = desktop.open(relay.url()).await?;
    window.expect_state("signed-in").await?;
    eventually_within(LOOK, "the newest time is written down", async || {
        Ok((std::fs::read(desktop.session_file()?)? != before).then_some(()))
    })
    .await?;
    window.close().await?;
    desktop.set_clock("+0")?;
    let window = desktop.open(relay.url()).await?;
    window.expect_reason("held", "clock-moved-back").await?;
    relay.set(Traffic::Passes);
    // It comes back without a click: the contact is tried again and again.
    eventually_within(LOOK, "the window is signed in again", async || {
        Ok(window.shows("[data-state=\"signed-in\"]").await?.then_some(()))
    })
    .await?;
    window.close().await
}
