//! One window of the app, from its start to its end.

use std::fs::File;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::json;
use thirtyfour::{Capabilities, WebDriver};
use tokio::net::{TcpListener, TcpStream};

use crate::desktop::Desktop;
use crate::memory::AppProcess;
use crate::process::Process;
use crate::program;
use crate::screen::{self, Cover};
use crate::wait::{PATIENCE, until};

/// A window that is open until it is closed or this value goes. What a person does in it is in `page.rs`.
pub struct Window {
    // Goes first, or the driver's client would wait for it when a test failed.
    process: Process,
    pub(crate) driver: WebDriver,
    name: String,
}

impl Window {
    /// Starts WebKit's driver on a desktop, which starts the app.
    pub(crate) async fn open(desktop: &Desktop, app: PathBuf, server_url: &str) -> Result<Self> {
        let log = std::fs::File::options().create(true).append(true).open(desktop.log()?)?;
        Self::open_with_log(desktop, app, server_url, log).await
    }

    /// The same with another file for what the app says.
    pub(crate) async fn open_with_log(
        desktop: &Desktop,
        app: PathBuf,
        server_url: &str,
        log: File,
    ) -> Result<Self> {
        let port = TcpListener::bind("127.0.0.1:0").await?.local_addr()?.port();
        let mut command = desktop.on_its_machine("WebKitWebDriver");
        desktop.furnish(&mut command);
        command.arg(format!("--port={port}")).arg("--host=127.0.0.1");
        // Tauri lets itself be driven only if it is told so.
        command.env("TAURI_WEBVIEW_AUTOMATION", "true").env("LATCHKEY_SERVER_URL", server_url);
        let mut process = Process::start(command.stdout(log.try_clone()?).stderr(log))?;
        until("WebKitWebDriver answers", async || {
            process.still_runs().context("WebKitWebDriver")?;
            Ok(TcpStream::connect(("127.0.0.1", port)).await.ok())
        })
        .await?;

        let mut capabilities = Capabilities::new();
        capabilities.set("webkitgtk:browserOptions", json!({ "binary": app, "args": [] }))?;
        let driver = WebDriver::new(format!("http://127.0.0.1:{port}"), capabilities)
            .await
            .context("the app's window did not come: is there a screen?")?;
        driver.set_script_timeout(PATIENCE).await?;
        let window = Self { driver, process, name: desktop.name().to_owned() };
        window.find("[data-state]").await?;
        Ok(window)
    }

    /// The processes of the app that show this window: its backend, and those of the web view.
    ///
    /// # Errors
    /// If they cannot be listed.
    pub fn processes(&self) -> Result<Vec<AppProcess>> {
        self.process.started()?.into_iter().map(AppProcess::new).collect()
    }

    /// How many windows of the page the driver can see.
    ///
    /// # Errors
    /// If it does not say.
    pub async fn count(&self) -> Result<usize> {
        Ok(self.driver.windows().await?.len())
    }

    /// The class that the window gives itself, which a desktop finds its entry by (`StartupWMClass`).
    ///
    /// # Errors
    /// If the window is not shown.
    pub fn class(&self) -> Result<String> {
        screen::class_of(&self.process.started()?)
    }

    /// Puts another window over this one, and takes the keyboard away from it.
    ///
    /// # Errors
    /// If the window is not shown.
    pub fn cover(&self) -> Result<Cover> {
        Cover::over(&self.process.started()?)
    }

    /// Moves the window and gives it another size, in pixels of the screen.
    ///
    /// # Errors
    /// If it is not shown.
    pub fn move_to(&self, x: i32, y: i32, width: u32, height: u32) -> Result<()> {
        screen::place_window_of(&self.process.started()?, x, y, width, height)
    }

    /// Makes the window fill the screen.
    ///
    /// # Errors
    /// If the driver cannot.
    pub async fn maximize(&self) -> Result<()> {
        Ok(self.driver.maximize_window().await?)
    }

    /// Makes the window larger, and returns how much room its page has then, in its own pixels.
    ///
    /// # Errors
    /// If it stays as it is.
    pub async fn resize_by(&self, width: u32, height: u32) -> Result<(u16, u16)> {
        let (old_width, old_height) = self.page_size().await?;
        let rect = self.driver.get_window_rect().await?;
        let (wide, high) = (u32::try_from(rect.width)? + width, u32::try_from(rect.height)? + height);
        self.driver.set_window_rect(rect.x, rect.y, wide, high).await?;
        self.until("the window has become larger", async || {
            let (width, height) = self.page_size().await?;
            Ok((width > old_width && height > old_height).then_some((width, height)))
        })
        .await
    }

    /// How much room the page has, in its own pixels.
    ///
    /// # Errors
    /// If the page cannot be reached.
    pub async fn page_size(&self) -> Result<(u16, u16)> {
        let size = self.script("return [innerWidth, innerHeight]", &[]).await?;
        Ok(serde_json::from_value(size)?)
    }

    /// Presses a button of the mouse over the middle of the window, by its number in the X protocol: 8 leads back.
    ///
    /// # Errors
    /// If the window is not shown.
    pub fn press_mouse(&self, button: u8) -> Result<()> {
        screen::press_mouse_on(&self.process.started()?, button)
    }

    /// Where its upper left corner is, in pixels of the screen.
    ///
    /// # Errors
    /// If it is not shown.
    pub fn corner(&self) -> Result<(i16, i16)> {
        screen::corner_of_window_of(&self.process.started()?)
    }

    /// Closes the window as a person does, by its close button, and waits until the app is gone.
    ///
    /// # Errors
    /// If it does not go.
    pub async fn close(self) -> Result<()> {
        // The driver's own way to close a window is to kill the app.
        screen::close_windows_of(&self.process.started()?).context(self.name.clone())?;
        self.expect_closed().await
    }

    /// Closes the window by Ctrl and a key, and waits until the app is gone.
    ///
    /// # Errors
    /// If it does not go.
    pub async fn close_by_key(self, key: &str) -> Result<()> {
        // The driver may lose the page before it has let go of the keys.
        let _ = self.press_with_control(key).await;
        self.expect_closed().await
    }

    async fn expect_closed(self) -> Result<()> {
        let Self { mut process, driver, .. } = self;
        until("the app has ended", async || Ok(process.started()?.is_empty().then_some(()))).await?;
        driver.leak()?;
        process.stop().await.map(drop)
    }

    /// Ends the app as the end of a desktop session does, and waits until it is gone.
    ///
    /// # Errors
    /// If it does not go.
    pub async fn close_with_session(self) -> Result<()> {
        let Self { mut process, driver, .. } = self;
        let processes = process.started()?.into_iter().filter_map(|id| AppProcess::new(id).ok());
        let backend = processes.into_iter().find(|process| !process.name.starts_with("WebKit"));
        let backend = backend.context("the app is gone")?.pid.try_into()?;
        kill_process(Pid::from_raw(backend).context("no process")?, Signal::TERM)?;
        until("the app has ended", async || Ok(process.started()?.is_empty().then_some(()))).await?;
        driver.leak()?;
        process.stop().await.map(drop)
    }

    /// Ends the app as a power cut does, and waits until it is gone.
    ///
    /// # Errors
    /// If it does not go.
    pub async fn kill(self) -> Result<()> {
        let Self { mut process, driver, .. } = self;
        // The driver goes with the app, so there is nobody to say good-bye to.
        driver.leak()?;
        process.kill().await
    }

    /// Saves a picture of what the window shows now, and tells where.
    ///
    /// # Errors
    /// If it cannot be taken or written.
    pub async fn screenshot(&self, name: &str) -> Result<PathBuf> {
        let path = program::pictures()?.join(format!("{}-{name}.png", self.name));
        std::fs::write(&path, self.picture().await?)?;
        Ok(path)
    }

    /// What the window shows now, as a PNG.
    ///
    /// # Errors
    /// If it cannot be taken.
    pub async fn picture(&self) -> Result<Vec<u8>> {
        // The driver's picture can be of the frame before: two frames, and a moment for the compositor, make sure.
        let settle = "const done = arguments[0]; \
             requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done, 50)));";
        self.driver.execute_async(settle, Vec::new()).await?;
        Ok(self.driver.screenshot_as_png().await?)
    }

    /// Waits for something in the window. If it does not come about, the error tells what the window shows instead, in words
    /// and as a picture.
    pub(crate) async fn until<T>(
        &self,
        what: &str,
        look: impl AsyncFnMut() -> Result<Option<T>>,
    ) -> Result<T> {
        match until(what, look).await {
            Ok(found) => Ok(found),
            Err(error) => {
                let shown = tokio::time::timeout(Duration::from_secs(5), async {
                    let picture = self.screenshot("failed").await?;
                    let text = self.text("body").await?;
                    anyhow::Ok(format!("the window shows “{text}” (picture: {})", picture.display()))
                });
                Err(match shown.await {
                    Ok(Ok(shown)) => error.context(shown),
                    _ => error.context("the window shows nothing any more"),
                })
            }
        }
    }
}
