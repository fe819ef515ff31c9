//! Walks through every screen, each reached as a user reaches it. The caller inspects each.

mod accounts;
mod browser;
mod faults;
mod people;

use anyhow::{Context, Result};

use crate::desktop::Desktop;
use crate::display::Display;
use crate::server::{Account, Server};
use crate::window::Window;

const CONNECTION: &str = "[data-testid=\"connection\"]";

/// The theme and language of a desktop.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Appearance {
    /// The end of its pictures' names; empty for the default appearance.
    pub suffix: &'static str,
    /// None for the theme of the display.
    theme: Option<&'static str>,
    is_german: bool,
}

impl Appearance {
    /// The theme of the display, in English.
    pub const PLAIN: Self = Self { suffix: "-plain", theme: None, is_german: false };
    /// A light theme, in English.
    pub const LIGHT: Self = Self { suffix: "", theme: Some("Adwaita"), is_german: false };
    /// A dark theme, in English.
    pub const DARK: Self = Self { suffix: "-dark", theme: Some("Adwaita:dark"), is_german: false };
    /// GNOME's high-contrast theme, in English.
    pub const HIGH_CONTRAST: Self =
        Self { suffix: "-high-contrast", theme: Some("HighContrast"), is_german: false };
    /// The light theme, in German.
    pub const GERMAN: Self = Self { suffix: "-de", theme: Some("Adwaita"), is_german: true };

    /// Gives a desktop this appearance.
    ///
    /// # Errors
    /// Returns an error if the German locale cannot be set.
    pub fn set_on(self, desktop: Desktop) -> Result<Desktop> {
        let desktop = match self.theme {
            Some(theme) => desktop.with("GTK_THEME", theme),
            None => desktop,
        };
        if self.is_german { desktop.in_german() } else { Ok(desktop) }
    }
}

/// Walks through the screens with one appearance. Its parts are independent of each other.
pub struct Scenario<Inspect> {
    appearance: Appearance,
    is_double_scale: bool,
    compiles_scripts: bool,
    inspect: Inspect,
}

impl<Inspect: AsyncFn(&Window, &str) -> Result<()>> Scenario<Inspect> {
    /// A scenario that calls `inspect` at every screen, with the screen's name.
    pub fn new(appearance: Appearance, inspect: Inspect) -> Self {
        Self { appearance, is_double_scale: false, compiles_scripts: false, inspect }
    }

    /// Draws each CSS pixel with two by two pixels of the screen.
    #[must_use]
    pub fn at_double_scale(self) -> Self {
        Self { is_double_scale: true, ..self }
    }

    /// Has the web view compile scripts, which the app does without: for an inspection that
    /// computes for long.
    #[must_use]
    pub fn with_compiled_scripts(self) -> Self {
        Self { compiles_scripts: true, ..self }
    }

    /// A desktop without a keychain: it starts faster, and most screens do not show the keychain.
    async fn desktop(&self, name: &str) -> Result<Desktop> {
        self.set_up(Desktop::start_without_keychain(&self.name(name)).await?).await
    }

    async fn desktop_with_keychain(&self, name: &str) -> Result<Desktop> {
        self.set_up(Desktop::start(&self.name(name)).await?).await
    }

    fn name(&self, name: &str) -> String {
        format!("scenario-{name}{}", self.appearance.suffix)
    }

    async fn set_up(&self, desktop: Desktop) -> Result<Desktop> {
        let mut desktop = self.appearance.set_on(desktop)?;
        if self.compiles_scripts {
            desktop = desktop.with("JSC_useJIT", "1");
        }
        if self.is_double_scale {
            desktop = desktop.with("GDK_SCALE", "2");
            desktop.move_to(Display::at_double_scale().await?);
        }
        Ok(desktop)
    }

    async fn inspect(&self, window: &Window, screen: &str) -> Result<()> {
        (self.inspect)(window, screen)
            .await
            .with_context(|| format!("screen {screen}{}", self.appearance.suffix))
    }

    /// The form, its errors, the account, and the account without the server.
    ///
    /// # Errors
    /// Returns an error if a screen does not appear, or the inspection fails.
    pub async fn signing_in(&self) -> Result<()> {
        let mut server = Server::start().await?;
        let desktop = self.desktop_with_keychain("signing-in").await?;
        let window = desktop.open(server.url()).await?;
        self.inspect(&window, "sign-in").await?;
        window.sign_in_as(Account::SAM.username, "decepticons rule").await?;
        window.expect_alert().await?;
        self.inspect(&window, "wrong-password").await?;
        window.sign_in(&Account::SAM).await?;
        window.expect_state("signed-in").await?;
        window.expect_text(CONNECTION, "Online").await?;
        self.inspect(&window, "signed-in").await?;
        window.press("call-api").await?;
        window.expect_text("[data-testid=\"api-reply\"]", "Hello World!").await?;
        self.inspect(&window, "try-it").await?;
        window.click("summary").await?;
        window.script("document.querySelector('details').scrollIntoView()", &[]).await?;
        self.inspect(&window, "about").await?;
        window.close().await?;

        server.stop().await?;
        let window = desktop.open(server.url()).await?;
        window.expect_text(CONNECTION, "Offline").await?;
        self.inspect(&window, "offline").await?;
        window.press("open-devices").await?;
        window.expect_text("[data-testid=\"devices-status\"]", "online").await?;
        self.inspect(&window, "devices-offline").await?;
        window.press("back").await?;
        window.press("sign-out").await?;
        window.expect_reason("signed-out", "signed-out").await?;
        self.inspect(&window, "signed-out").await?;
        window.sign_in(&Account::SAM).await?;
        window.expect_alert().await?;
        self.inspect(&window, "unreachable").await?;
        window.close().await
    }

    /// The list of devices, and a device that another one signs out.
    ///
    /// # Errors
    /// Returns an error if a screen does not appear, or the inspection fails.
    pub async fn devices(&self) -> Result<()> {
        let mut server = Server::start().await?;
        let (here, there) = (self.desktop("here").await?, self.desktop("there").await?);
        let mine = signed_in(&here, &server).await?;
        let other = signed_in(&there, &server).await?;

        mine.press("open-devices").await?;
        mine.expect_text("[data-testid=\"devices\"]", "127.0.0.1").await?;
        self.inspect(&mine, "devices").await?;
        mine.press("end").await?;
        mine.press("cancel").await?;
        mine.press("end").await?;
        self.inspect(&mine, "end-device").await?;
        mine.press("confirm-end").await?;
        mine.expect_gone("[data-testid=\"devices\"] li + li").await?;
        self.inspect(&mine, "device-ended").await?;
        other.check_until("ended-by-device").await?;
        self.inspect(&other, "ended-by-device").await?;
        other.sign_in(&Account::SAM).await?;
        other.expect_state("signed-in").await?;
        other.close().await?;
        mine.press("back").await?;
        mine.press("open-devices").await?;
        mine.press("end").await?;
        server.stop().await?;
        mine.press("confirm-end").await?;
        mine.find_text("[data-testid=\"devices-status\"]").await?;
        self.inspect(&mine, "device-end-unanswered").await?;
        mine.close().await
    }

    /// An earlier session of this computer in the list, after its data folder was deleted.
    ///
    /// # Errors
    /// Returns an error if a screen does not appear, or the inspection fails.
    pub async fn earlier(&self) -> Result<()> {
        let server = Server::start().await?;
        let desktop = self.desktop("earlier").await?;
        signed_in(&desktop, &server).await?.close().await?;
        desktop.delete_data().await?;
        let window = signed_in(&desktop, &server).await?;
        window.press("open-devices").await?;
        window.find_text("[data-testid=\"devices\"] li + li").await?;
        self.inspect(&window, "devices-earlier").await?;
        window.press("end-earlier").await?;
        self.inspect(&window, "end-earlier").await?;
        window.press("confirm-end-earlier").await?;
        window.find_text("[data-testid=\"devices-status\"]").await?;
        self.inspect(&window, "earlier-ended").await?;
        window.close().await
    }

    /// The password form, its errors, and its success.
    ///
    /// # Errors
    /// Returns an error if a screen does not appear, or the inspection fails.
    pub async fn password(&self) -> Result<()> {
        let mut server = Server::start().await?;
        let desktop = self.desktop("password").await?;
        let window = signed_in(&desktop, &server).await?;
        window.press("open-password").await?;
        window.fill("current-password", Account::SAM.password).await?;
        window.fill("new-password", "megatron").await?;
        self.inspect(&window, "password").await?;
        window.press("change-password").await?;
        window.expect_text("[data-testid=\"password-alert\"]", "13").await?;
        self.inspect(&window, "password-too-short").await?;
        window.fill("new-password", "megatron must be stopped").await?;
        window.press("change-password").await?;
        window.find_text("[data-testid=\"password-status\"]").await?;
        self.inspect(&window, "password-changed").await?;
        server.stop().await?;
        window.fill("current-password", "megatron must be stopped").await?;
        window.fill("new-password", "optimus must be followed").await?;
        window.press("change-password").await?;
        window.find_text("[data-testid=\"password-alert\"]").await?;
        self.inspect(&window, "password-unanswered").await?;
        window.close().await
    }
}

async fn signed_in(desktop: &Desktop, server: &Server) -> Result<Window> {
    let window = desktop.open(server.url()).await?;
    window.sign_in(&Account::SAM).await?;
    window.expect_state("signed-in").await?;
    Ok(window)
}
