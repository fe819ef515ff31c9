//! The clock: one that has gone back holds the session, and one contact restores it.

use std::time::Duration;

use anyhow::Result;
use latchkey_e2e::{Account, Desktop, Relay, Server, Traffic};

const TWO_DAYS: Duration = Duration::from_secs(2 * 86_400);

/// No clock is set here: the server tells a time two days ahead, and later the right one. To the app that is the same as a
/// clock of its own that was ahead and has gone back.
#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_has_gone_back_holds_the_session_until_a_contact() -> Result<()> {
    let relay = Relay::start().await?;
    // Tokens of the present must be good two days from now, or the app would rightly refuse them.
    let settings = [("LATCHKEY_PUBLIC_URL", relay.url()), ("LATCHKEY_TOKENS_ACCESS_SECONDS", "259200")];
    let server = Server::start_with(&settings).await?;
    relay.lead_to(server.url())?;
    relay.set(Traffic::PassesAhead(TWO_DAYS));
    let desktop = Desktop::start("clock-moved-back").await?;
    let window = desktop.open(relay.url()).await?;
    window.sign_in(&Account::SAM).await?;
    window.expect_state("signed-in").await?;
    window.close().await?;

    relay.set(Traffic::Cut);
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

    // And the right time is what is remembered: nothing holds it the next time.
    relay.set(Traffic::Cut);
    let window = desktop.open(relay.url()).await?;
    window.expect_state("signed-in").await?;
    window.close().await
}
