//! The screens about other people's accounts, for those who have a role.

use anyhow::{Context, Result};

use super::{Scenario, signed_in};
use crate::server::{Account, Server};
use crate::window::Window;

const MIKAELA: Account = Account {
    username: "mikaela",
    password: "bumblebee is a car",
    given_name: "Mikaela",
    family_name: "Banes",
};

/// A role without two-step sign-in, which only the first screen mentions.
const NOT_REQUIRED: (&str, &str) = ("LATCHKEY_FACTORS_REQUIRED", "never");

impl<Inspect: AsyncFn(&Window, &str) -> Result<()>> Scenario<Inspect> {
    /// The list, an invitation, somebody's account, its code, its devices and what happened to it.
    ///
    /// # Errors
    /// Returns an error if a screen does not appear, or the inspection fails.
    pub async fn accounts(&self) -> Result<()> {
        let mut server = Server::start_with(&[NOT_REQUIRED]).await?;
        server.add(&MIKAELA).await?;
        let (here, there) = (self.desktop("accounts").await?, self.desktop("accounts-there").await?);
        let window = signed_in(&here, &server).await?;
        let theirs = there.open(server.url()).await?;
        theirs.sign_in(&MIKAELA).await?;
        theirs.expect_state("signed-in").await?;
        server.grant(&Account::SAM, "admin").await?;
        window.press("check-in").await?;
        window.press("open-people").await?;
        window.find_text("[data-testid=\"people-alert\"]").await?;
        self.inspect(&window, "people-needs-factor").await?;

        let codes = window.set_up_two_steps(&Account::SAM).await?;
        window.press("load-people").await?;
        window.confirm_with(codes.first().context("no recovery code")?).await?;
        window.find_text("[data-testid=\"people\"]").await?;
        self.invite(&window).await?;
        self.find_and_change(&window, &theirs).await?;
        theirs.close().await?;
        window.press("back").await?;
        server.stop().await?;
        window.press("open-person").await?;
        window.find_text("[data-testid=\"people-status\"]").await?;
        self.inspect(&window, "person-offline").await?;
        window.close().await
    }

    /// An invitation whose code is shown.
    async fn invite(&self, window: &Window) -> Result<()> {
        window.press("open-invite").await?;
        window.fill("person-username", "miles").await?;
        window.fill("person-name", "Miles Lancaster").await?;
        window.fill("person-email", "miles@lancaster.example").await?;
        self.inspect(window, "invite").await?;
        window.fill("person-username", Account::SAM.username).await?;
        window.press("invite").await?;
        window.find_text("[data-testid=\"people-alert\"]").await?;
        self.inspect(window, "invite-name-taken").await?;
        window.fill("person-username", "miles").await?;
        window.press("invite").await?;
        window.find_text("[data-testid=\"made-code\"]").await?;
        self.inspect(window, "invite-code").await?;
        window.press("back").await?;
        window.find_text("[data-testid=\"people\"]").await?;
        self.inspect(window, "people").await?;
        window.fill("people-search", "Megatron").await?;
        window.press("find-people").await?;
        window.find_text("[data-testid=\"nobody\"]").await?;
        self.inspect(window, "people-nobody").await
    }

    /// What may be done to an account, and what its owner is told in the window `theirs`.
    async fn find_and_change(&self, window: &Window, theirs: &Window) -> Result<()> {
        window.fill("people-search", "Mikaela").await?;
        window.press("find-people").await?;
        window.press("open-person").await?;
        window.find_text("[data-testid=\"person-actions\"] [data-action=\"disable-account\"]").await?;
        self.inspect(window, "person").await?;
        window.press("load-sessions").await?;
        window.find_text("[data-testid=\"person-sessions\"] li").await?;
        window.press("load-events").await?;
        window.find_text("[data-testid=\"person-events\"] li").await?;
        window.script("document.querySelector('#sessions-heading').scrollIntoView()", &[]).await?;
        self.inspect(window, "person-history").await?;
        window.press("edit-person").await?;
        self.inspect(window, "person-edit").await?;
        window.press("cancel").await?;
        window.press("code-password").await?;
        self.inspect(window, "person-reset").await?;
        window.press("show-code").await?;
        window.find_text("[data-testid=\"made-code\"]").await?;
        self.inspect(window, "person-code").await?;
        theirs.press("check-in").await?;
        theirs.find_text("[data-notice=\"code-made\"]").await?;
        self.inspect(theirs, "code-made").await?;
        window.press("close-code").await?;
        window.press("disable-account").await?;
        self.inspect(window, "person-disable").await?;
        window.press("confirm-disable-account").await?;
        window.find_text("[data-testid=\"people-status\"]").await?;
        self.inspect(window, "person-disabled").await
    }

    /// The screen closes when the role is taken away.
    ///
    /// # Errors
    /// Returns an error if a screen does not appear, or the inspection fails.
    pub async fn lost_role(&self) -> Result<()> {
        let server = Server::start().await?;
        let desktop = self.desktop("lost-role").await?;
        let window = signed_in(&desktop, &server).await?;
        let codes = window.set_up_two_steps(&Account::SAM).await?;
        server.grant(&Account::SAM, "desk").await?;
        window.press("check-in").await?;
        window.find_text("[data-action=\"open-people\"]").await?;
        self.inspect(&window, "signed-in-desk").await?;
        window.press("open-people").await?;
        window.confirm_with(codes.first().context("no recovery code")?).await?;
        window.find_text("[data-testid=\"people\"]").await?;
        server.revoke(&Account::SAM, "desk").await?;
        window.press("open-person").await?;
        window.find_text("#alert").await?;
        self.inspect(&window, "role-lost").await?;
        window.close().await
    }
}
