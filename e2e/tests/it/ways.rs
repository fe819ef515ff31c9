//! The ways to sign in: the real window, the real server over TLS, Chromium, and a certified
//! provider.

use anyhow::Result;
use latchkey_e2e::{Account, Chromium, Company, Desktop, Opener, SecureServer, Window};

const MIKAELA: Account = Account {
    username: "mikaela",
    password: "bumblebee is a car",
    given_name: "Mikaela",
    family_name: "Banes",
};

const SAID: &str = "[data-testid=\"passkeys-status\"]";
const IN_BROWSER: &str = "[data-testid=\"browser-alert\"]";

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

/// Begins to link an account of the company, and confirms it with the password.
async fn begin_link(window: &Window, password: &str) -> Result<()> {
    window.press("open-passkeys").await?;
    window.press("link-company").await?;
    window.find_text("dialog[data-dialog=\"confirm\"]").await?;
    window.fill("confirm-password", password).await?;
    window.press("confirm").await?;
    window.find_text("[data-testid=\"browser-status\"]").await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_of_the_company_is_linked_once_signs_in_and_is_removed() -> Result<()> {
    let mut company = Company::new()?;
    let mut server = SecureServer::start(&company.settings()).await?;
    server.server().add(&MIKAELA).await?;
    company.start(server.url(), &server.authority()).await?;
    let opener = Opener::new()?;
    let desktop = Desktop::start("ways-link")
        .await?
        .with("SSL_CERT_FILE", server.authority().display().to_string())
        .with("BROWSER", opener.program().display().to_string());
    let browser = Chromium::start().await?;
    let window = desktop.open(server.url()).await?;
    window.sign_in(&Account::SAM).await?;
    window.expect_state("signed-in").await?;
    begin_link(&window, Account::SAM.password).await?;
    browser.open(&opener.opened(1).await?).await?;
    browser.click("button[value=\"sam\"]").await?;
    browser.click("button[name=answer][value=\"yes\"]").await?;
    browser.expect_text("You can close this tab").await?;
    window.expect_text(SAID, "The account is linked").await?;
    window.expect_text("[data-link]", "Example Company").await?;
    window.press("back").await?;
    window.press("sign-out").await?;
    window.expect_state("signed-out").await?;

    // It signs in to the account that it was linked to, and not to one of its own.
    window.press("browser-provider-company").await?;
    browser.open(&opener.opened(2).await?).await?;
    browser.click("button[value=\"sam\"]").await?;
    window.expect_state("signed-in").await?;
    window.expect_text("main", Account::SAM.username).await?;
    window.press("sign-out").await?;
    window.expect_state("signed-out").await?;

    // And to no other account.
    window.sign_in(&MIKAELA).await?;
    window.expect_state("signed-in").await?;
    begin_link(&window, MIKAELA.password).await?;
    browser.open(&opener.opened(3).await?).await?;
    browser.click("button[value=\"sam\"]").await?;
    window.expect_text(IN_BROWSER, "belongs to another account here").await?;
    window.press("cancel-link").await?;
    window.find_text("[data-action=\"link-company\"]").await?;
    window.press("back").await?;
    window.press("sign-out").await?;
    window.expect_state("signed-out").await?;

    window.sign_in(&Account::SAM).await?;
    window.expect_state("signed-in").await?;
    window.press("open-passkeys").await?;
    window.press("remove-link").await?;
    window.press("confirm-remove-link").await?;
    window.fill("confirm-password", Account::SAM.password).await?;
    window.press("confirm").await?;
    window.expect_text(SAID, "not linked any more").await?;
    window.expect_gone("[data-link]").await?;
    browser.close().await?;
    window.close().await
}
