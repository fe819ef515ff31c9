//! One window of the app, from its start to its end.
//!
//! Owns the WebDriver session and the ways in which a window opens and closes. What a user does
//! in the page is in `page.rs` and `keyboard.rs`.

use std::fs::File;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result};
use latchkey_testkit::free_port;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::json;
use thirtyfour::{Capabilities, WebDriver};
use tokio::net::TcpStream;

use crate::app_process::AppProcess;
use crate::cover::Cover;
use crate::desktop::Desktop;
use crate::identity::AppIdentity;
use crate::process::Process;
use crate::program;
use crate::screen::Screen;
use crate::wait::{TIMEOUT, until};

/// How long the description of a failed wait may take.
const DESCRIPTION_TIMEOUT: Duration = Duration::from_secs(5);

/// An open window. The app ends when this value is dropped.
pub struct Window {
    // Drops first: otherwise the driver's client would wait for the driver when a test failed.
    process: Process,
    pub(crate) driver: WebDriver,
    name: String,
    /// The name of its X11 display.
    display: String,
}

impl Desktop {
    /// Starts the app and waits until its window can be driven.
    ///
    /// # Errors
    /// Returns an error if the window does not open.
    pub async fn open(&self, server_url: &str) -> Result<Window> {
        Window::open(self, program::app()?, server_url, self.append_to_log()?).await
    }

    /// Starts the app with another file for its output, and waits until its window can be driven.
    ///
    /// # Errors
    /// Returns an error if the window does not open.
    pub async fn open_with_log(&self, server_url: &str, log: File) -> Result<Window> {
        Window::open(self, program::app()?, server_url, log).await
    }

    /// Starts another app of this build, whose page has an element with `data-state`.
    ///
    /// # Errors
    /// Returns an error if there is no such program, or the window does not open.
    pub async fn open_other(&self, app: AppIdentity, server_url: &str) -> Result<Window> {
        Window::open(self, program::find(app.program)?, server_url, self.append_to_log()?).await
    }

    /// Starts an app of this build and does not look at its page, which would take the app's time:
    /// for measurements.
    ///
    /// # Errors
    /// Returns an error if there is no such program, or the window does not open.
    pub async fn start_window(&self, app: AppIdentity, server_url: &str) -> Result<Window> {
        Window::start(self, program::find(app.program)?, server_url, self.append_to_log()?).await
    }

    fn append_to_log(&self) -> Result<File> {
        Ok(File::options().create(true).append(true).open(self.log()?)?)
    }
}

impl Window {
    async fn open(desktop: &Desktop, app: PathBuf, server_url: &str, log: File) -> Result<Self> {
        let window = Self::start(desktop, app, server_url, log).await?;
        window.find("[data-state]").await?;
        Ok(window)
    }

    /// Starts WebKit's driver on a desktop, which starts the app.
    async fn start(desktop: &Desktop, app: PathBuf, server_url: &str, log: File) -> Result<Self> {
        let port = free_port();
        let mut command = desktop.command_on_its_machine("WebKitWebDriver");
        desktop.set_env(&mut command);
        command.arg(format!("--port={port}")).arg("--host=127.0.0.1");
        // Tauri allows automation only with this variable.
        command.env("TAURI_WEBVIEW_AUTOMATION", "true").env("LATCHKEY_SERVER_URL", server_url);
        let mut process = Process::start(command.stdout(log.try_clone()?).stderr(log))?;
        until("WebKitWebDriver accepts connections", async || {
            process.ensure_running().context("WebKitWebDriver")?;
            Ok(TcpStream::connect(("127.0.0.1", port)).await.ok())
        })
        .await?;

        let mut capabilities = Capabilities::new();
        capabilities.set("webkitgtk:browserOptions", json!({ "binary": app, "args": [] }))?;
        let driver = WebDriver::new(format!("http://127.0.0.1:{port}"), capabilities)
            .await
            .context("the app's window did not open")?;
        driver.set_script_timeout(TIMEOUT).await?;
        let display = desktop.display().name().to_owned();
        Ok(Self { driver, process, name: desktop.name().to_owned(), display })
    }

    pub(crate) fn screen(&self) -> Result<Screen> {
        Screen::connect(&self.display)
    }

    /// The processes of the app: its backend, and those of the web view.
    ///
    /// # Errors
    /// Returns an error if they cannot be listed.
    pub fn processes(&self) -> Result<Vec<AppProcess>> {
        self.process.descendants()?.into_iter().map(AppProcess::new).collect()
    }

    /// The number of windows of the page.
    ///
    /// # Errors
    /// Returns an error if the driver cannot list them.
    pub async fn count(&self) -> Result<usize> {
        Ok(self.driver.windows().await?.len())
    }

    /// The class of the window, by which a desktop finds its entry (`StartupWMClass`).
    ///
    /// # Errors
    /// Returns an error if the window is not visible.
    pub fn class(&self) -> Result<String> {
        self.screen()?.class_of(&self.process.descendants()?)
    }

    /// Puts another window over this one, which takes the keyboard focus.
    ///
    /// # Errors
    /// Returns an error if the window is not visible.
    pub fn cover(&self) -> Result<Cover> {
        Cover::over(self.screen()?, &self.process.descendants()?)
    }

    /// Moves and resizes the window, in pixels of the screen.
    ///
    /// # Errors
    /// Returns an error if it is not visible.
    pub fn move_to(&self, x: i32, y: i32, width: u32, height: u32) -> Result<()> {
        self.screen()?.place(&self.process.descendants()?, (x, y, width, height))
    }

    /// The position of its upper left corner, in pixels of the screen.
    ///
    /// # Errors
    /// Returns an error if it is not visible.
    pub fn corner(&self) -> Result<(i16, i16)> {
        let (x, y, ..) = self.screen()?.place_of(&self.process.descendants()?)?;
        Ok((x, y))
    }

    /// Presses a mouse button over the middle of the window, by its number in the X protocol: 8
    /// goes back.
    ///
    /// # Errors
    /// Returns an error if the window is not visible.
    pub fn press_mouse(&self, button: u8) -> Result<()> {
        let screen = self.screen()?;
        let (x, y, width, height) = screen.place_of(&self.process.descendants()?)?;
        let half = |length: u16| i16::try_from(length / 2);
        screen.click(x.saturating_add(half(width)?), y.saturating_add(half(height)?), button)
    }

    /// Maximises the window.
    ///
    /// # Errors
    /// Returns an error if the driver cannot.
    pub async fn maximize(&self) -> Result<()> {
        Ok(self.driver.maximize_window().await?)
    }

    /// Enlarges the window, and returns the new size of its page in CSS pixels.
    ///
    /// # Errors
    /// Returns an error if it does not get that size.
    pub async fn resize_by(&self, width: u16, height: u16) -> Result<(u16, u16)> {
        let (old_width, old_height) = self.page_size().await?;
        let rect = self.driver.get_window_rect().await?;
        let (wide, high) =
            (u32::try_from(rect.width)? + u32::from(width), u32::try_from(rect.height)? + u32::from(height));
        self.driver.set_window_rect(rect.x, rect.y, wide, high).await?;
        // On its way there a compositor may give the page other sizes.
        let size = (old_width + width, old_height + height);
        self.expect_size(size.0, size.1).await?;
        Ok(size)
    }

    /// The size of the page, in CSS pixels.
    ///
    /// # Errors
    /// Returns an error if the page cannot be reached.
    pub async fn page_size(&self) -> Result<(u16, u16)> {
        let size = self.script("return [innerWidth, innerHeight]", &[]).await?;
        Ok(serde_json::from_value(size)?)
    }

    /// Closes the window by its close button, and waits until the app ends.
    ///
    /// # Errors
    /// Returns an error if it does not end.
    pub async fn close(self) -> Result<()> {
        // The driver's own way to close a window kills the app.
        self.screen()?.delete_windows_of(&self.process.descendants()?).context(self.name.clone())?;
        self.expect_closed().await
    }

    /// Closes the window by Ctrl and a key, and waits until the app ends.
    ///
    /// # Errors
    /// Returns an error if it does not end.
    pub async fn close_by_key(self, key: &str) -> Result<()> {
        // The driver may lose the page before it releases the keys.
        let _ = self.press_with_control(key).await;
        self.expect_closed().await
    }

    async fn expect_closed(self) -> Result<()> {
        let Self { mut process, driver, .. } = self;
        until("the app ends", async || Ok(process.descendants()?.is_empty().then_some(()))).await?;
        driver.leak()?;
        process.stop().await.map(drop)
    }

    /// Ends the app as a logout does, and waits until it ends.
    ///
    /// # Errors
    /// Returns an error if it does not end.
    pub async fn close_with_session(self) -> Result<()> {
        let processes = self.process.descendants()?.into_iter().filter_map(|id| AppProcess::new(id).ok());
        let backend = processes.into_iter().find(|process| !process.name.starts_with("WebKit"));
        let backend = backend.context("the app has ended")?.pid.try_into()?;
        kill_process(Pid::from_raw(backend).context("no process")?, Signal::TERM)?;
        self.expect_closed().await
    }

    /// Kills the app as a power cut does, and waits until it is gone.
    ///
    /// # Errors
    /// Returns an error if it does not end.
    pub async fn kill(self) -> Result<()> {
        let Self { mut process, driver, .. } = self;
        // The driver dies with the app, so its session cannot be closed.
        driver.leak()?;
        process.kill().await
    }

    /// Saves a picture of the window, and returns its path.
    ///
    /// # Errors
    /// Returns an error if the picture cannot be taken or written.
    pub async fn screenshot(&self, name: &str) -> Result<PathBuf> {
        let path = program::pictures()?.join(format!("{}-{name}.png", self.name));
        std::fs::write(&path, self.picture().await?)?;
        Ok(path)
    }

    /// A picture of the window as a PNG.
    ///
    /// # Errors
    /// Returns an error if it cannot be taken.
    pub async fn picture(&self) -> Result<Vec<u8>> {
        // The driver's picture can show the previous frame: wait two frames, and a moment for the
        // compositor.
        let settle = "const done = arguments[0]; \
             requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done, 50)));";
        self.driver.execute_async(settle, Vec::new()).await?;
        Ok(self.driver.screenshot_as_png().await?)
    }

    /// Waits until `check` finds something in the window. On a timeout the error says what the
    /// window shows instead, as text and as a picture.
    pub(crate) async fn until<T>(
        &self,
        what: &str,
        check: impl AsyncFnMut() -> Result<Option<T>>,
    ) -> Result<T> {
        match until(what, check).await {
            Ok(found) => Ok(found),
            Err(error) => {
                let shown = tokio::time::timeout(DESCRIPTION_TIMEOUT, async {
                    let picture = self.screenshot("failed").await?;
                    let text = self.text("body").await?;
                    anyhow::Ok(format!("the window shows “{text}” (picture: {})", picture.display()))
                });
                Err(match shown.await {
                    Ok(Ok(shown)) => error.context(shown),
                    _ => error.context("the window does not respond"),
                })
            }
        }
    }
}
