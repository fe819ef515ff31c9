//! The screens with a fault: of the keychain, the clock, the network, the files, the session.

use std::time::Duration;

use anyhow::Result;

use super::{Scenario, signed_in};
use crate::keychain::Keychain;
use crate::server::{Account, Server};
use crate::wait::until_within;
use crate::window::Window;

/// The time-out for a lease of one second to expire, which takes the leeway of a minute more.
const LEASE_TIMEOUT: Duration = Duration::from_secs(240);

impl<Inspect: AsyncFn(&Window, &str) -> Result<()>> Scenario<Inspect> {
    /// A session that a copied profile replaces, and a key that two machines share.
    ///
    /// # Errors
    /// Returns an error if a screen does not appear, or the inspection fails.
    pub async fn sharing(&self) -> Result<()> {
        let server = Server::start().await?;
        let (here, copy) = (self.desktop("replaced").await?, self.desktop("copy").await?);
        let window = signed_in(&here, &server).await?;
        copy.copy_data_of(&here)?;
        copy.damage_session()?;
        signed_in(&copy, &server).await?.close().await?;
        window.check_until("replaced").await?;
        self.inspect(&window, "replaced").await?;
        window.close().await?;

        let container = self.desktop("container").await?;
        let container = container.on_another_machine("0f1e2d3c4b5a69788796a5b4c3d2e1f0")?;
        container.share_data_of(&copy)?;
        let window = signed_in(&container, &server).await?;
        window.click("summary").await?;
        window.script("document.querySelector('details').scrollIntoView()", &[]).await?;
        self.inspect(&window, "shared-key").await?;
        window.close().await
    }

    /// Files that cannot be read or written.
    ///
    /// # Errors
    /// Returns an error if a screen does not appear, or the inspection fails.
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
        window.expect_reason("held", "store-unreadable").await?;
        self.inspect(&window, "store-unreadable").await?;
        window.press("open-sign-in").await?;
        window.sign_in(&Account::SAM).await?;
        window.expect_state("signed-in").await?;
        self.inspect(&window, "not-kept").await?;
        window.close().await?;

        let desktop = self.desktop("store-newer").await?;
        signed_in(&desktop, &server).await?.close().await?;
        std::fs::write(desktop.session_file()?, r#"{ "format": 2 }"#)?;
        let window = desktop.open(server.url()).await?;
        window.expect_reason("held", "store-newer").await?;
        self.inspect(&window, "store-newer").await?;
        window.press("open-sign-in").await?;
        self.inspect(&window, "store-newer-ask").await?;
        window.close().await?;

        let desktop = self.desktop("device-id").await?.on_another_machine("uninitialized")?;
        signed_in(&desktop, &server).await?.close().await?;
        let id = desktop.data_folder().join("installation-id");
        std::fs::remove_file(&id)?;
        std::fs::create_dir(&id)?;
        let window = desktop.open(server.url()).await?;
        window.expect_reason("held", "device-id-unavailable").await?;
        self.inspect(&window, "device-id-unavailable").await?;
        window.close().await
    }

    /// A keychain that is missing, the consent that a sign-in then asks for, a locked keychain
    /// before and after an attempt to unlock it, and one that was never set up.
    ///
    /// # Errors
    /// Returns an error if a screen does not appear, or the inspection fails.
    pub async fn keychain(&self) -> Result<()> {
        let server = Server::start().await?;
        let mut desktop = self.desktop_with_keychain("keychain").await?;
        signed_in(&desktop, &server).await?.close().await?;
        desktop.stop_keychain().await?;
        let window = desktop.open(server.url()).await?;
        window.expect_reason("held", "keychain-unavailable").await?;
        self.inspect(&window, "keychain-away").await?;
        window.press("check-in").await?;
        window.expect_alert().await?;
        self.inspect(&window, "keychain-still-away").await?;
        window.press("open-sign-in").await?;
        window.sign_in(&Account::SAM).await?;
        window.expect_alert().await?;
        self.inspect(&window, "key-file-consent").await?;
        window.close().await?;
        desktop.start_keychain(Keychain::Locked).await?;
        let window = desktop.open(server.url()).await?;
        window.expect_reason("held", "keychain-locked").await?;
        self.inspect(&window, "keychain-locked").await?;
        window.press("check-in").await?;
        window.expect_alert().await?;
        self.inspect(&window, "keychain-no-prompter").await?;
        window.close().await?;

        let mut desktop = self.desktop("keychain-never-set-up").await?;
        desktop.start_keychain(Keychain::Locked).await?;
        let window = desktop.open(server.url()).await?;
        window.sign_in(&Account::SAM).await?;
        window.expect_alert().await?;
        self.inspect(&window, "keychain-never-set-up").await?;
        window.close().await
    }

    /// An expired lease, and a damaged file. Takes more than a minute.
    ///
    /// # Errors
    /// Returns an error if a screen does not appear, or the inspection fails.
    pub async fn lease(&self) -> Result<()> {
        let mut server = Server::start_with(&[("LATCHKEY_SESSIONS_LEASE_SECONDS", "1")]).await?;
        let desktop = self.desktop("lease").await?;
        let window = signed_in(&desktop, &server).await?;
        server.stop().await?;
        until_within(LEASE_TIMEOUT, "the lease has expired", async || {
            Ok(window.shows("[data-reason=\"lease-expired\"]").await?.then_some(()))
        })
        .await?;
        self.inspect(&window, "lease-expired").await?;
        window.close().await?;
        std::fs::write(desktop.session_file()?, "garbage")?;
        let window = desktop.open(server.url()).await?;
        window.expect_reason("signed-out", "store-damaged").await?;
        self.inspect(&window, "store-damaged").await?;
        window.close().await
    }

    /// A clock that was set back.
    ///
    /// # Errors
    /// Returns an error if a screen does not appear, or the inspection fails.
    pub async fn clock(&self) -> Result<()> {
        let mut server = Server::start().await?;
        let desktop = self.desktop("clock").await?.with_a_clock()?;
        signed_in(&desktop, &server).await?.close().await?;
        server.stop().await?;
        desktop.set_clock("-2h")?;
        let window = desktop.open(server.url()).await?;
        window.expect_reason("held", "clock-moved-back").await?;
        self.inspect(&window, "clock-moved-back").await?;
        window.close().await
    }

    /// Faults between the app and its server: another server, no server, no TLS, an unusable proxy.
    ///
    /// # Errors
    /// Returns an error if a screen does not appear, or the inspection fails.
    pub async fn network(&self) -> Result<()> {
        let (mut server, other) = (Server::start().await?, Server::start().await?);
        let desktop = self.desktop("network").await?;
        signed_in(&desktop, &server).await?.close().await?;
        let window = desktop.open(other.url()).await?;
        window.expect_reason("held", "session-unknown").await?;
        self.inspect(&window, "session-unknown").await?;
        window.close().await?;

        let desktop = self.desktop("network-faults").await?.with("https_proxy", "gopher://proxy.example");
        let through_proxy = "https://auth.example".to_owned();
        server.stop().await?;
        let not_tls = other.url().replace("http", "https");
        for (url, screen) in [
            (server.url().to_owned(), "nothing-listening"),
            (not_tls, "not-tls"),
            (through_proxy, "proxy-unsupported"),
        ] {
            let window = desktop.open(&url).await?;
            window.sign_in(&Account::SAM).await?;
            window.expect_alert().await?;
            self.inspect(&window, screen).await?;
            window.close().await?;
        }
        Ok(())
    }

    /// A session that was copied to another machine, one whose key is missing, and one past its
    /// limit.
    ///
    /// # Errors
    /// Returns an error if a screen does not appear, or the inspection fails.
    pub async fn endings(&self) -> Result<()> {
        let mut server = Server::start().await?;
        let desktop = self.desktop("endings").await?;
        signed_in(&desktop, &server).await?.close().await?;

        let elsewhere = self.desktop("elsewhere").await?;
        let elsewhere = elsewhere.on_another_machine("0f1e2d3c4b5a69788796a5b4c3d2e1f0")?;
        elsewhere.copy_data_of(&desktop)?;
        let window = elsewhere.open(server.url()).await?;
        window.expect_reason("signed-out", "device-changed").await?;
        self.inspect(&window, "device-changed").await?;
        window.close().await?;

        std::fs::remove_file(desktop.data_folder().join("device.key"))?;
        let window = desktop.open(server.url()).await?;
        window.expect_reason("signed-out", "device-key-missing").await?;
        self.inspect(&window, "device-key-missing").await?;

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
        window.check_until("session-ended").await?;
        self.inspect(&window, "session-ended").await?;
        window.close().await
    }
}
