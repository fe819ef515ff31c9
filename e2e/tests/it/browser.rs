//! Signing in with the system's browser: the real window, the real server over TLS, and Chromium.

use anyhow::Result;
use latchkey_e2e::{Account, Chromium, Desktop, Opener, SecureServer, Window};

/// A provider that is never called: the page offers it.
const COMPANY: &str = r#"
[browser]
other_device = "on"

[[providers]]
id = "company"
name = "Example Company"
issuer = "https://id.example.test"
client_id = "latchkey"
"#;

struct Place {
    server: SecureServer,
    opener: Opener,
    desktop: Desktop,
}

impl Place {
    async fn new(name: &str) -> Result<Self> {
        Self::with(name, COMPANY).await
    }

    async fn with(name: &str, settings: &str) -> Result<Self> {
        let server = SecureServer::start(settings).await?;
        let opener = Opener::new()?;
        let desktop = Desktop::start(name)
            .await?
            .with("SSL_CERT_FILE", server.authority().display().to_string())
            .with("BROWSER", opener.program().display().to_string());
        Ok(Self { server, opener, desktop })
    }

    /// A window in which the user has chosen the provider.
    async fn begun(&self) -> Result<Window> {
        let window = self.desktop.open(self.server.url()).await?;
        window.press("browser-provider-company").await?;
        window.find_text("[data-testid=\"browser-status\"]").await?;
        Ok(window)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_on_another_device_is_said_in_the_window_and_one_can_begin_again() -> Result<()> {
    let place = Place::new("browser-refused").await?;
    let browser = Chromium::start().await?;
    let window = place.begun().await?;
    window.press("other-device").await?;
    window.find_text("[data-testid=\"qr-code\"] ~ form label").await?;
    let url = window.value("browser-address").await?;
    assert!(url.starts_with(place.server.url()), "{url}");
    browser.open(&url).await?;
    browser.expect_text("Is this your computer?").await?;
    let opened = "The page is open on the other device. Continue there.";
    window.expect_text("[data-testid=\"browser-status\"]", opened).await?;
    browser.click("form button.first").await?;
    let said = window.find_text("[data-testid=\"browser-alert\"]").await?;
    assert!(said.contains("You said no"), "{said}");
    window.press("begin-anew").await?;
    window.press("this-device").await?;
    place.opener.opened(2).await?;
    window.press("cancel").await?;
    window.expect_state("signed-out").await?;
    browser.close().await?;
    window.close().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_that_was_opened_is_worth_nothing_in_another_browser() -> Result<()> {
    let place = Place::new("browser-phished").await?;
    let (victim, thief) = tokio::try_join!(Chromium::start(), Chromium::start())?;
    let window = place.begun().await?;
    window.press("other-device").await?;
    window.find_text("[data-testid=\"qr-code\"] ~ form label").await?;
    let url = window.value("browser-address").await?;
    thief.open(&url).await?;
    thief.expect_text("Is this your computer?").await?;
    victim.open(&url).await?;
    assert!(!victim.text().await?.contains("Is this your computer?"), "the link was good twice");
    window.press("cancel").await?;
    window.expect_state("signed-out").await?;
    thief.close().await?;
    victim.close().await?;
    window.close().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_that_shows_nothing_leaves_the_window_waiting_with_the_address_at_hand() -> Result<()> {
    let place = Place::new("browser-nothing").await?;
    let window = place.begun().await?;
    let first = place.opener.opened(1).await?;
    window.expect_text("[data-testid=\"browser-left\"]", "5 minutes left").await?;
    window.press("open-browser").await?;
    assert_eq!(place.opener.opened(2).await?, first, "the same page");
    window.press("cancel").await?;
    window.find_text("[data-screen=\"sign-in\"]").await?;
    window.close().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_passkey_that_chromium_has_made_signs_in() -> Result<()> {
    let place = Place::with("browser-passkey", "").await?;
    let browser = Chromium::start().await?;
    browser.add_authenticator().await?;
    let window = place.desktop.open(place.server.url()).await?;
    window.sign_in(&Account::SAM).await?;
    window.expect_state("signed-in").await?;
    window.press("open-passkeys").await?;
    window.press("add-passkey").await?;
    window.find_text("dialog[data-dialog=\"confirm\"]").await?;
    window.fill("confirm-password", Account::SAM.password).await?;
    window.press("confirm").await?;
    browser.open(&place.opener.opened(1).await?).await?;
    browser.click("button.first").await?;
    browser.expect_text("You can close this tab").await?;
    window.find_text("form:has(input[name=\"passkey-name\"])").await?;
    window.fill("passkey-name", "Chromium of the test").await?;
    window.press("finish-passkey").await?;
    window.find_text("[data-passkey]").await?;
    window.press("back").await?;
    window.press("sign-out").await?;
    window.expect_state("signed-out").await?;

    window.press("browser-passkey").await?;
    browser.open(&place.opener.opened(2).await?).await?;
    browser.click("button.first").await?;
    browser.expect_text("You can close this tab").await?;
    window.expect_state("signed-in").await?;
    window.expect_text("[data-testid=\"account-name\"]", "Sam Witwicky").await?;
    browser.close().await?;
    window.close().await
}
