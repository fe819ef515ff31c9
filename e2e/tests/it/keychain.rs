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
    window.expect_text("main", "Your keychain is not there").await?;
    window.press("check-in").await?;
    let said = window.expect_alert().await?;
    assert!(said.contains("no keychain just now"), "not the reason of the failure: {said}");

    // The window notices by itself.
    desktop.start_keychain(Keychain::Open).await?;
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
    window.press("check-in").await?;
    window.expect_text("main", "no program here can ask you for its password").await?;

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

#[tokio::test(flavor = "multi_thread")]
async fn on_a_machine_without_a_session_bus_the_first_minute_works() -> Result<()> {
    let mut server = Server::start().await?;
    let desktop = Desktop::start_without_bus("no-bus")?;
    signed_in_once(&desktop, &server).await?;
    server.stop().await?;
    let window = desktop.open(server.url()).await?;
    window.expect_state("signed-in").await?;
    window.close().await?;
    let said = String::from_utf8_lossy(&desktop.said()?).into_owned();
    assert!(!said.contains("WARN"), "a machine without a session bus is nothing to warn of: {said}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn where_the_keychain_went_away_the_window_asks_before_the_key_goes_into_a_file() -> Result<()> {
    let server = Server::start().await?;
    let mut desktop = Desktop::start("key-file-consent").await?;
    signed_in_once(&desktop, &server).await?;
    desktop.stop_keychain().await?;
    let before = std::fs::read(desktop.session_file()?)?;
    let key_file = desktop.data_folder().join("device.key");

    let window = desktop.open(server.url()).await?;
    window.expect_reason("held", "keychain-unavailable").await?;
    window.press("open-sign-in").await?;
    window.sign_in(&Account::SAM).await?;
    let said = window.expect_alert().await?;
    assert!(said.contains("where it is less safe"), "it does not say that the key is weaker: {said}");
    assert_eq!(std::fs::read(desktop.session_file()?)?, before, "the old session stays");
    assert!(!key_file.exists(), "nothing was decided yet");

    window.press("sign-in-with-key-file").await?;
    window.expect_state("signed-in").await?;
    assert!(key_file.exists());
    window.close().await?;

    // The keychain is back: the next sign-in leaves the weaker place.
    desktop.start_keychain(Keychain::Open).await?;
    let window = desktop.open(server.url()).await?;
    window.expect_state("signed-in").await?;
    window.press("sign-out").await?;
    window.expect_reason("signed-out", "signed-out").await?;
    window.sign_in(&Account::SAM).await?;
    window.expect_state("signed-in").await?;
    assert!(!key_file.exists());
    assert_eq!(desktop.status(server.url()).await?.view["device"]["keyPlace"], "keychain");
    window.close().await
}

async fn signed_in_once(desktop: &Desktop, server: &Server) -> Result<()> {
    let window = desktop.open(server.url()).await?;
    window.sign_in(&Account::SAM).await?;
    window.expect_state("signed-in").await?;
    window.close().await
}
