//! The confirmation of a check, and when it disappears.

use anyhow::Result;
use latchkey_e2e::{Account, Desktop, Server, eventually};

const STATUS: &str = "[data-testid=\"status\"]";
const CONFIRMED: &str = "Confirmed with the server just now.";

#[tokio::test(flavor = "multi_thread")]
async fn a_confirmation_disappears_on_another_screen_and_when_offline() -> Result<()> {
    let mut server = Server::start().await?;
    let desktop = Desktop::start_without_keychain("news").await?;
    let window = desktop.open(server.url()).await?;
    window.sign_in(&Account::SAM).await?;
    window.expect_state("signed-in").await?;

    window.press("check-in").await?;
    window.expect_text(STATUS, CONFIRMED).await?;
    window.press("open-devices").await?;
    let is_gone = async || Ok((!window.text(STATUS).await?.contains(CONFIRMED)).then_some(()));
    eventually("another screen does not show it", is_gone).await?;
    window.press("back").await?;

    window.press("check-in").await?;
    window.expect_text(STATUS, CONFIRMED).await?;
    server.stop().await?;
    window.press("call-api").await?;
    window.expect_text("[data-testid=\"connection\"]", "Offline").await?;
    eventually("it disappears when the app is offline", is_gone).await?;
    window.screenshot("offline").await?;
    window.close().await
}
