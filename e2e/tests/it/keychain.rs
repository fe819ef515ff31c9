//! Without its key in the keychain, a session is held and not lost.

use anyhow::Result;
use latchkey_e2e::{Account, Desktop, Keychain, Server};

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_keychain_holds_the_session_until_it_returns() -> Result<()> {
    let mut server = Server::start().await?;
    let mut desktop = Desktop::start("keychain-missing").await?;
    sign_in_once(&desktop, &server).await?;
    server.stop().await?;

    desktop.stop_keychain().await?;
    let status = desktop.status(server.url()).await?;
    assert_eq!((status.code, &status.view["state"]), (Some(4), &"held".into()));
    let window = desktop.open(server.url()).await?;
    window.expect_reason("held", "keychain-unavailable").await?;
    window.expect_text("main", "Your keyring is not there").await?;
    window.press("check-in").await?;
    let alert = window.expect_alert().await?;
    assert!(alert.contains("no keyring just now"), "the error does not name the reason: {alert}");

    // The window recovers without a click.
    desktop.start_keychain(Keychain::Open).await?;
    window.expect_state("signed-in").await?;
    window.expect_text("[data-testid=\"account-name\"]", "Sam Witwicky").await?;
    window.close().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_locked_keychain_holds_the_session_until_it_is_unlocked() -> Result<()> {
    let mut server = Server::start().await?;
    let mut desktop = Desktop::start("keychain-locked").await?;
    sign_in_once(&desktop, &server).await?;
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
async fn without_a_keychain_the_key_is_in_a_file_and_the_window_reports_it() -> Result<()> {
    let mut server = Server::start().await?;
    let desktop = Desktop::start_without_keychain("no-keychain").await?;
    sign_in_once(&desktop, &server).await?;
    server.stop().await?;

    let status = desktop.status(server.url()).await?;
    assert_eq!((status.code, &status.view["device"]["keyPlace"]), (Some(0), &"file".into()));
    let window = desktop.open(server.url()).await?;
    window.expect_state("signed-in").await?;
    window.click("summary").await?;
    window.expect_text("details", "this computer offers no keyring").await?;
    window.close().await
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_session_bus_signing_in_and_restarting_work() -> Result<()> {
    let mut server = Server::start().await?;
    let desktop = Desktop::start_without_bus("no-bus").await?;
    sign_in_once(&desktop, &server).await?;
    server.stop().await?;
    let window = desktop.open(server.url()).await?;
    window.expect_state("signed-in").await?;
    window.close().await?;
    let output = String::from_utf8_lossy(&desktop.output()?).into_owned();
    assert!(!output.contains("WARN"), "a missing session bus causes a warning: {output}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_vanished_keychain_needs_consent_before_the_key_goes_into_a_file() -> Result<()> {
    let server = Server::start().await?;
    let mut desktop = Desktop::start("key-file-consent").await?;
    sign_in_once(&desktop, &server).await?;
    desktop.stop_keychain().await?;
    let before = std::fs::read(desktop.session_file()?)?;
    let key_file = desktop.data_folder().join("device.key");

    let window = desktop.open(server.url()).await?;
    window.expect_reason("held", "keychain-unavailable").await?;
    window.press("open-sign-in").await?;
    window.sign_in(&Account::SAM).await?;
    let alert = window.expect_alert().await?;
    assert!(alert.contains("where it is less safe"), "the alert does not name the risk: {alert}");
    assert_eq!(std::fs::read(desktop.session_file()?)?, before, "the stored session was changed");
    assert!(!key_file.exists(), "a key file was written without consent");

    window.press("sign-in-with-key-file").await?;
    window.expect_state("signed-in").await?;
    assert!(key_file.exists());
    window.close().await?;

    // With the keychain back, the next sign-in moves the key into it.
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

/// Signs in, and closes the window.
async fn sign_in_once(desktop: &Desktop, server: &Server) -> Result<()> {
    let window = desktop.open(server.url()).await?;
    window.sign_in(&Account::SAM).await?;
    window.expect_state("signed-in").await?;
    window.close().await
}
