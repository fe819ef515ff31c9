//! The ways to sign in at a server without passwords: the real window, the real server over TLS, and
//! Chromium.

use anyhow::Result;
use latchkey_e2e::{Chromium, Desktop, Opener, SecureServer};

#[tokio::test(flavor = "multi_thread")]
async fn a_code_without_a_password_leads_to_a_passkey_that_signs_in() -> Result<()> {
    let mut server = SecureServer::start("[passwords]\nenabled = false\n").await?;
    let opener = Opener::new()?;
    let desktop = Desktop::start("ways-code")
        .await?
        .with("SSL_CERT_FILE", server.authority().display().to_string())
        .with("BROWSER", opener.program().display().to_string());
    let browser = Chromium::start().await?;
    browser.add_authenticator().await?;
    let code = server.server().invite("mikaela").await?;
    let window = desktop.open(server.url()).await?;
    // The ways are known then.
    window.find_text("[data-action=\"browser-passkey\"]").await?;
    assert!(!window.shows("input[name=\"password\"]").await?, "a password is asked for");
    window.press("use-code").await?;
    window.find_text("[data-testid=\"no-password\"]").await?;
    window.fill("code", &code).await?;
    window.press("redeem-code").await?;
    window.expect_state("signed-in").await?;

    // No confirmation is needed now, which this account could not give.
    window.find_text("[data-action=\"later\"]").await?;
    window.press("add-passkey").await?;
    browser.open(&opener.opened(1).await?).await?;
    browser.click("button.first").await?;
    browser.expect_text("You can close this tab").await?;
    window.find_text("[data-testid=\"passkey-left\"]").await?;
    window.fill("passkey-name", "Chromium of the test").await?;
    window.press("finish-passkey").await?;
    window.find_text("[data-passkey]").await?;
    window.expect_gone("[data-action=\"later\"]").await?;
    window.press("back").await?;
    assert!(!window.shows("[data-action=\"open-password\"]").await?, "a password can be changed");
    window.press("sign-out").await?;
    window.expect_state("signed-out").await?;

    window.press("browser-passkey").await?;
    browser.open(&opener.opened(2).await?).await?;
    browser.click("button.first").await?;
    browser.expect_text("You can close this tab").await?;
    window.expect_state("signed-in").await?;
    browser.close().await?;
    window.close().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_in_in_the_browser_that_a_restart_has_interrupted_is_said() -> Result<()> {
    let server = SecureServer::start("").await?;
    let opener = Opener::new()?;
    let desktop = Desktop::start("ways-restart")
        .await?
        .with("SSL_CERT_FILE", server.authority().display().to_string())
        .with("BROWSER", opener.program().display().to_string());
    let window = desktop.open(server.url()).await?;
    window.press("browser-passkey").await?;
    window.find_text("[data-testid=\"browser-status\"]").await?;
    opener.opened(1).await?;
    window.close().await?;
    let window = desktop.open(server.url()).await?;
    let said = window.expect_alert().await?;
    assert!(said.contains("does not wait for a browser any more"), "{said}");
    window.close().await
}
