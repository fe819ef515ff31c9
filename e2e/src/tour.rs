//! A walk through every screen that there is, each come to as a person comes to it. Whoever goes along looks at each.

use std::time::Duration;

use anyhow::{Context, Result};

use crate::desktop::Desktop;
use crate::keychain::Keychain;
use crate::server::{Account, Server};
use crate::wait::{until, until_within};
use crate::window::Window;

const CONNECTION: &str = "[data-testid=\"connection\"]";

/// A lease of a second is over after the leeway of a minute.
const LEASE_OVER: Duration = Duration::from_secs(240);

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

    /// A session that a copy of the profile has replaced, and a key that two machines share.
    ///
    /// # Errors
    /// If a screen does not come, or the visitor fails.
    pub async fn sharing(&self) -> Result<()> {
        let server = Server::start().await?;
        let (here, copy) = (self.desktop("replaced").await?, self.desktop("copy").await?);
        let window = signed_in(&here, &server).await?;
        copy.copy_data_of(&here)?;
        copy.spoil_session()?;
        signed_in(&copy, &server).await?.close().await?;
        check_until(&window, "replaced").await?;
        self.see(&window, "replaced").await?;
        window.close().await?;

        let container = self.desktop("container").await?;
        let container = container.on_another_machine("0f1e2d3c4b5a69788796a5b4c3d2e1f0")?;
        container.share_data_of(&copy)?;
        let window = signed_in(&container, &server).await?;
        window.click("summary").await?;
        self.see(&window, "shared-key").await?;
        window.close().await
    }

    /// Files that cannot be read or written.
    ///
    /// # Errors
    /// If a screen does not come, or the visitor fails.
    pub async fn storage(&self) -> Result<()> {
        let server = Server::start().await?;
        let desktop = self.desktop("storage").await?;
        signed_in(&desktop, &server).await?.close().await?;
        let file = desktop.session_file()?;
        std::fs::remove_file(&file)?;
        std::fs::create_dir(&file)?;
        std::fs::remove_file(desktop.data_folder().join("session.lock"))?;
        std::fs::create_dir(desktop.data_folder().join("session.lock"))?;
        let window = desktop.open(server.url()).await?;
        window.expect_reason("signed-out", "store-unreadable").await?;
        self.see(&window, "store-unreadable").await?;
        window.sign_in(&Account::SAM).await?;
        window.expect_state("signed-in").await?;
        self.see(&window, "not-kept").await?;
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

    /// A keychain that is away, what a sign-in asks then, and one that is locked, before and after it was asked for. At the
    /// end a device whose keychain was never set up.
    ///
    /// # Errors
    /// If a screen does not come, or the visitor fails.
    pub async fn keychain(&self) -> Result<()> {
        let server = Server::start().await?;
        let mut desktop = self.desktop_with_keychain("keychain").await?;
        signed_in(&desktop, &server).await?.close().await?;
        desktop.stop_keychain().await?;
        let window = desktop.open(server.url()).await?;
        window.expect_reason("held", "keychain-unavailable").await?;
        self.see(&window, "keychain-away").await?;
        window.press("check-in").await?;
        window.expect_alert().await?;
        self.see(&window, "keychain-still-away").await?;
        window.press("open-sign-in").await?;
        window.sign_in(&Account::SAM).await?;
        window.expect_alert().await?;
        self.see(&window, "key-file-consent").await?;
        window.close().await?;
        desktop.start_keychain(Keychain::Locked).await?;
        let window = desktop.open(server.url()).await?;
        window.expect_reason("held", "keychain-locked").await?;
        self.see(&window, "keychain-locked").await?;
        window.press("check-in").await?;
        window.expect_alert().await?;
        self.see(&window, "keychain-no-prompter").await?;
        window.close().await?;

        let mut desktop = self.desktop("keychain-never-set-up").await?;
        desktop.start_keychain(Keychain::Locked).await?;
        let window = desktop.open(server.url()).await?;
        window.sign_in(&Account::SAM).await?;
        window.expect_alert().await?;
        self.see(&window, "keychain-never-set-up").await?;
        window.close().await
    }

    /// A lease that has run out, and a file that somebody has changed. It takes more than a minute.
    ///
    /// # Errors
    /// If a screen does not come, or the visitor fails.
    pub async fn lease(&self) -> Result<()> {
        let mut server = Server::start_with(&[("LATCHKEY_SESSIONS_LEASE_SECONDS", "1")]).await?;
        let desktop = self.desktop("lease").await?;
        let window = signed_in(&desktop, &server).await?;
        server.stop().await?;
        until_within(LEASE_OVER, "the lease is over", async || {
            Ok(window.shows("[data-reason=\"lease-expired\"]").await?.then_some(()))
        })
        .await?;
        self.see(&window, "lease-expired").await?;
        window.close().await?;
        std::fs::write(desktop.session_file()?, "not what was written")?;
        let window = desktop.open(server.url()).await?;
        window.expect_reason("signed-out", "store-damaged").await?;
        self.see(&window, "store-damaged").await?;
        window.close().await
    }

    /// A clock that has gone back.
    ///
    /// # Errors
    /// If a screen does not come, or the visitor fails.
    pub async fn clock(&self) -> Result<()> {
        let mut server = Server::start().await?;
        let desktop = self.desktop("clock").await?.with_a_clock()?;
        signed_in(&desktop, &server).await?.close().await?;
        server.stop().await?;
        desktop.set_clock("-2h")?;
        let window = desktop.open(server.url()).await?;
        window.expect_reason("held", "clock-moved-back").await?;
        self.see(&window, "clock-moved-back").await?;
        window.close().await
    }

    /// What comes between the app and its server: nothing there, no TLS, settings that cannot be used, and another server.
    ///
    /// # Errors
    /// If a screen does not come, or the visitor fails.
    pub async fn network(&self) -> Result<()> {
        let (mut server, other) = (Server::start().await?, Server::start().await?);
        let desktop = self.desktop("network").await?;
        signed_in(&desktop, &server).await?.close().await?;
        let window = desktop.open(other.url()).await?;
        window.expect_reason("held", "session-unknown").await?;
        self.see(&window, "session-unknown").await?;
        window.close().await?;

        let desktop = self.desktop("network-faults").await?.with("https_proxy", "gopher://proxy.example");
        let by_proxy = "https://auth.example".to_owned();
        server.stop().await?;
        let without = other.url().replace("http", "https");
        for (url, screen) in [
            (server.url().to_owned(), "nothing-listening"),
            (without, "not-tls"),
            (by_proxy, "proxy-unsupported"),
        ] {
            let window = desktop.open(&url).await?;
            window.sign_in(&Account::SAM).await?;
            window.expect_alert().await?;
            self.see(&window, screen).await?;
            window.close().await?;
        }
        Ok(())
    }

    /// A session that was copied to another machine, one whose key is gone, and one that is past its limit.
    ///
    /// # Errors
    /// If a screen does not come, or the visitor fails.
    pub async fn endings(&self) -> Result<()> {
        let mut server = Server::start().await?;
        let desktop = self.desktop("endings").await?;
        signed_in(&desktop, &server).await?.close().await?;

        let elsewhere = self.desktop("elsewhere").await?;
        let elsewhere = elsewhere.on_another_machine("0f1e2d3c4b5a69788796a5b4c3d2e1f0")?;
        elsewhere.copy_data_of(&desktop)?;
        let window = elsewhere.open(server.url()).await?;
        window.expect_reason("signed-out", "device-changed").await?;
        self.see(&window, "device-changed").await?;
        window.close().await?;

        std::fs::remove_file(desktop.data_folder().join("device.key"))?;
        let window = desktop.open(server.url()).await?;
        window.expect_reason("signed-out", "device-key-missing").await?;
        self.see(&window, "device-key-missing").await?;

        window.sign_in(&Account::SAM).await?;
        window.expect_state("signed-in").await?;
        server.stop().await?;
        for limit in [
            "LATCHKEY_SESSIONS_LEASE_SECONDS",
            "LATCHKEY_SESSIONS_IDLE_SECONDS",
            "LATCHKEY_SESSIONS_ABSOLUTE_SECONDS",
        ] {
            server.set(limit, "1");
        }
        server.start_again().await?;
        check_until(&window, "session-ended").await?;
        self.see(&window, "session-ended").await?;
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
