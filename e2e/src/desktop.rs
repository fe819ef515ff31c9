//! One user's desktop: its own display, folders, session bus and keychain.
//!
//! Owns what every app that starts on it gets: folders, bus, display, clock, language. Opens no
//! window itself (`window.rs`), and knows no file of the app (`stored_data.rs`).

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};

use anyhow::{Context, Result};
use tempfile::TempDir;
use tokio::process::Command;
use tokio::time::timeout;

use crate::bus;
use crate::display::Display;
use crate::fake_clock::FakeClock;
use crate::keychain::{self, Keychain};
use crate::process::{Process, silent};
use crate::profile::{self, write_profile};
use crate::program;
use crate::wait::TIMEOUT;

/// A desktop. It ends when this value is dropped.
pub struct Desktop {
    name: String,
    variables: Vec<(&'static str, String)>,
    // Fields drop in this order: the keychain uses the bus, and both use the folders.
    keychain: Option<Process>,
    _bus: Option<Process>,
    bus_address: Option<String>,
    display: Display,
    home: TempDir,
    machine_id: Option<PathBuf>,
    clock: Option<FakeClock>,
}

/// What `latchkey --status` returned.
#[derive(Debug)]
pub struct Status {
    /// The exit code: 0 signed in, 3 signed out, 4 held.
    pub code: Option<i32>,
    /// The session view that it printed.
    pub view: serde_json::Value,
}

impl Desktop {
    /// Starts a new desktop with an open keychain, on which the app never ran. Its pictures and
    /// logs are named after `name`.
    ///
    /// # Errors
    /// Returns an error if the display, the session bus or the keychain does not start.
    pub async fn start(name: &str) -> Result<Self> {
        let mut desktop = Self::start_without_keychain(name).await?;
        desktop.start_keychain(Keychain::Open).await?;
        Ok(desktop)
    }

    /// Starts a new desktop that has a session bus and no keychain.
    ///
    /// # Errors
    /// Returns an error if the display or the session bus does not start.
    pub async fn start_without_keychain(name: &str) -> Result<Self> {
        let mut desktop = Self::start_without_bus(name).await?;
        let (bus, address) = bus::start(desktop.home.path()).await.context("the session bus")?;
        (desktop._bus, desktop.bus_address) = (Some(bus), Some(address));
        Ok(desktop)
    }

    /// Starts a new desktop without a session bus, as in a container, with `ssh -X` or after
    /// `startx`: the variable is unset and the runtime folder is empty.
    ///
    /// # Errors
    /// Returns an error if the display does not start, or the user's folders cannot be created.
    pub async fn start_without_bus(name: &str) -> Result<Self> {
        for log in [log_of(name)?, keychain_log_of(name)?] {
            let _ = std::fs::remove_file(log);
        }
        let home = tempfile::Builder::new().prefix("latchkey-e2e-").tempdir()?;
        write_profile(home.path())?;
        Ok(Self {
            name: name.to_owned(),
            variables: Vec::new(),
            keychain: None,
            _bus: None,
            bus_address: None,
            display: Display::x11().await.context("the display")?,
            home,
            machine_id: None,
            clock: None,
        })
    }

    /// Starts the keychain, with the contents that it had when it stopped.
    ///
    /// # Errors
    /// Returns an error if it does not start.
    pub async fn start_keychain(&mut self, keychain: Keychain) -> Result<()> {
        let (home, bus) = (self.home.path(), self.bus_address.as_deref().context("there is no session bus")?);
        let log = File::options().create(true).append(true).open(keychain_log_of(&self.name)?)?;
        self.keychain = Some(keychain::start(keychain, home, bus, log).await.context("the keychain")?);
        Ok(())
    }

    /// Stops the keychain: the session bus has none from now on.
    ///
    /// # Errors
    /// Returns an error if none runs, or it does not end.
    pub async fn stop_keychain(&mut self) -> Result<()> {
        let mut keychain = self.keychain.take().context("there is no keychain")?;
        keychain.stop().await.map(drop)
    }

    /// Sets an environment variable of every app: `GTK_THEME`, `GDK_SCALE`.
    #[must_use]
    pub fn with(mut self, variable: &'static str, value: impl Into<String>) -> Self {
        self.variables.push((variable, value.into()));
        self
    }

    /// Moves the desktop to another display, for every app that starts from now on. Returns the old
    /// one, which ends when it is dropped.
    pub fn move_to(&mut self, display: Display) -> Display {
        std::mem::replace(&mut self.display, display)
    }

    /// The display of every app that starts from now on.
    #[must_use]
    pub fn display(&self) -> &Display {
        &self.display
    }

    /// Gives the desktop its own clock, which shows the right time at first.
    ///
    /// # Errors
    /// Returns an error if libfaketime is not installed.
    pub fn with_a_clock(mut self) -> Result<Self> {
        let clock = FakeClock::new(self.home.path())?;
        self.variables.extend(clock.variables()?);
        self.clock = Some(clock);
        Ok(self)
    }

    /// Sets the clock of [`Desktop::with_a_clock`], also for running programs, to an offset from
    /// the right time: `-2h`, `+10d`.
    ///
    /// # Errors
    /// Returns an error if the desktop has no clock of its own.
    pub fn set_clock(&self, offset: &str) -> Result<()> {
        self.clock.as_ref().context("this desktop has no clock of its own")?.set(offset)
    }

    /// Sets the language to German. Where the German locale is not installed, a link to the neutral
    /// one takes its name: the window reads only the name.
    ///
    /// # Errors
    /// Returns an error if this machine does not have the locale C.UTF-8.
    pub fn in_german(mut self) -> Result<Self> {
        let locales = self.home.path().join("locales");
        std::fs::create_dir(&locales)?;
        let plain = ["C.utf8", "C.UTF-8"].map(|name| Path::new("/usr/lib/locale").join(name));
        let plain = plain.iter().find(|folder| folder.is_dir()).context("there is no locale C.UTF-8")?;
        std::os::unix::fs::symlink(plain, locales.join("de_DE.UTF-8"))?;
        let locales = locales.to_str().context("the folder's name is not text")?.to_owned();
        self.variables.push(("LOCPATH", locales));
        self.variables.extend(["LANG", "LC_ALL"].map(|variable| (variable, "de_DE.UTF-8".to_owned())));
        Ok(self.with("LANGUAGE", "de"))
    }

    /// Gives the desktop's machine another id, for every window that opens from now on.
    ///
    /// # Errors
    /// Returns an error if the id cannot be written.
    pub fn on_another_machine(mut self, id: &str) -> Result<Self> {
        let file = self.home.path().join("machine-id");
        std::fs::write(&file, format!("{id}\n"))?;
        self.machine_id = Some(file);
        Ok(self)
    }

    /// Runs `latchkey --status`.
    ///
    /// # Errors
    /// Returns an error if it does not end in time, or prints anything other than one JSON
    /// document.
    pub async fn status(&self, server_url: &str) -> Result<Status> {
        let mut command = silent(program::app()?);
        self.set_env(&mut command);
        command.env("LATCHKEY_SERVER_URL", server_url).env_remove("DISPLAY").env_remove("WAYLAND_DISPLAY");
        command.arg("--status").stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        let output =
            timeout(TIMEOUT, command.output()).await.context("`latchkey --status` does not end")??;
        let view = serde_json::from_slice(&output.stdout).with_context(|| {
            let stdout = String::from_utf8_lossy(&output.stdout);
            format!("not JSON: {stdout} {}", String::from_utf8_lossy(&output.stderr))
        })?;
        Ok(Status { code: output.status.code(), view })
    }

    /// Starts the app again while a window is open, and waits until this second process ends.
    ///
    /// # Errors
    /// Returns an error if it does not end.
    pub async fn start_second_instance(&self, server_url: &str) -> Result<ExitStatus> {
        let mut command = silent(program::app()?);
        self.set_env(&mut command);
        let mut app = command.env("LATCHKEY_SERVER_URL", server_url).kill_on_drop(true).spawn()?;
        Ok(timeout(TIMEOUT, app.wait()).await.context("the second start does not end")??)
    }

    /// The standard output and error of all apps on this desktop.
    ///
    /// # Errors
    /// Returns an error if no window was opened yet.
    pub fn output(&self) -> Result<Vec<u8>> {
        Ok(std::fs::read(self.log()?)?)
    }

    /// Every file that any program left in this user's folders.
    ///
    /// # Errors
    /// Returns an error if a folder cannot be read.
    pub fn files(&self) -> Result<Vec<PathBuf>> {
        let mut files = Vec::new();
        let mut folders = vec![self.home.path().to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in folder.read_dir().with_context(|| folder.display().to_string())? {
                let entry = entry?;
                match entry.file_type()? {
                    kind if kind.is_dir() => folders.push(entry.path()),
                    kind if kind.is_file() => files.push(entry.path()),
                    _ => {}
                }
            }
        }
        Ok(files)
    }

    pub(crate) fn home(&self) -> &Path {
        self.home.path()
    }

    pub(crate) fn log(&self) -> Result<PathBuf> {
        log_of(&self.name)
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// A program on this desktop's machine. It sees this machine's id in place of the real one.
    pub(crate) fn command_on_its_machine(&self, program: &str) -> Command {
        let Some(id) = &self.machine_id else { return silent(program) };
        let mut command = silent("unshare");
        command.args(["--user", "--map-current-user", "--keep-caps", "--mount", "sh", "-c"]);
        command.arg(
            "for file in /etc/machine-id /var/lib/dbus/machine-id; do \
             [ ! -e $file ] || mount --bind \"$0\" $file || exit 1; done; exec \"$@\"",
        );
        command.arg(id).arg(program);
        command
    }

    /// Gives a command this desktop's folders, bus, display, clock and language.
    pub(crate) fn set_env(&self, command: &mut Command) {
        profile::set_env(command, self.home.path(), self.bus_address.as_deref());
        command.envs(self.display.variables());
        command.envs(self.variables.iter().map(|(variable, value)| (variable, value)));
    }
}

/// The file for the output of all apps of a desktop.
fn log_of(desktop: &str) -> Result<PathBuf> {
    Ok(program::pictures()?.join(format!("{desktop}.log")))
}

/// The file for what the keychains of a desktop report.
fn keychain_log_of(desktop: &str) -> Result<PathBuf> {
    Ok(program::pictures()?.join(format!("{desktop}-keychain.log")))
}
