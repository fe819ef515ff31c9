//! A display for one desktop: X11 with or without a window manager, or Wayland inside it. The
//! windows of other tests are on other displays, so they cover no window here and take no focus.

use std::path::PathBuf;
use std::process::Stdio;

use anyhow::{Context, Result};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::net::UnixStream;
use tokio::time::timeout;

use crate::process::{Process, silent};
use crate::program;
use crate::screen::Screen;
use crate::wait::{TIMEOUT, until};

/// Width and height of X11 displays, and of a Wayland display inside one, in pixels.
const SIZE: (u16, u16) = (1280, 900);
const WAYLAND_SIZE: (u16, u16) = (1200, 860);

/// A display. It ends when this value is dropped.
pub struct Display {
    // Fields drop in this order: the others use the X server.
    _settings: Screen,
    _manager: Option<Process>,
    _server: Process,
    folder: TempDir,
    x11: String,
    wayland: Option<PathBuf>,
    shaders: PathBuf,
}

impl Display {
    /// Starts an X11 display without a window manager: windows get the place that they ask for.
    ///
    /// # Errors
    /// Returns an error if it does not start.
    pub async fn x11() -> Result<Self> {
        Self::of_size(SIZE).await
    }

    /// Starts an X11 display with twice as many pixels in each direction, for windows at double
    /// scale.
    ///
    /// # Errors
    /// Returns an error if it does not start.
    pub async fn at_double_scale() -> Result<Self> {
        Self::of_size((2 * SIZE.0, 2 * SIZE.1)).await
    }

    async fn of_size((width, height): (u16, u16)) -> Result<Self> {
        let folder = tempfile::Builder::new().prefix("latchkey-e2e-display-").tempdir()?;
        let mut command = silent("Xvfb");
        let screen = format!("{width}x{height}x24");
        command.args(["-displayfd", "1", "-noreset", "-nolisten", "tcp", "-screen", "0", &screen]);
        let mut server = Process::start(command.stdout(Stdio::piped()))?;
        let stdout = server.child.stdout.take().context("its output cannot be read")?;
        let number = timeout(TIMEOUT, BufReader::new(stdout).lines().next_line())
            .await
            .context("Xvfb does not report its display")??;
        let x11 = format!(":{}", number.context("Xvfb ended without reporting a display")?.trim());
        let settings = Screen::connect(&x11)?;
        settings.manage_settings()?;
        let shaders = program::shaders()?;
        Ok(Self { _settings: settings, _manager: None, _server: server, folder, x11, wayland: None, shaders })
    }

    /// Starts an X11 display with the window manager openbox.
    ///
    /// # Errors
    /// Returns an error if it does not start.
    pub async fn with_window_manager() -> Result<Self> {
        let mut display = Self::x11().await?;
        let mut command = silent("openbox");
        command.arg("--sm-disable").env("DISPLAY", &display.x11).env("HOME", display.folder.path());
        let mut manager = Process::start(&mut command)?;
        until("the window manager runs", async || {
            manager.ensure_running().context("openbox")?;
            Ok(display.screen()?.is_managed()?.then_some(()))
        })
        .await?;
        display._manager = Some(manager);
        Ok(display)
    }

    /// Starts a Wayland display: weston, in a window of an X11 display.
    ///
    /// # Errors
    /// Returns an error if it does not start.
    pub async fn wayland() -> Result<Self> {
        let mut display = Self::x11().await?;
        let socket = display.folder.path().join("wayland-test");
        let config = display.folder.path().join("weston.ini");
        std::fs::write(&config, "[core]\nidle-time=0\n[shell]\nlocking=false\n")?;
        let mut command = silent("weston");
        command
            .args(["--backend=x11-backend.so", "--use-pixman", "--socket=wayland-test"])
            .arg(format!("--config={}", config.display()))
            .args([format!("--width={}", WAYLAND_SIZE.0), format!("--height={}", WAYLAND_SIZE.1)])
            .env("DISPLAY", &display.x11)
            .env("XDG_RUNTIME_DIR", display.folder.path())
            .env_remove("WAYLAND_DISPLAY");
        let mut compositor = Process::start(&mut command)?;
        until("the compositor accepts connections", async || {
            compositor.ensure_running().context("weston")?;
            Ok(UnixStream::connect(&socket).await.ok())
        })
        .await?;
        display._manager = Some(compositor);
        display.wayland = Some(socket);
        Ok(display)
    }

    /// Connects to its X11 screen.
    ///
    /// # Errors
    /// Returns an error if the display has ended.
    pub fn screen(&self) -> Result<Screen> {
        Screen::connect(&self.x11)
    }

    /// The name of the X11 display.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.x11
    }

    /// The variables that make a program use this display, and the shaders of earlier ones.
    pub(crate) fn variables(&self) -> Vec<(&'static str, String)> {
        let mut variables = vec![("DISPLAY", self.x11.clone())];
        variables.push(("MESA_SHADER_CACHE_DIR", self.shaders.display().to_string()));
        if let Some(socket) = &self.wayland {
            variables.push(("WAYLAND_DISPLAY", socket.display().to_string()));
            variables.push(("GDK_BACKEND", "wayland".to_owned()));
        }
        variables
    }
}
