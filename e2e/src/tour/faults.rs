//! The part of the walk in which something is wrong: the keychain, the clock, the network, the
//! files, the session.

use std::time::Duration;

use anyhow::Result;

use super::{Tour, check_until, signed_in};
use crate::keychain::Keychain;
use crate::server::{Account, Server};
use crate::wait::until_within;
use crate::window::Window;

/// A lease of a second is over after the leeway of a minute.
const LEASE_OVER: Duration = Duration::from_secs(240);

impl<Visit: AsyncFn(&Window, &str) -> Result<()>> Tour<Visit> {
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
        window.script("document.querySelector('details').scrollIntoView()", &[]).await?;
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

    /// A lease that has run out, and a file that was changed from outside. It takes more than a minute.
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
