//! A walk through every screen, each reached as a person reaches it. A visitor inspects each.

mod faults;

use anyhow::{Context, Result};

use crate::desktop::Desktop;
use crate::server::{Account, Server};
use crate::wait::until;
use crate::window::Window;

const CONNECTION: &str = "[data-testid=\"connection\"]";

/// How the desktop is set.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Look {
    /// What tells its pictures from those of the first look.
    pub suffix: &'static str,
    theme: &'static str,
    german: bool,
}

impl Look {
    /// A light theme, in English.
    pub const LIGHT: Self = Self { suffix: "", theme: "Adwaita", german: false };
    /// A dark one.
    pub const DARK: Self = Self { suffix: "-dark", theme: "Adwaita:dark", german: false };
    /// GNOME's one of high contrast.
    pub const HIGH_CONTRAST: Self = Self { suffix: "-high-contrast", theme: "HighContrast", german: false };
    /// The light one, in German.
    pub const GERMAN: Self = Self { suffix: "-de", theme: "Adwaita", german: true };

    /// Sets a desktop so.
    ///
    /// # Errors
    /// If this machine cannot speak German.
    pub fn of(self, desktop: Desktop) -> Result<Desktop> {
        let desktop = desktop.with("GTK_THEME", self.theme);
        if self.german { desktop.in_german() } else { Ok(desktop) }
    }
}

/// One walk. Its parts need nothing of each other.
pub struct Tour<Visit> {
    look: Look,
    scale: &'static str,
    visit: Visit,
}

impl<Visit: AsyncFn(&Window, &str) -> Result<()>> Tour<Visit> {
    /// A tour on which `visit` is called at every screen, with the screen's name.
    pub fn new(look: Look, visit: Visit) -> Self {
        Self { look, scale: "1", visit }
    }

    /// The same with two pixels of the screen for one of the page, each way.
    #[must_use]
    pub fn in_fine_pixels(self) -> Self {
        Self { scale: "2", ..self }
    }

    /// A desktop without a keychain, which may be slow on a busy machine, where none is to be seen.
    async fn desktop(&self, name: &str) -> Result<Desktop> {
        self.dress(Desktop::start_without_keychain(&self.name(name)).await?)
    }

    async fn desktop_with_keychain(&self, name: &str) -> Result<Desktop> {
        self.dress(Desktop::start(&self.name(name)).await?)
    }

    fn name(&self, name: &str) -> String {
        format!("tour-{name}{}", self.look.suffix)
    }

    fn dress(&self, desktop: Desktop) -> Result<Desktop> {
        self.look.of(desktop.with("GDK_SCALE", self.scale))
    }

    async fn see(&self, window: &Window, screen: &str) -> Result<()> {
        (self.visit)(window, screen).await.with_context(|| format!("{screen}{}", self.look.suffix))
    }

    /// The form, its refusals, the account, and what is left of it without the server.
    ///
    /// # Errors
    /// If a screen does not come, or the visitor fails.
    pub async fn signing_in(&self) -> Result<()> {
        let mut server = Server::start().await?;
        let desktop = self.desktop_with_keychain("signing-in").await?;
        let window = desktop.open(server.url()).await?;
        self.see(&window, "sign-in").await?;
        window.sign_in_as(Account::SAM.username, "decepticons rule").await?;
        window.expect_alert().await?;
        self.see(&window, "wrong-password").await?;
        window.sign_in(&Account::SAM).await?;
        window.expect_state("signed-in").await?;
        window.expect_text(CONNECTION, "Online").await?;
        self.see(&window, "signed-in").await?;
        window.press("call-api").await?;
        window.expect_text("[data-testid=\"api-reply\"]", "Hello World!").await?;
        self.see(&window, "try-it").await?;
        window.click("summary").await?;
        window.script("document.querySelector('details').scrollIntoView()", &[]).await?;
        self.see(&window, "about").await?;
        window.close().await?;

        server.stop().await?;
        let window = desktop.open(server.url()).await?;
        window.expect_text(CONNECTION, "Offline").await?;
        self.see(&window, "offline").await?;
        window.press("open-devices").await?;
        window.expect_text("[data-testid=\"devices-status\"]", "online").await?;
        self.see(&window, "devices-offline").await?;
        window.press("back").await?;
        window.press("sign-out").await?;
        window.expect_reason("signed-out", "signed-out").await?;
        self.see(&window, "signed-out").await?;
        window.sign_in(&Account::SAM).await?;
        window.expect_alert().await?;
        self.see(&window, "unreachable").await?;
        window.close().await
    }

    /// The devices, and one that was ended from another.
    ///
    /// # Errors
    /// If a screen does not come, or the visitor fails.
    pub async fn devices(&self) -> Result<()> {
        let mut server = Server::start().await?;
        let (here, there) = (self.desktop("here").await?, self.desktop("there").await?);
        let mine = signed_in(&here, &server).await?;
        let other = signed_in(&there, &server).await?;

        mine.press("open-devices").await?;
        mine.expect_text("[data-testid=\"devices\"]", "127.0.0.1").await?;
        self.see(&mine, "devices").await?;
        mine.press("end").await?;
        mine.press("cancel").await?;
        mine.press("end").await?;
        self.see(&mine, "end-device").await?;
        mine.press("confirm-end").await?;
        mine.expect_gone("[data-testid=\"devices\"] li + li").await?;
        self.see(&mine, "device-ended").await?;
        check_until(&other, "revoked").await?;
        self.see(&other, "revoked").await?;
        other.sign_in(&Account::SAM).await?;
        other.expect_state("signed-in").await?;
        other.close().await?;
        mine.press("back").await?;
        mine.press("open-devices").await?;
        mine.press("end").await?;
        server.stop().await?;
        mine.press("confirm-end").await?;
        mine.find_text("[data-testid=\"devices-status\"]").await?;
        self.see(&mine, "device-end-unanswered").await?;
        mine.close().await
    }

    /// The computer's earlier self in the list, after its folder was deleted.
    ///
    /// # Errors
    /// If a screen does not come, or the visitor fails.
    pub async fn earlier(&self) -> Result<()> {
        let server = Server::start().await?;
        let desktop = self.desktop("earlier").await?;
        signed_in(&desktop, &server).await?.close().await?;
        desktop.wipe_data().await?;
        let window = signed_in(&desktop, &server).await?;
        window.press("open-devices").await?;
        window.find_text("[data-testid=\"devices\"] li + li").await?;
        self.see(&window, "devices-earlier").await?;
        window.press("end-earlier").await?;
        self.see(&window, "end-earlier").await?;
        window.press("confirm-end-earlier").await?;
        window.find_text("[data-testid=\"devices-status\"]").await?;
        self.see(&window, "earlier-ended").await?;
        window.close().await
    }

    /// The change of the password.
    ///
    /// # Errors
    /// If a screen does not come, or the visitor fails.
    pub async fn password(&self) -> Result<()> {
        let mut server = Server::start().await?;
        let desktop = self.desktop("password").await?;
        let window = signed_in(&desktop, &server).await?;
        window.press("open-password").await?;
        window.fill("current-password", Account::SAM.password).await?;
        window.fill("new-password", "megatron").await?;
        self.see(&window, "password").await?;
        window.press("change-password").await?;
        window.expect_text("[data-testid=\"password-alert\"]", "13").await?;
        self.see(&window, "password-too-short").await?;
        window.fill("new-password", "megatron must be stopped").await?;
        window.press("change-password").await?;
        window.find_text("[data-testid=\"password-status\"]").await?;
        self.see(&window, "password-changed").await?;
        server.stop().await?;
        window.fill("current-password", "megatron must be stopped").await?;
        window.fill("new-password", "optimus must be followed").await?;
        window.press("change-password").await?;
        window.find_text("[data-testid=\"password-alert\"]").await?;
        self.see(&window, "password-unanswered").await?;
        window.close().await
    }
}

async fn signed_in(desktop: &Desktop, server: &Server) -> Result<Window> {
    let window = desktop.open(server.url()).await?;
    window.sign_in(&Account::SAM).await?;
    window.expect_state("signed-in").await?;
    Ok(window)
}

/// Checks with the server until it has told the window that the session is over.
async fn check_until(window: &Window, reason: &str) -> Result<()> {
    let ended = format!("[data-reason=\"{reason}\"]");
    until(&format!("the session is over: {reason}"), async || {
        window.press_if_there("check-in").await?;
        Ok(window.shows(&ended).await?.then_some(()))
    })
    .await
}
