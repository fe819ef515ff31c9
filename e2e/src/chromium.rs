//! Debian's Chromium as the system's browser: a script that `BROWSER` names hands the address over
//! to the test, and the test drives Chromium over WebDriver.

use std::path::PathBuf;
use std::process::Stdio;

use anyhow::{Context, Result, bail};
use latchkey_testkit::free_port;
use serde_json::json;
use tempfile::TempDir;
use thirtyfour::{By, CapabilitiesHelper, ChromiumLikeCapabilities, DesiredCapabilities, WebDriver};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::time::timeout;

use crate::process::{Process, silent};
use crate::program;
use crate::wait::{TIMEOUT, until};

/// A browser with a profile of its own, without a window. It ends when this value is dropped.
pub struct Chromium {
    driver: WebDriver,
    _process: Process,
    _profile: TempDir,
}

/// The script that `BROWSER` names, and the addresses that it was asked to open.
pub struct Opener {
    folder: TempDir,
}

impl Opener {
    /// Makes the script.
    ///
    /// # Errors
    /// Returns an error if it cannot be written.
    pub fn new() -> Result<Self> {
        use std::os::unix::fs::PermissionsExt as _;
        let opener = Self { folder: tempfile::Builder::new().prefix("latchkey-e2e-browser-").tempdir()? };
        let script = format!("#!/bin/sh\nprintf '%s\\n' \"$1\" >> '{}'\n", opener.opened_file().display());
        std::fs::write(opener.program(), script)?;
        std::fs::set_permissions(opener.program(), std::fs::Permissions::from_mode(0o700))?;
        Ok(opener)
    }

    /// The script, for `BROWSER`.
    #[must_use]
    pub fn program(&self) -> PathBuf {
        self.folder.path().join("browser")
    }

    /// Waits until it was asked for the address number `count`, and returns that.
    ///
    /// # Errors
    /// Returns an error if that does not happen.
    pub async fn opened(&self, count: usize) -> Result<String> {
        until("the app opens the browser", async || {
            let opened = std::fs::read_to_string(self.opened_file()).unwrap_or_default();
            Ok(opened.lines().nth(count.saturating_sub(1)).map(str::to_owned))
        })
        .await
    }

    fn opened_file(&self) -> PathBuf {
        self.folder.path().join("opened")
    }
}

impl Chromium {
    /// Starts it. It accepts the certificates of tests.
    ///
    /// # Errors
    /// Returns an error if it is not installed, or does not start.
    pub async fn start() -> Result<Self> {
        let profile = tempfile::Builder::new().prefix("latchkey-e2e-chromium-").tempdir()?;
        let mut command = silent("chromedriver");
        // At port 0 it ends if the port that it gets for IPv4 is not free for IPv6.
        command.arg(format!("--port={}", free_port())).stdout(Stdio::piped());
        let mut process = Process::start(&mut command)?;
        let stdout = process.child.stdout.take().context("its output cannot be read")?;
        let mut lines = BufReader::new(stdout).lines();
        let port = timeout(TIMEOUT, async {
            while let Some(line) = lines.next_line().await? {
                if let Some((_, port)) = line.rsplit_once("successfully on port ") {
                    return Ok(port.trim_end_matches('.').to_owned());
                }
            }
            bail!("chromedriver ended")
        })
        .await
        .context("chromedriver does not listen")??;
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        let mut capabilities = DesiredCapabilities::chrome();
        let folder = format!("--user-data-dir={}", profile.path().display());
        for argument in ["--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--lang=en", &folder] {
            capabilities.add_arg(argument)?;
        }
        capabilities.accept_insecure_certs(true)?;
        let driver = WebDriver::new(format!("http://127.0.0.1:{port}"), capabilities).await?;
        Ok(Self { driver, _process: process, _profile: profile })
    }

    /// Gives it an authenticator that verifies the user, and makes passkeys without a question.
    ///
    /// # Errors
    /// Returns an error if the browser does not respond.
    pub async fn add_authenticator(&self) -> Result<()> {
        let tools = self.driver.cdp();
        tools.send_raw("WebAuthn.enable", json!({})).await?;
        let options = json!({
            "protocol": "ctap2", "transport": "internal", "hasResidentKey": true,
            "hasUserVerification": true, "isUserVerified": true, "automaticPresenceSimulation": true,
        });
        let added = tools.send_raw("WebAuthn.addVirtualAuthenticator", json!({ "options": options }));
        added.await?;
        Ok(())
    }

    /// Opens an address.
    ///
    /// # Errors
    /// Returns an error if the browser does not respond.
    pub async fn open(&self, url: &str) -> Result<()> {
        Ok(self.driver.goto(url).await?)
    }

    /// Clicks the element that a CSS selector finds.
    ///
    /// # Errors
    /// Returns an error if there is none.
    pub async fn click(&self, selector: &str) -> Result<()> {
        let found = until("the page has what is to be clicked", async || {
            Ok(self.driver.find(By::Css(selector)).await.ok())
        });
        Ok(found.await.with_context(|| selector.to_owned())?.click().await?)
    }

    /// Types into the element that a CSS selector finds.
    ///
    /// # Errors
    /// Returns an error if there is none.
    pub async fn fill(&self, selector: &str, text: &str) -> Result<()> {
        Ok(self.driver.find(By::Css(selector)).await?.send_keys(text).await?)
    }

    /// Waits until the page shows a text.
    ///
    /// # Errors
    /// Returns an error if it does not.
    pub async fn expect_text(&self, text: &str) -> Result<()> {
        // A page that gives way to the next one has no text for a moment.
        let shows = async || Ok(self.text().await.unwrap_or_default().contains(text).then_some(()));
        until("the page shows a text", shows).await.with_context(|| text.to_owned())
    }

    /// The text of the page.
    ///
    /// # Errors
    /// Returns an error if the browser does not respond.
    pub async fn text(&self) -> Result<String> {
        Ok(self.driver.find(By::Tag("body")).await?.text().await?)
    }

    /// Takes a picture of the page. It is named after `name`.
    ///
    /// # Errors
    /// Returns an error if the picture cannot be taken or written.
    pub async fn screenshot(&self, name: &str) -> Result<PathBuf> {
        let path = program::pictures()?.join(format!("page-{name}.png"));
        std::fs::write(&path, self.driver.screenshot_as_png().await?)?;
        Ok(path)
    }

    /// Closes the browser.
    ///
    /// # Errors
    /// Returns an error if it does not respond.
    pub async fn close(self) -> Result<()> {
        Ok(self.driver.clone().quit().await?)
    }
}
