//! `cargo xtask run` as a newcomer starts it, on a machine on which nothing was prepared: no
//! session bus, no keychain, empty folders, a display without a window manager.

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
use crate::wait::{PATIENCE, until_within};

/// How long the command may take if it has to compile everything first.
const BUILD: Duration = Duration::from_secs(30 * 60);

/// The variables that lead to a person's folders, which the demo's are beside. `HOME` stays: cargo
/// is in it.
const FOLDERS: [(&str, &str); 5] = [
    ("XDG_DATA_HOME", "data"),
    ("XDG_CONFIG_HOME", "config"),
    ("XDG_CACHE_HOME", "cache"),
    ("XDG_STATE_HOME", "state"),
    ("XDG_RUNTIME_DIR", "runtime"),
];

/// A newcomer's machine, and what was started on it.
pub struct Demo {
    display: Display,
    folder: TempDir,
    log: PathBuf,
    running: Option<Process>,
}

impl Demo {
    /// An empty machine with a display.
    ///
    /// # Errors
    /// If the display does not start.
    pub async fn prepare() -> Result<Self> {
        let folder = tempfile::Builder::new().prefix("latchkey-e2e-demo-").tempdir()?;
        for (_, name) in FOLDERS {
            std::fs::create_dir(folder.path().join(name))?;
        }
        let log = folder.path().join("said.log");
        Ok(Self { display: Display::x11().await?, folder, log, running: None })
    }

    /// The display.
    #[must_use]
    pub fn display(&self) -> &Display {
        &self.display
    }

    /// Starts the README's first command and waits for what it says when the window opens; returns the server's address.
    ///
    /// # Errors
    /// If it ends before, with what it said.
    pub async fn run(&mut self) -> Result<String> {
        let mut command = silent("cargo");
        command.args(["xtask", "run", "--port", "0"]).current_dir(program::root());
        let database = self.folder.path().join("demo.db");
        command.env("LATCHKEY_DATABASE_URL", format!("sqlite:{}", database.display()));
        self.start(&mut command)?;
        let opens = until_within(BUILD, "the window opens", async || {
            self.still_runs()?;
            let said = self.said()?;
            let line = said.lines().find_map(|line| line.trim().strip_prefix("The server answers at "));
            let url = line.and_then(|line| line.split_whitespace().next());
            Ok(url.filter(|_| said.contains("The window opens now")).map(str::to_owned))
        });
        opens.await.with_context(|| self.said().unwrap_or_default())
    }

    /// Starts the app by itself, as a person does the next day.
    ///
    /// # Errors
    /// If it cannot be started.
    pub fn start_app(&mut self, server_url: &str) -> Result<()> {
        let mut command = silent(program::app()?);
        command.env("LATCHKEY_SERVER_URL", server_url);
        self.start(&mut command)
    }

    /// Waits until what was started has ended by itself.
    ///
    /// # Errors
    /// If it does not end: then the error has what it said.
    pub async fn ended(&mut self) -> Result<ExitStatus> {
        let mut running = self.running.take().context("nothing was started")?;
        let ended = timeout(PATIENCE, running.child.wait()).await;
        Ok(ended.with_context(|| format!("it does not end: {}", self.said().unwrap_or_default()))??)
    }

    /// Runs `latchkey --status`, without a display.
    ///
    /// # Errors
    /// If it does not end in time or prints something else than one JSON document.
    pub async fn status(&self, server_url: &str) -> Result<Status> {
        let mut command = silent(program::app()?);
        self.put_here(&mut command);
        command.env("LATCHKEY_SERVER_URL", server_url).env_remove("DISPLAY").arg("--status");
        command.stdout(Stdio::piped()).kill_on_drop(true);
        let output = timeout(PATIENCE, command.output()).await.context("it does not end")??;
        let view: Value = serde_json::from_slice(&output.stdout).context("not JSON")?;
        Ok(Status { code: output.status.code(), view })
    }

    /// What everything on this machine has said so far.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn said(&self) -> Result<String> {
        Ok(String::from_utf8_lossy(&std::fs::read(&self.log)?).into_owned())
    }

    fn start(&mut self, command: &mut Command) -> Result<()> {
        self.put_here(command);
        let log = std::fs::File::options().create(true).append(true).open(&self.log)?;
        self.running = Some(Process::start(command.stdout(log.try_clone()?).stderr(log))?);
        Ok(())
    }

    fn still_runs(&mut self) -> Result<()> {
        self.running.as_mut().context("nothing was started")?.still_runs()
    }

    /// Puts a command onto this machine.
    fn put_here(&self, command: &mut Command) {
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
