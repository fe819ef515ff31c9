//! What is done in the window before each picture.

use std::path::Path;
use std::time::Duration;

use anyhow::Result;
use latchkey_e2e::{Account, Desktop, Keychain, Server, Window, eventually, eventually_within};

use crate::small_png;

const CONNECTION: &str = "[data-testid=\"connection\"]";

/// A lease of a second is over after the leeway of a minute.
const LEASE_OVER: Duration = Duration::from_secs(240);

/// How the desktop is set.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Look {
    /// What the names of its pictures end with.
    suffix: &'static str,
    theme: &'static str,
    german: bool,
}

impl Look {
    pub(crate) const LIGHT: Self = Self { suffix: "", theme: "Adwaita", german: false };
    pub(crate) const DARK: Self = Self { suffix: "-dark", theme: "Adwaita:dark", german: false };
    pub(crate) const GERMAN: Self = Self { suffix: "-de", theme: "Adwaita", german: true };
}

/// The pictures of one look.
pub(crate) struct Album {
    look: Look,
}

impl Album {
    pub(crate) fn new(look: Look) -> Self {
        Self { look }
    }

    /// A desktop without a keychain, which may be slow on a busy machine, where none is to be seen.
    async fn desktop(&self, name: &str) -> Result<Desktop> {
        self.dress(Desktop::start_without_keychain(&format!("screens-{name}")).await?)
    }

    async fn desktop_with_keychain(&self, name: &str) -> Result<Desktop> {
        self.dress(Desktop::start(&format!("screens-{name}")).await?)
    }

    fn dress(&self, desktop: Desktop) -> Result<Desktop> {
        let desktop = desktop.with("GTK_THEME", self.look.theme).with("GDK_SCALE", "2");
        if self.look.german { desktop.in_german() } else { Ok(desktop) }
    }

    async fn save(&self, window: &Window, name: &str) -> Result<()> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/screens");
        std::fs::create_dir_all(&folder)?;
        let picture = small_png::from(&window.picture().await?)?;
        Ok(std::fs::write(folder.join(format!("{name}{}.png", self.look.suffix)), picture)?)
    }

    /// The form, its refusals, the account, and what is left of it without the server.
    pub(crate) async fn signing_in(&self) -> Result<()> {
        let mut server = Server::start().await?;
        let desktop = self.desktop_with_keychain("signing-in").await?;
        let window = desktop.open(server.url()).await?;
        self.save(&window, "sign-in").await?;
        window.sign_in_as(Account::SAM.username, "decepticons rule").await?;
        window.expect_alert().await?;
        self.save(&window, "wrong-password").await?;
        window.sign_in(&Account::SAM).await?;
        window.expect_state("signed-in").await?;
        window.expect_text(CONNECTION, "Online").await?;
        self.save(&window, "signed-in").await?;
        window.press("call-api").await?;
        window.expect_text("[data-testid=\"api-reply\"]", "Hello World!").await?;
        self.save(&window, "try-it").await?;
        window.click("summary").await?;
        window.script("document.querySelector('details').scrollIntoView()", &[]).await?;
        self.save(&window, "about").await?;
        window.close().await?;

        server.stop().await?;
        let window = desktop.open(server.url()).await?;
        window.expect_text(CONNECTION, "Offline").await?;
        self.save(&window, "offline").await?;
        window.press("open-devices").await?;
        window.expect_text("[data-testid=\"devices-status\"]", "online").await?;
        self.save(&window, "devices-offline").await?;
        window.press("back").await?;
        window.press("sign-out").await?;
        window.expect_reason("signed-out", "signed-out").await?;
        self.save(&window, "signed-out").await?;
        window.sign_in(&Account::SAM).await?;
        window.expect_alert().await?;
        self.save(&window, "unreachable").await?;
        window.close().await
    }

    /// The devices, and one that was ended from another.
    pub(crate) async fn devices(&self) -> Result<()> {
        let server = Server::start().await?;
        let (here, there) = (self.desktop("here").await?, self.desktop("there").await?);
        let mine = here.open(server.url()).await?;
        mine.sign_in(&Account::SAM).await?;
        mine.expect_state("signed-in").await?;
        let other = there.open(server.url()).await?;
        other.sign_in(&Account::SAM).await?;
        other.expect_state("signed-in").await?;

        mine.press("open-devices").await?;
        mine.expect_text("[data-testid=\"devices\"]", "127.0.0.1").await?;
        self.save(&mine, "devices").await?;
        mine.press("end").await?;
        mine.press("cancel").await?;
        mine.press("end").await?;
        self.save(&mine, "end-device").await?;
        mine.press("confirm-end").await?;
        mine.expect_gone("[data-testid=\"devices\"] li + li").await?;
        self.save(&mine, "device-ended").await?;
        eventually("the other device is out", async || {
            other.press_if_there("check-in").await?;
            Ok(other.shows("[data-reason=\"revoked\"]").await?.then_some(()))
        })
        .await?;
        self.save(&other, "revoked").await?;
        other.close().await?;
        mine.close().await
    }

    /// The change of the password.
    pub(crate) async fn password(&self) -> Result<()> {
        let server = Server::start().await?;
        let desktop = self.desktop("password").await?;
        let window = desktop.open(server.url()).await?;
        window.sign_in(&Account::SAM).await?;
        window.expect_state("signed-in").await?;
        window.press("open-password").await?;
        window.fill("current-password", Account::SAM.password).await?;
        window.fill("new-password", "megatron").await?;
        self.save(&window, "password").await?;
        window.press("change-password").await?;
        window.expect_text("[data-testid=\"password-alert\"]", "13").await?;
        self.save(&window, "password-too-short").await?;
        window.fill("new-password", "megatron must be stopped").await?;
        window.press("change-password").await?;
        window.find_text("[data-testid=\"password-status\"]").await?;
        self.save(&window, "password-changed").await?;
        window.close().await
    }

    /// A keychain that is locked, and one that is away.
    pub(crate) async fn keychain(&self) -> Result<()> {
        let server = Server::start().await?;
        let mut desktop = self.desktop_with_keychain("keychain").await?;
        let window = desktop.open(server.url()).await?;
        window.sign_in(&Account::SAM).await?;
        window.expect_state("signed-in").await?;
        window.close().await?;
        desktop.stop_keychain().await?;
        let window = desktop.open(server.url()).await?;
        window.expect_reason("held", "keychain-unavailable").await?;
        self.save(&window, "keychain-away").await?;
        window.close().await?;
        desktop.start_keychain(Keychain::Locked).await?;
        let window = desktop.open(server.url()).await?;
        window.expect_reason("held", "keychain-locked").await?;
        self.save(&window, "keychain-locked").await?;
        window.close().await
    }

    /// A lease that has run out, and a file that somebody has changed.
    pub(crate) async fn lease(&self) -> Result<()> {
        let mut server = Server::start_with(&[("LATCHKEY_SESSIONS_LEASE_SECONDS", "1")]).await?;
        let desktop = self.desktop("lease").await?;
        let window = desktop.open(server.url()).await?;
        window.sign_in(&Account::SAM).await?;
        window.expect_state("signed-in").await?;
        server.stop().await?;
        eventually_within(LEASE_OVER, "the lease is over", async || {
            Ok(window.shows("[data-reason=\"lease-expired\"]").await?.then_some(()))
        })
        .await?;
        self.save(&window, "lease-expired").await?;
        window.close().await?;
        std::fs::write(desktop.session_file(), "not what was written")?;
        let window = desktop.open(server.url()).await?;
        window.expect_reason("signed-out", "store-damaged").await?;
        self.save(&window, "store-damaged").await?;
        window.close().await
    }
}
