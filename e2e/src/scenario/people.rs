//! The screens for getting in, getting back in, the second step, and being told.

use anyhow::Result;

use super::{Scenario, signed_in};
use crate::authenticator::Authenticator;
use crate::server::{Account, Server};
use crate::window::Window;

/// The contact that a server names, and shorter limits, for a session that ends soon.
const CONTACT: (&str, &str) = ("LATCHKEY_CONTACT", "the front desk, room 12");
const ENDS_SOON: [(&str, &str); 3] = [
    ("LATCHKEY_SESSIONS_LEASE_SECONDS", "86400"),
    ("LATCHKEY_SESSIONS_IDLE_SECONDS", "172800"),
    ("LATCHKEY_SESSIONS_ABSOLUTE_SECONDS", "172800"),
];

const NEW_PASSWORD: &str = "optimus must be followed";

impl<Inspect: AsyncFn(&Window, &str) -> Result<()>> Scenario<Inspect> {
    /// A forgotten password, an invitation with a slip, and the code of an operator.
    ///
    /// # Errors
    /// Returns an error if a screen does not appear, or the inspection fails.
    pub async fn codes(&self) -> Result<()> {
        let server = Server::start_with(&[CONTACT]).await?;
        let desktop = self.desktop("codes").await?;
        let window = desktop.open(server.url()).await?;
        window.press("forgot-password").await?;
        window.expect_text("[data-testid=\"contact\"]", CONTACT.1).await?;
        self.inspect(&window, "forgot-password").await?;
        window.press("use-code").await?;
        self.inspect(&window, "use-code").await?;
        let code = server.invite("mikaela").await?;
        window.fill("code", "7M2K-Q9XW-4TR8-HJ3W-J").await?;
        window.fill("new-password", NEW_PASSWORD).await?;
        window.press("redeem-code").await?;
        window.find_text("[data-testid=\"code-alert\"]").await?;
        self.inspect(&window, "use-code-slip").await?;
        window.fill("code", &code.to_lowercase().replace('-', " ")).await?;
        window.press("redeem-code").await?;
        window.expect_state("signed-in").await?;
        window.close().await
    }

    /// Setting up two-step sign-in, its recovery codes, and signing in with it.
    ///
    /// # Errors
    /// Returns an error if a screen does not appear, or the inspection fails.
    pub async fn two_steps(&self) -> Result<()> {
        let server = Server::start().await?;
        let desktop = self.desktop("two-steps").await?;
        let window = signed_in(&desktop, &server).await?;
        window.press("open-factor").await?;
        window.find_text("[data-testid=\"factor\"]").await?;
        self.inspect(&window, "factor-off").await?;
        window.press("start-factor").await?;
        window.find_text("dialog[data-dialog=\"confirm\"]").await?;
        self.inspect(&window, "confirm").await?;
        window.fill("confirm-password", "decepticons rule").await?;
        window.press("confirm").await?;
        window.find_text("[data-testid=\"confirm-alert\"]").await?;
        self.inspect(&window, "confirm-refused").await?;
        window.fill("confirm-password", Account::SAM.password).await?;
        window.press("confirm").await?;
        let mut phone = Authenticator::set_up(&window).await?;
        self.inspect(&window, "enrol-factor").await?;
        window.fill("code", &phone.code().await?).await?;
        window.press("accept-factor").await?;
        window.find_text("[data-testid=\"recovery-codes\"]").await?;
        self.inspect(&window, "recovery-codes").await?;
        window.click("input[name=\"codes-kept\"]").await?;
        window.press("codes-kept").await?;
        window.find_text("[data-testid=\"codes-left\"]").await?;
        self.inspect(&window, "factor-on").await?;

        window.press("back").await?;
        window.press("sign-out").await?;
        window.sign_in(&Account::SAM).await?;
        window.find_text("[data-screen=\"second-factor\"]").await?;
        self.inspect(&window, "second-factor").await?;
        for _ in 0..2 {
            window.fill("code", "000000").await?;
            window.press("second-factor").await?;
            window.expect_alert().await?;
        }
        window.find_text("[data-testid=\"clock-hint\"]").await?;
        self.inspect(&window, "second-factor-wrong").await?;
        window.press("use-recovery-code").await?;
        self.inspect(&window, "second-factor-recovery").await?;
        window.fill("code", &phone.code().await?).await?;
        window.press("second-factor").await?;
        window.expect_state("signed-in").await?;
        window.close().await
    }

    /// A sign-in that another device is told of, disowned there, and what its window says then.
    ///
    /// # Errors
    /// Returns an error if a screen does not appear, or the inspection fails.
    pub async fn notices(&self) -> Result<()> {
        let server = Server::start().await?;
        let (here, there) = (self.desktop("told").await?, self.desktop("stranger").await?);
        let mine = signed_in(&here, &server).await?;
        let other = signed_in(&there, &server).await?;
        mine.press("check-in").await?;
        mine.find_text("[data-notice=\"new-sign-in\"]").await?;
        self.inspect(&mine, "new-sign-in").await?;
        mine.press("notice-not-mine").await?;
        mine.find_text("[data-screen=\"change-password\"]").await?;
        mine.find_text("[data-testid=\"password-status\"]").await?;
        self.inspect(&mine, "not-me").await?;
        other.check_until("not-me").await?;
        self.inspect(&other, "ended-not-me").await?;
        other.close().await?;
        mine.close().await
    }

    /// A session that ends soon, and signing in again over what is being done.
    ///
    /// # Errors
    /// Returns an error if a screen does not appear, or the inspection fails.
    pub async fn warnings(&self) -> Result<()> {
        let server = Server::start_with(&ENDS_SOON).await?;
        let desktop = self.desktop("warnings").await?;
        let window = signed_in(&desktop, &server).await?;
        window.find_text("[data-warning=\"absolute\"]").await?;
        self.inspect(&window, "ends-soon").await?;
        window.press("sign-in-again").await?;
        window.find_text("dialog[data-dialog=\"sign-in\"]").await?;
        self.inspect(&window, "sign-in-again").await?;
        window.close().await
    }

    /// A factor that the account must have: announced, and then required.
    ///
    /// # Errors
    /// Returns an error if a screen does not appear, or the inspection fails.
    pub async fn required_factor(&self) -> Result<()> {
        let mut server = Server::start().await?;
        let desktop = self.desktop("required").await?;
        let window = signed_in(&desktop, &server).await?;
        window.close().await?;
        server.stop().await?;
        server.set("LATCHKEY_FACTORS_REQUIRED", "always");
        server.start_again().await?;
        let window = desktop.open(server.url()).await?;
        window.press("check-in").await?;
        window.find_text("[data-warning=\"factor\"]").await?;
        self.inspect(&window, "factor-announced").await?;
        window.close().await?;
        server.stop().await?;
        server.set("LATCHKEY_FACTORS_GRACE", "0s");
        server.start_again().await?;
        let window = desktop.open(server.url()).await?;
        window.press_if_there("check-in").await?;
        window.expect_reason("held", "factor-required").await?;
        self.inspect(&window, "factor-required").await?;
        window.press("set-up-factor").await?;
        self.inspect(&window, "factor-required-password").await?;
        window.close().await
    }
}
