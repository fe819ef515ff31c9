//! `cargo xtask run` on a bare machine: no session bus, no keychain, empty folders, a display
//! without a window manager.

use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use anyhow::{Context, Result};
use serde_json::Value;
use tempfile::TempDir;
use tokio::process::Command;
use tokio::time::timeout;

use crate::desktop::Status;
use crate::display::Display;
use crate::process::{Process, silent};
use crate::program;
use crate::wait::{TIMEOUT, until_within};

/// The time-out of the command, which may have to compile everything first.
const BUILD_TIMEOUT: Duration = Duration::from_secs(30 * 60);

/// The variables that name a user's folders. `HOME` stays, because cargo is in it.
const FOLDERS: [(&str, &str); 5] = [
    ("XDG_DATA_HOME", "data"),
    ("XDG_CONFIG_HOME", "config"),
    ("XDG_CACHE_HOME", "cache"),
    ("XDG_STATE_HOME", "state"),
    ("XDG_RUNTIME_DIR", "runtime"),
];

/// A bare machine, and the program that runs on it.
pub struct Demo {
    display: Display,
    folder: TempDir,
    log: PathBuf,
    running: Option<Process>,
}

impl Demo {
    /// Creates an empty machine with a display.
    ///
    /// # Errors
    /// Returns an error if the display does not start.
    pub async fn prepare() -> Result<Self> {
        let folder = tempfile::Builder::new().prefix("latchkey-e2e-demo-").tempdir()?;
        for (_, name) in FOLDERS {
            std::fs::create_dir(folder.path().join(name))?;
        }
        let log = folder.path().join("output.log");
        Ok(Self { display: Display::x11().await?, folder, log, running: None })
    }

    /// Its display.
    #[must_use]
    pub fn display(&self) -> &Display {
        &self.display
    }

    /// Starts the README's first command, waits until it reports that the window opens, and returns
    /// the server's URL.
    ///
    /// # Errors
    /// Returns an error if it ends earlier: the error contains its output.
    pub async fn run(&mut self) -> Result<String> {
        let mut command = silent("cargo");
        command.args(["xtask", "run", "--port", "0"]).current_dir(program::root());
        let database = self.folder.path().join("demo.db");
        command.env("LATCHKEY_DATABASE_URL", format!("sqlite:{}", database.display()));
        self.start(&mut command)?;
        let opens = until_within(BUILD_TIMEOUT, "the window opens", async || {
            self.ensure_running()?;
            let output = self.output()?;
            let line = output.lines().find_map(|line| line.trim().strip_prefix("The server is at "));
            let url = line.and_then(|line| line.split_whitespace().next());
            Ok(url.filter(|_| output.contains("The window opens now")).map(str::to_owned))
        });
        opens.await.with_context(|| self.output().unwrap_or_default())
    }

    /// Starts the app alone, like a user after the first run.
    ///
    /// # Errors
    /// Returns an error if it cannot be started.
    pub fn start_app(&mut self, server_url: &str) -> Result<()> {
        let mut command = silent(program::app()?);
        command.env("LATCHKEY_SERVER_URL", server_url);
        self.start(&mut command)
    }

    /// Waits until the running program ends by itself.
    ///
    /// # Errors
    /// Returns an error if it does not end: the error contains its output.
    pub async fn wait_for_exit(&mut self) -> Result<ExitStatus> {
        let mut running = self.running.take().context("nothing runs")?;
        let ended = timeout(TIMEOUT, running.child.wait()).await;
        Ok(ended
            .with_context(|| format!("the program does not end: {}", self.output().unwrap_or_default()))??)
    }

    /// Runs `latchkey --status`, without a display.
    ///
    /// # Errors
    /// Returns an error if it does not end in time, or prints anything other than one JSON
    /// document.
    pub async fn status(&self, server_url: &str) -> Result<Status> {
        let mut command = silent(program::app()?);
        self.set_env(&mut command);
        command.env("LATCHKEY_SERVER_URL", server_url).env_remove("DISPLAY").arg("--status");
        command.stdout(Stdio::piped()).kill_on_drop(true);
        let output = timeout(TIMEOUT, command.output()).await.context("it does not end")??;
        let view: Value = serde_json::from_slice(&output.stdout).context("not JSON")?;
        Ok(Status { code: output.status.code(), view })
    }

    /// The standard output and error of everything that ran here.
    ///
    /// # Errors
    /// Returns an error if they cannot be read.
    pub fn output(&self) -> Result<String> {
        Ok(String::from_utf8_lossy(&std::fs::read(&self.log)?).into_owned())
    }

    fn start(&mut self, command: &mut Command) -> Result<()> {
        self.set_env(command);
        let log = std::fs::File::options().create(true).append(true).open(&self.log)?;
        self.running = Some(Process::start(command.stdout(log.try_clone()?).stderr(log))?);
        Ok(())
    }

    fn ensure_running(&mut self) -> Result<()> {
        self.running.as_mut().context("nothing runs")?.ensure_running()
    }

    /// Gives a command this machine's folders and display.
    fn set_env(&self, command: &mut Command) {
        for (variable, name) in FOLDERS {
            command.env(variable, self.folder.path().join(name));
        }
        for variable in
            ["DBUS_SESSION_BUS_ADDRESS", "WAYLAND_DISPLAY", "GDK_BACKEND", "GTK_THEME", "LATCHKEY_LOG"]
        {
            command.env_remove(variable);
        }
        command.envs(self.display.variables());
    }
}
