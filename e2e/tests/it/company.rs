//! Signing in at the company: the real window, the real server over TLS, Chromium as the system's
//! browser, and a certified provider.

use anyhow::Result;
use latchkey_e2e::{Account, Chromium, Company, Desktop, Opener, SecureServer, Window, commands, eventually};
use serde_json::json;

const STATUS: &str = "[data-testid=\"browser-status\"]";
const ALERT: &str = "[data-testid=\"browser-alert\"]";
const NAME: &str = "[data-testid=\"account-name\"]";

struct Place {
    server: SecureServer,
    company: Company,
    opener: Opener,
    desktop: Desktop,
    browser: Chromium,
}

impl Place {
    async fn new(name: &str) -> Result<Self> {
        Self::with(name, "").await
    }

    /// A place whose server has further settings about the company.
    async fn with(name: &str, settings: &str) -> Result<Self> {
        let mut company = Company::new()?;
        let settings = format!("{}{settings}", company.settings());
        let server = SecureServer::start_with_a_clock(&settings).await?;
        company.start(server.url(), &server.authority()).await?;
        let opener = Opener::new()?;
        let desktop = Desktop::start(name)
            .await?
            .with("SSL_CERT_FILE", server.authority().display().to_string())
            .with("BROWSER", opener.program().display().to_string());
        Ok(Self { server, company, opener, desktop, browser: Chromium::start().await? })
    }

    /// A window in which the user has chosen the company, whose page is open in the browser.
    async fn begun(&self) -> Result<Window> {
        let window = self.desktop.open(self.server.url()).await?;
        self.begin(&window, 1).await?;
        Ok(window)
    }

    /// Chooses the company in the window, for the time number `count`.
    async fn begin(&self, window: &Window, count: usize) -> Result<()> {
        window.press("browser-provider-company").await?;
        window.find_text(STATUS).await?;
        self.browser.open(&self.opener.opened(count).await?).await
    }

    /// The person chooses an account on the company's page.
    async fn choose(&self, account: &str) -> Result<()> {
        self.browser.expect_text("Sign in to Example Company").await?;
        self.browser.click(&format!("button[value=\"{account}\"]")).await
    }

    /// The person answers the company's question: "yes" or "no".
    async fn answer(&self, answer: &str) -> Result<()> {
        self.browser.click(&format!("button[name=answer][value=\"{answer}\"]")).await
    }

    async fn end(self, window: Window) -> Result<()> {
        self.browser.close().await?;
        window.close().await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_of_the_company_signs_in_and_chooses_another_account_after_a_sign_out() -> Result<()> {
    let place = Place::new("company").await?;
    let window = place.begun().await?;
    window.expect_text(STATUS, "The page is open in your browser.").await?;
    window.screenshot("opened").await?;
    place.browser.screenshot("company-choose").await?;
    place.choose("sam").await?;
    place.browser.expect_text("Allow this?").await?;
    place.answer("yes").await?;
    place.browser.expect_text("You can close this tab").await?;
    place.browser.screenshot("company-done").await?;
    window.expect_state("signed-in").await?;
    window.expect_text(NAME, "Sam Witwicky").await?;
    window.screenshot("signed-in").await?;

    window.press("sign-out").await?;
    window.expect_state("signed-out").await?;
    // The browser is still signed in at the company, which asks all the same.
    place.begin(&window, 2).await?;
    place.choose("mikaela").await?;
    place.answer("yes").await?;
    window.expect_state("signed-in").await?;
    window.expect_text(NAME, "Mikaela Banes").await?;
    place.end(window).await
}

#[tokio::test(flavor = "multi_thread")]
async fn consent_that_is_refused_is_said_in_the_window_and_the_page_can_try_again() -> Result<()> {
    let place = Place::new("company-refused").await?;
    let window = place.begun().await?;
    place.choose("sam").await?;
    place.answer("no").await?;
    place.browser.expect_text("did not confirm who you are").await?;
    place.browser.screenshot("company-refused").await?;
    window.expect_text(ALERT, "or you said no there").await?;
    window.screenshot("said").await?;
    place.browser.click("a[href$=\"/browser/provider/company\"]").await?;
    place.answer("yes").await?;
    window.expect_state("signed-in").await?;
    window.expect_text(NAME, "Sam Witwicky").await?;
    place.end(window).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_who_takes_too_long_is_told_in_the_window_and_on_the_page() -> Result<()> {
    let place = Place::new("company-expired").await?;
    let window = place.begun().await?;
    place.choose("sam").await?;
    place.browser.expect_text("Allow this?").await?;
    place.server.set_clock("+301")?;
    place.answer("yes").await?;
    place.browser.expect_text("This page has expired").await?;
    place.browser.screenshot("company-over").await?;
    window.expect_text(ALERT, "That took too long").await?;
    window.screenshot("said").await?;
    window.press("begin-anew").await?;
    place.browser.open(&place.opener.opened(2).await?).await?;
    window.expect_state("signed-in").await?;
    window.expect_text(NAME, "Sam Witwicky").await?;
    place.end(window).await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_window_asks_before_another_account_takes_the_place_of_its_own() -> Result<()> {
    let place = Place::new("company-other").await?;
    let window = place.desktop.open(place.server.url()).await?;
    window.sign_in(&Account::SAM).await?;
    window.expect_state("signed-in").await?;
    for (count, answer, name) in
        [(1, "keep-account", "Sam Witwicky"), (2, "replace-account", "Mikaela Banes")]
    {
        let wanted = json!({ "way": "provider", "provider": "company" });
        // A button of the window is busy until the earlier answer is done, which a command is not.
        eventually("the app begins", async || {
            let begun = window.invoke(commands::START_BROWSER, &wanted).await?;
            Ok(begun.get("url").is_some().then_some(()))
        })
        .await?;
        place.browser.open(&place.opener.opened(count).await?).await?;
        // The second time too: who keeps the account of the window has chosen none in the browser.
        place.choose("mikaela").await?;
        if count == 1 {
            place.answer("yes").await?;
        }
        window.find_text("[data-testid=\"other-account\"]").await?;
        window.screenshot("asks").await?;
        window.press(answer).await?;
        window.expect_gone("dialog").await?;
        window.expect_text(NAME, name).await?;
    }
    place.end(window).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_the_company_denies_is_held_until_a_new_sign_in_there() -> Result<()> {
    let place = Place::with("company-denies", "recheck = \"5m\"\n").await?;
    let window = place.begun().await?;
    place.choose("sam").await?;
    place.answer("yes").await?;
    window.expect_state("signed-in").await?;

    // The company says no when it is asked again, five minutes later.
    place.company.revoke("sam").await?;
    place.server.set_clock("+301")?;
    window.check_until("provider-sign-in-required").await?;
    window.expect_reason("held", "provider-sign-in-required").await?;
    window.expect_text("h1", "Your company asks you to sign in again").await?;
    window.expect_text("main", "Nothing has been lost.").await?;
    window.find_text("[data-action=\"browser-provider-company\"]").await?;
    window.screenshot("held").await?;

    // Neither a check nor a page that is closed again changes anything.
    window.press("check-in").await?;
    window.expect_text("[role=\"alert\"]", "still asks you to sign in again").await?;
    place.begin(&window, 2).await?;
    place.browser.expect_text("Allow this?").await?;
    window.press("cancel").await?;
    window.expect_reason("held", "provider-sign-in-required").await?;

    place.begin(&window, 3).await?;
    place.answer("yes").await?;
    window.expect_state("signed-in").await?;
    window.expect_text(NAME, "Sam Witwicky").await?;
    window.press("check-in").await?;
    window.expect_text("[data-testid=\"connection\"]", "Online").await?;
    window.expect_state("signed-in").await?;
    place.end(window).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_company_that_is_away_is_named_and_the_password_goes_on_working() -> Result<()> {
    let mut place = Place::new("company-away").await?;
    place.company.stop().await?;
    let window = place.begun().await?;
    window.expect_text(ALERT, "The account provider cannot be reached").await?;
    place.browser.screenshot("company-away").await?;
    window.press("cancel").await?;
    window.sign_in(&Account::SAM).await?;
    window.expect_state("signed-in").await?;
    place.end(window).await
}
