//! A display of a test's own: an X11 one with or without a window manager, or a Wayland one inside
//! it.

use std::path::PathBuf;
use std::process::Stdio;

use anyhow::{Context, Result};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::net::UnixStream;
use tokio::time::timeout;

use crate::managed::Screen;
use crate::process::{Process, silent};
use crate::wait::{PATIENCE, until};

/// Width and height of the X11 displays, and of the Wayland one inside them.
const SIZE: (u16, u16) = (1280, 900);
const WAYLAND_SIZE: (u16, u16) = (1200, 860);

/// A display that lasts as long as this value.
pub struct Display {
    // In the order in which they must go.
    _shown_by: Option<Process>,
    _server: Process,
    folder: TempDir,
    x11: String,
    wayland: Option<PathBuf>,
}

impl Display {
    /// An X11 display without a window manager: every window is where it asked to be.
    ///
    /// # Errors
    /// If it does not start.
    pub async fn x11() -> Result<Self> {
        let folder = tempfile::Builder::new().prefix("latchkey-e2e-display-").tempdir()?;
        let mut command = silent("Xvfb");
        let screen = format!("{}x{}x24", SIZE.0, SIZE.1);
        command.args(["-displayfd", "1", "-noreset", "-nolisten", "tcp", "-screen", "0", &screen]);
        let mut server = Process::start(command.stdout(Stdio::piped()))?;
        let stdout = server.child.stdout.take().context("its output cannot be read")?;
        let number =
            timeout(PATIENCE, BufReader::new(stdout).lines().next_line()).await.context("no display")??;
        let x11 = format!(":{}", number.context("Xvfb ended without a display")?.trim());
        Ok(Self { _shown_by: None, _server: server, folder, x11, wayland: None })
    }

    /// An X11 display with a window manager, openbox.
    ///
    /// # Errors
    /// If it does not start.
    pub async fn with_window_manager() -> Result<Self> {
        let mut display = Self::x11().await?;
        let mut command = silent("openbox");
        command.arg("--sm-disable").env("DISPLAY", &display.x11).env("HOME", display.folder.path());
        let mut manager = Process::start(&mut command)?;
        until("the window manager is there", async || {
            manager.still_runs().context("openbox")?;
            Ok(display.screen()?.is_managed()?.then_some(()))
        })
        .await?;
        display._shown_by = Some(manager);
        Ok(display)
    }

    /// A Wayland display: weston, whose own window is on an X11 display.
    ///
    /// # Errors
    /// If it does not start.
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
        until("the compositor answers", async || {
            compositor.still_runs().context("weston")?;
            Ok(UnixStream::connect(&socket).await.ok())
        })
        .await?;
        display._shown_by = Some(compositor);
        display.wayland = Some(socket);
        Ok(display)
    }

    /// What is on it, as far as X11 knows.
    ///
    /// # Errors
    /// If it has gone.
    pub fn screen(&self) -> Result<Screen> {
        Screen::connect(Some(&self.x11))
    }

    /// The name of the X11 display.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.x11
    }

    /// The variables that lead a program here.
    pub(crate) fn variables(&self) -> Vec<(&'static str, String)> {
        let mut variables = vec![("DISPLAY", self.x11.clone())];
        if let Some(socket) = &self.wayland {
            variables.push(("WAYLAND_DISPLAY", socket.display().to_string()));
            variables.push(("GDK_BACKEND", "wayland".to_owned()));
        }
        variables
    }
}
