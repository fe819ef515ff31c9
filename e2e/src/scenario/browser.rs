//! The screens of a sign-in in the browser, of passkeys, and of links.

use anyhow::{Result, ensure};
use serde_json::json;

use super::Scenario;
use crate::chromium::{Chromium, Opener};
use crate::commands;
use crate::company::Company;
use crate::desktop::Desktop;
use crate::secure_server::SecureServer;
use crate::server::Account;
use crate::wait::until;
use crate::window::Window;

const MIKAELA: Account = Account {
    username: "mikaela",
    password: "bumblebee is a car",
    given_name: "Mikaela",
    family_name: "Banes",
};

/// The names of providers. None of them can be reached.
const COMPANIES: [&str; 5] =
    ["Example Company", "Globex", "Initech Research and Development GmbH", "Umbrella", "Hooli"];

const STATUS: &str = "[data-testid=\"browser-status\"]";
const ALERT: &str = "[data-testid=\"browser-alert\"]";

impl<Inspect: AsyncFn(&Window, &str) -> Result<()>> Scenario<Inspect> {
    /// The form with providers, a request in the browser, its faults, and one on another device.
    ///
    /// # Errors
    /// Returns an error if a screen does not appear, or the inspection fails.
    pub async fn browser(&self) -> Result<()> {
        let server = SecureServer::start(&settings(&COMPANIES)).await?;
        let (desktop, _opener) = self.desktop_with_browser("providers", &server).await?;
        let window = desktop.open(server.url()).await?;
        window.find_text("[data-action=\"browser-provider-p4\"]").await?;
        self.inspect(&window, "sign-in-providers").await?;
        window.close().await?;

        let server = SecureServer::start_with_a_clock(&settings(&COMPANIES[..1])).await?;
        let (desktop, opener) = self.desktop_with_browser("browser", &server).await?;
        let browser = Chromium::start().await?;
        let window = desktop.open(server.url()).await?;
        window.find_text("[data-action=\"browser-passkey\"]").await?;
        self.inspect(&window, "sign-in-browser").await?;
        window.press("browser-passkey").await?;
        let waiting = window.find_text(STATUS).await?;
        let url = opener.opened(1).await?;
        self.inspect(&window, "browser-waiting").await?;
        browser.open(&url).await?;
        until("the window says that the page is open", async || {
            Ok((window.text(STATUS).await? != waiting).then_some(()))
        })
        .await?;
        self.inspect(&window, "browser-opened").await?;
        window.press("cancel").await?;
        window.press("browser-provider-p0").await?;
        browser.open(&opener.opened(2).await?).await?;
        window.find_text(ALERT).await?;
        self.inspect(&window, "browser-provider-away").await?;

        window.press("other-device").await?;
        window.find_text("[data-testid=\"qr-code\"] ~ form label").await?;
        self.inspect(&window, "browser-other-device").await?;
        browser.open(&window.value("browser-address").await?).await?;
        browser.click("form button.first").await?;
        window.find_text(ALERT).await?;
        self.inspect(&window, "browser-refused").await?;
        browser.close().await?;

        window.press("begin-anew").await?;
        window.find_text("[data-testid=\"qr-code\"] ~ form label").await?;
        window.fill("result", "7M2K-Q01X").await?;
        window.press("submit-result").await?;
        window.find_text(ALERT).await?;
        self.inspect(&window, "browser-wrong-result").await?;
        server.set_clock("+301")?;
        window.find_text("[data-action=\"begin-anew\"]").await?;
        self.inspect(&window, "browser-expired").await?;
        window.close().await
    }

    /// Passkeys: none, a new one that gets its name, the list, and one of another account.
    ///
    /// # Errors
    /// Returns an error if a screen does not appear, or the inspection fails.
    pub async fn passkeys(&self) -> Result<()> {
        let mut server = SecureServer::start("").await?;
        server.server().add(&MIKAELA).await?;
        let (desktop, opener) = self.desktop_with_browser("passkeys", &server).await?;
        let browser = Chromium::start().await?;
        browser.add_authenticator().await?;
        let window = desktop.open(server.url()).await?;
        window.sign_in(&Account::SAM).await?;
        window.expect_state("signed-in").await?;
        window.press("open-passkeys").await?;
        window.find_text("[data-testid=\"no-passkeys\"]").await?;
        self.inspect(&window, "passkeys-none").await?;
        window.press("add-passkey").await?;
        window.fill("confirm-password", Account::SAM.password).await?;
        window.press("confirm").await?;
        browser.open(&opener.opened(1).await?).await?;
        browser.click("button.first").await?;
        window.find_text("form:has(input[name=\"passkey-name\"])").await?;
        self.inspect(&window, "passkey-name").await?;
        window.fill("passkey-name", "Chromium on my desk").await?;
        window.press("finish-passkey").await?;
        window.find_text("[data-passkey]").await?;
        self.inspect(&window, "passkeys").await?;
        window.press("back").await?;
        window.press("sign-out").await?;
        window.expect_state("signed-out").await?;

        window.sign_in(&MIKAELA).await?;
        window.expect_state("signed-in").await?;
        let begun = window.invoke(commands::START_BROWSER, &json!({ "way": "passkey" })).await?;
        ensure!(begun.get("url").is_some(), "not begun: {begun}");
        browser.open(&opener.opened(2).await?).await?;
        browser.click("button.first").await?;
        window.find_text("[data-testid=\"other-account\"]").await?;
        self.inspect(&window, "other-account").await?;
        window.press("keep-account").await?;
        window.expect_gone("dialog").await?;
        browser.close().await?;
        window.close().await
    }

    /// The ways to sign in: where there are links, where a passkey can have no name to be bound to,
    /// and where a code without a password leads to them.
    ///
    /// # Errors
    /// Returns an error if a screen does not appear, or the inspection fails.
    pub async fn ways(&self) -> Result<()> {
        let mut server = SecureServer::start(&settings(&COMPANIES[..2])).await?;
        let issuer = "https://id0.example.test";
        server.server().add_linked(MIKAELA.username, &Account::SAM, issuer).await?;
        let (desktop, _opener) = self.desktop_with_browser("ways", &server).await?;
        let window = desktop.open(server.url()).await?;
        window.sign_in_as(MIKAELA.username, Account::SAM.password).await?;
        window.expect_state("signed-in").await?;
        window.press("open-passkeys").await?;
        window.find_text("[data-link]").await?;
        self.inspect(&window, "ways").await?;
        window.close().await?;

        // Passkeys are bound to a name, and this address is a number.
        let address = server.url().replace("localhost", "127.0.0.1");
        server.server().stop().await?;
        server.server().set("LATCHKEY_PUBLIC_URL", &address);
        server.server().start_again().await?;
        let (desktop, _opener) = self.desktop_with_browser("ways-address", &server).await?;
        let window = desktop.open(&address).await?;
        window.sign_in(&Account::SAM).await?;
        window.expect_state("signed-in").await?;
        window.press("open-passkeys").await?;
        window.find_text("[data-testid=\"passkeys-unavailable\"]").await?;
        self.inspect(&window, "passkeys-unavailable").await?;
        window.close().await?;

        let passwordless = format!("{}\n[passwords]\nenabled = false\n", settings(&COMPANIES[..1]));
        let mut server = SecureServer::start(&passwordless).await?;
        let code = server.server().invite(MIKAELA.username).await?;
        let (desktop, _opener) = self.desktop_with_browser("ways-code", &server).await?;
        let window = desktop.open(server.url()).await?;
        // The ways are known then, and the form moves no more.
        window.find_text("[data-action=\"browser-passkey\"]").await?;
        window.press("use-code").await?;
        window.find_text("[data-testid=\"no-password\"]").await?;
        self.inspect(&window, "use-code-alone").await?;
        window.fill("code", &code).await?;
        window.press("redeem-code").await?;
        window.find_text("[data-action=\"later\"]").await?;
        self.inspect(&window, "ways-after-code").await?;
        window.close().await
    }

    /// A session that its provider does not confirm any more.
    ///
    /// # Errors
    /// Returns an error if a screen does not appear, or the inspection fails.
    pub async fn held_by_provider(&self) -> Result<()> {
        let mut company = Company::new()?;
        let settings = format!("{}recheck = \"5m\"\n", company.settings());
        let server = SecureServer::start_with_a_clock(&settings).await?;
        company.start(server.url(), &server.authority()).await?;
        let (desktop, opener) = self.desktop_with_browser("held-by-provider", &server).await?;
        let browser = Chromium::start().await?;
        let window = desktop.open(server.url()).await?;
        window.press("browser-provider-company").await?;
        window.find_text(STATUS).await?;
        browser.open(&opener.opened(1).await?).await?;
        browser.click("button[value=\"sam\"]").await?;
        browser.expect_text("Allow this?").await?;
        browser.click("button[name=answer][value=\"yes\"]").await?;
        browser.expect_text("You can close this tab").await?;
        window.expect_state("signed-in").await?;
        company.revoke("sam").await?;
        server.set_clock("+301")?;
        window.check_until("provider-sign-in-required").await?;
        window.find_text("[data-action=\"browser-provider-company\"]").await?;
        self.inspect(&window, "held-by-provider").await?;
        window.press("check-in").await?;
        window.expect_alert().await?;
        self.inspect(&window, "held-by-provider-still").await?;
        browser.close().await?;
        window.close().await
    }

    /// A desktop that trusts the server, and whose browser only notes the address.
    async fn desktop_with_browser(&self, name: &str, server: &SecureServer) -> Result<(Desktop, Opener)> {
        let opener = Opener::new()?;
        let desktop = self
            .desktop(name)
            .await?
            .with("SSL_CERT_FILE", server.authority().display().to_string())
            .with("BROWSER", opener.program().display().to_string());
        Ok((desktop, opener))
    }
}

/// The server's settings with these providers.
fn settings(names: &[&str]) -> String {
    let mut settings = "[browser]\nother_device = \"on\"\n".to_owned();
    for (at, name) in names.iter().enumerate() {
        settings.push_str(&format!(
            "\n[[providers]]\nid = \"p{at}\"\nname = \"{name}\"\nissuer = \"https://id{at}.example.test\"\n\
             client_id = \"latchkey\"\n"
        ));
    }
    settings
}
