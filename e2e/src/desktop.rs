//! One person's desktop: their folders, session bus and keychain, apart from everybody else's.

use std::fs::File;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};

use anyhow::{Context, Result};
use tempfile::TempDir;
use tokio::process::Command;
use tokio::time::timeout;

use crate::bus;
use crate::display::Display;
use crate::identity::AppIdentity;
use crate::keychain::{self, Keychain};
use crate::process::{Process, silent};
use crate::program;
use crate::wait::PATIENCE;
use crate::window::Window;
use crate::wrong_clock::WrongClock;

/// A desktop that lasts as long as this value.
pub struct Desktop {
    name: String,
    settings: Vec<(&'static str, String)>,
    // In the order in which they must go.
    keychain: Option<Process>,
    _bus: Option<Process>,
    bus_address: Option<String>,
    home: TempDir,
    machine_id: Option<PathBuf>,
    clock: Option<WrongClock>,
}

/// What `latchkey --status` said.
#[derive(Debug)]
pub struct Status {
    /// 0 signed in, 3 signed out, 4 held.
    pub code: Option<i32>,
    /// The session view that it printed.
    pub view: serde_json::Value,
}

impl Desktop {
    /// A new desktop with an open keychain, on which the app was never started. The name marks its pictures.
    ///
    /// # Errors
    /// If the session bus or the keychain cannot be started.
    pub async fn start(name: &str) -> Result<Self> {
        let mut desktop = Self::start_without_keychain(name).await?;
        desktop.start_keychain(Keychain::Open).await?;
        Ok(desktop)
    }

    /// The same, but without a keychain.
    ///
    /// # Errors
    /// If the session bus cannot be started.
    pub async fn start_without_keychain(name: &str) -> Result<Self> {
        let mut desktop = Self::start_without_bus(name)?;
        let (bus, address) = bus::start(desktop.home.path()).await.context("the session bus")?;
        (desktop._bus, desktop.bus_address) = (Some(bus), Some(address));
        Ok(desktop)
    }

    /// The same, but without a session bus either: a container, `ssh -X`, `startx`. Its variable is not set, and the runtime
    /// folder is empty.
    ///
    /// # Errors
    /// If the person's folders cannot be made.
    pub fn start_without_bus(name: &str) -> Result<Self> {
        let _ = std::fs::remove_file(log_of(name)?);
        let home = tempfile::Builder::new().prefix("latchkey-e2e-").tempdir()?;
        for folder in FOLDERS {
            std::fs::create_dir(home.path().join(folder.1))?;
        }
        Ok(Self {
            name: name.to_owned(),
            settings: Vec::new(),
            keychain: None,
            _bus: None,
            bus_address: None,
            home,
            machine_id: None,
            clock: None,
        })
    }

    /// Starts the keychain with what is in it already, once it is stopped.
    ///
    /// # Errors
    /// If it does not start.
    pub async fn start_keychain(&mut self, keychain: Keychain) -> Result<()> {
        let (home, bus) = (self.home.path(), self.bus_address.as_deref().context("there is no session bus")?);
        self.keychain = Some(keychain::start(keychain, home, bus).await.context("the keychain")?);
        Ok(())
    }

    /// Takes the keychain away: there is none on the session bus from now on.
    ///
    /// # Errors
    /// If there is none already, or it does not end.
    pub async fn stop_keychain(&mut self) -> Result<()> {
        let mut keychain = self.keychain.take().context("there is no keychain")?;
        keychain.stop().await.map(drop)
    }

    /// The same desktop with another setting, as an environment variable of every app: `GTK_THEME`, `GDK_SCALE`.
    #[must_use]
    pub fn with(mut self, variable: &'static str, value: &'static str) -> Self {
        self.settings.push((variable, value.to_owned()));
        self
    }

    /// The same desktop on another display, with every app that is opened from now on.
    pub fn move_to(&mut self, display: &Display) {
        self.settings.retain(|(name, _)| !["DISPLAY", "WAYLAND_DISPLAY", "GDK_BACKEND"].contains(name));
        self.settings.extend(display.variables());
    }

    /// The same desktop with a clock of its own, which is right at first.
    ///
    /// # Errors
    /// If this machine lacks what makes clocks wrong.
    pub fn with_a_clock(mut self) -> Result<Self> {
        let clock = WrongClock::new(self.home.path())?;
        self.settings.extend(clock.variables()?);
        self.clock = Some(clock);
        Ok(self)
    }

    /// Sets the clock of [`Desktop::with_a_clock`], also of what runs already, to so much before or after the right time:
    /// `-2h`, `+10d`.
    ///
    /// # Errors
    /// If there is none.
    pub fn set_clock(&self, offset: &str) -> Result<()> {
        self.clock.as_ref().context("this desktop has no clock of its own")?.set(offset)
    }

    /// The same desktop in German. This machine may lack the locale: what it has for no language takes its name, since the
    /// window takes nothing from it but that.
    ///
    /// # Errors
    /// If this machine has no locale for no language either.
    pub fn in_german(mut self) -> Result<Self> {
        let locales = self.home.path().join("locales");
        std::fs::create_dir(&locales)?;
        let plain = ["C.utf8", "C.UTF-8"].map(|name| Path::new("/usr/lib/locale").join(name));
        let plain = plain.iter().find(|folder| folder.is_dir()).context("there is no locale C.UTF-8")?;
        std::os::unix::fs::symlink(plain, locales.join("de_DE.UTF-8"))?;
        let locales = locales.to_str().context("the folder's name is no text")?.to_owned();
        self.settings.push(("LOCPATH", locales));
        self.settings.extend(["LANG", "LC_ALL"].map(|variable| (variable, "de_DE.UTF-8".to_owned())));
        Ok(self.with("LANGUAGE", "de"))
    }

    /// Starts the app and waits until its window can be driven.
    ///
    /// # Errors
    /// If there is no screen, or the window does not come.
    pub async fn open(&self, server_url: &str) -> Result<Window> {
        Window::open(self, program::app()?, server_url).await
    }

    /// Does the same with another file for what the app says.
    ///
    /// # Errors
    /// If there is no screen, or the window does not come.
    pub async fn open_with_log(&self, server_url: &str, log: File) -> Result<Window> {
        Window::open_with_log(self, program::app()?, server_url, log).await
    }

    /// Starts another app of this build, whose page has an element with `data-state`.
    ///
    /// # Errors
    /// If there is no such program or no screen, or the window does not come.
    pub async fn open_other(&self, app: AppIdentity, server_url: &str) -> Result<Window> {
        Window::open(self, program::find(app.program)?, server_url).await
    }

    /// Runs `latchkey --status`.
    ///
    /// # Errors
    /// If it does not end in time or prints something else than one JSON document.
    pub async fn status(&self, server_url: &str) -> Result<Status> {
        let mut command = silent(program::app()?);
        self.furnish(&mut command);
        command.env("LATCHKEY_SERVER_URL", server_url).env_remove("DISPLAY").env_remove("WAYLAND_DISPLAY");
        command.arg("--status").stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        let output =
            timeout(PATIENCE, command.output()).await.context("`latchkey --status` does not end")??;
        let view = serde_json::from_slice(&output.stdout).with_context(|| {
            let said = String::from_utf8_lossy(&output.stdout);
            format!("not JSON: {said} {}", String::from_utf8_lossy(&output.stderr))
        })?;
        Ok(Status { code: output.status.code(), view })
    }

    /// The file that the app keeps this machine's session in; the only one of its kind in the folder.
    ///
    /// # Errors
    /// If there is none, or more than one.
    pub fn session_file(&self) -> Result<PathBuf> {
        let mut found = Vec::new();
        for entry in self.data_folder().read_dir()? {
            let name = entry?.file_name();
            let name = name.to_string_lossy();
            if name.starts_with("session-") && name.ends_with(".json") {
                found.push(self.data_folder().join(&*name));
            }
        }
        match (found.pop(), found.is_empty()) {
            (Some(file), true) => Ok(file),
            _ => anyhow::bail!("there is not one session file in {}", self.data_folder().display()),
        }
    }

    /// Damages the stored session, and leaves what is around it.
    ///
    /// # Errors
    /// If it cannot be read or written.
    pub fn spoil_session(&self) -> Result<()> {
        let file = self.session_file()?;
        let mut record: serde_json::Value = serde_json::from_slice(&std::fs::read(&file)?)?;
        let sealed = record.get_mut("sealed").context("there is no session in it")?;
        *sealed = "AAAA".into();
        Ok(std::fs::write(file, record.to_string())?)
    }

    /// Lets this desktop use the data of another one, as two machines do that share a home.
    ///
    /// # Errors
    /// If the link cannot be made.
    pub fn share_data_of(&self, other: &Self) -> Result<()> {
        Ok(std::os::unix::fs::symlink(other.data_folder(), self.data_folder())?)
    }

    /// The folder that the app keeps its data in.
    #[must_use]
    pub fn data_folder(&self) -> PathBuf {
        self.home.path().join("data").join(AppIdentity::LATCHKEY.identifier)
    }

    /// Puts what the app keeps on another desktop onto this one, as a copied disk does.
    ///
    /// # Errors
    /// If it cannot be read or written.
    pub fn copy_data_of(&self, other: &Self) -> Result<()> {
        std::fs::create_dir_all(self.data_folder())?;
        std::fs::set_permissions(self.data_folder(), std::fs::Permissions::from_mode(0o700))?;
        for entry in other.data_folder().read_dir()? {
            let entry = entry?;
            if entry.file_type()?.is_file() {
                std::fs::copy(entry.path(), self.data_folder().join(entry.file_name()))?;
            }
        }
        Ok(())
    }

    /// Deletes what the app keeps, and waits until the clock shows another second: the next sign-in is a later one.
    ///
    /// # Errors
    /// If it cannot be deleted.
    pub async fn wipe_data(&self) -> Result<()> {
        std::fs::remove_dir_all(self.data_folder())?;
        let wiped = std::time::Instant::now();
        crate::wait::until("the clock shows another second", async || {
            Ok((wiped.elapsed().as_millis() > 1000).then_some(()))
        })
        .await
    }

    /// The same desktop on a machine with another id, from the next window on.
    ///
    /// # Errors
    /// If the id cannot be written.
    pub fn on_another_machine(mut self, id: &str) -> Result<Self> {
        let file = self.home.path().join("machine-id");
        std::fs::write(&file, format!("{id}\n"))?;
        self.machine_id = Some(file);
        Ok(self)
    }

    /// Starts the app once more, beside a window that is open, and waits until it has ended.
    ///
    /// # Errors
    /// If it does not end.
    pub async fn start_once_more(&self, server_url: &str) -> Result<ExitStatus> {
        let mut command = silent(program::app()?);
        self.furnish(&mut command);
        let mut app = command.env("LATCHKEY_SERVER_URL", server_url).kill_on_drop(true).spawn()?;
        Ok(timeout(PATIENCE, app.wait()).await.context("the second start does not end")??)
    }

    /// What the apps on this desktop have said on their standard output and error.
    ///
    /// # Errors
    /// If no window was opened yet.
    pub fn said(&self) -> Result<Vec<u8>> {
        Ok(std::fs::read(self.log()?)?)
    }

    /// Every file that any program left in this person's folders.
    ///
    /// # Errors
    /// If a folder cannot be read.
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

    pub(crate) fn folder_of_home(&self) -> &Path {
        self.home.path()
    }

    pub(crate) fn log(&self) -> Result<PathBuf> {
        log_of(&self.name)
    }

    /// A program on this desktop's machine: with its machine id in the place of the real one, for it alone.
    pub(crate) fn on_its_machine(&self, program: &str) -> Command {
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

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Puts a command onto this desktop.
    pub(crate) fn furnish(&self, command: &mut Command) {
        furnish(command, self.home.path(), self.bus_address.as_deref());
        command.envs(self.settings.iter().map(|(variable, value)| (variable, value)));
    }
}

/// Where the apps of a desktop say what they have to say.
fn log_of(desktop: &str) -> Result<PathBuf> {
    Ok(program::pictures()?.join(format!("{desktop}.log")))
}

/// The variables that tell a program where its person's folders are.
const FOLDERS: [(&str, &str); 6] = [
    ("HOME", "home"),
    ("XDG_DATA_HOME", "data"),
    ("XDG_CONFIG_HOME", "config"),
    ("XDG_CACHE_HOME", "cache"),
    ("XDG_STATE_HOME", "state"),
    ("XDG_RUNTIME_DIR", "runtime"),
];

/// Puts a command into a person's folders and onto their session bus.
pub(crate) fn furnish(command: &mut Command, home: &Path, bus_address: Option<&str>) {
    for (variable, folder) in FOLDERS {
        command.env(variable, home.join(folder));
    }
    match bus_address {
        Some(address) => command.env("DBUS_SESSION_BUS_ADDRESS", address),
        None => command.env_remove("DBUS_SESSION_BUS_ADDRESS"),
    };
    // The session bus starts no accessibility bus, and the app need not wait for one.
    command.env("NO_AT_BRIDGE", "1");
    // What this machine's person has set for their own app is not for the test's.
    for variable in
        ["LATCHKEY_SERVER_URL", "GTK_THEME", "RUST_LOG", "LANGUAGE", "LC_ALL", "LC_MESSAGES", "LC_TIME"]
    {
        command.env_remove(variable);
    }
    command.env("LANG", "C.UTF-8");
    // The screen in memory is an X11 one, even if the desktop around it is not.
    command.env("GDK_BACKEND", "x11").env_remove("WAYLAND_DISPLAY");
}
