//! The keychain: without its key a session is held, never lost.

use anyhow::Result;
use latchkey_e2e::{Account, Desktop, Keychain, Server};

#[tokio::test(flavor = "multi_thread")]
async fn a_keychain_that_is_away_holds_the_session_until_it_is_back() -> Result<()> {
    let mut server = Server::start().await?;
    let mut desktop = Desktop::start("keychain-away").await?;
    signed_in_once(&desktop, &server).await?;
    server.stop().await?;

    desktop.stop_keychain().await?;
    let status = desktop.status(server.url()).await?;
    assert_eq!((status.code, &status.view["state"]), (Some(4), &"held".into()));
    let window = desktop.open(server.url()).await?;
    window.expect_reason("held", "keychain-unavailable").await?;

    desktop.start_keychain(Keychain::Open).await?;
    window.press("check-in").await?;
    window.expect_state("signed-in").await?;
    window.expect_text("[data-testid=\"account-name\"]", "Sam Witwicky").await?;
    window.close().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_locked_keychain_holds_the_session_until_it_is_unlocked() -> Result<()> {
    let mut server = Server::start().await?;
    let mut desktop = Desktop::start("keychain-locked").await?;
    signed_in_once(&desktop, &server).await?;
    server.stop().await?;

    desktop.stop_keychain().await?;
    desktop.start_keychain(Keychain::Locked).await?;
    let window = desktop.open(server.url()).await?;
    window.expect_reason("held", "keychain-locked").await?;

    desktop.stop_keychain().await?;
    desktop.start_keychain(Keychain::Open).await?;
    window.expect_state("signed-in").await?;
    window.close().await
}

#[tokio::test(flavor = "multi_thread")]
async fn without_any_keychain_the_key_is_in_a_file_and_the_window_says_so() -> Result<()> {
    let mut server = Server::start().await?;
    let desktop = Desktop::start_without_keychain("no-keychain").await?;
    signed_in_once(&desktop, &server).await?;
    server.stop().await?;

    let status = desktop.status(server.url()).await?;
    assert_eq!((status.code, &status.view["device"]["keyPlace"]), (Some(0), &"file".into()));
    let window = desktop.open(server.url()).await?;
    window.expect_state("signed-in").await?;
    window.click("summary").await?;
    window.expect_text("details", "this computer offers no keychain").await?;
    window.close().await
}

async fn signed_in_once(desktop: &Desktop, server: &Server) -> Result<()> {
    let window = desktop.open(server.url()).await?;
    window.sign_in(&Account::SAM).await?;
    window.expect_state("signed-in").await?;
    window.close().await
}
