//! A session bus with GNOME's keychain, for one test.

use std::collections::HashMap;
use std::fs::File;
use std::path::PathBuf;
use std::process::Stdio;

use secret_service::{EncryptionType, Item, SecretService};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::process::{Child, Command};
use tokio::sync::OnceCell;
use tokio::time::{sleep, timeout};

use crate::DEADLINE;
use crate::wait::INTERVAL;

/// The attributes of the app's entry in the keychain.
pub const ENTRY: [(&str, &str); 2] = [("service", "app.latchkey.desktop"), ("username", "device secret")];

/// The name of every keychain on the bus.
pub const KEYCHAIN: &str = "org.freedesktop.secrets";

/// A session bus. It stops when this value is dropped, and so does its keychain.
pub struct Bus {
    keychain: Option<Child>,
    /// The connection of another program.
    other: OnceCell<zbus::Connection>,
    _bus: Child,
    folder: TempDir,
}

/// The state in which the keychain starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keychain {
    /// Unlocked with its password, like at the sign-in to the desktop.
    Open,
    /// Without its password.
    Locked,
}

impl Bus {
    /// Starts a bus without services.
    pub async fn start() -> Self {
        Self::start_with(None).await
    }

    /// Starts a bus that starts `program` when a client calls the keychain.
    pub async fn with_startable_keychain(program: &str) -> Self {
        Self::start_with(Some(program)).await
    }

    async fn start_with(keychain_program: Option<&str>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let services = folder.path().join("services");
        std::fs::create_dir(&services).unwrap();
        if let Some(program) = keychain_program {
            let service = format!("[D-BUS Service]\nName={KEYCHAIN}\nExec={program}\n");
            std::fs::write(services.join(format!("{KEYCHAIN}.service")), service).unwrap();
        }
        let services = format!("<servicedir>{}</servicedir>", services.display());
        let config = folder.path().join("bus.conf");
        let listen = format!("<listen>unix:path={}</listen>", folder.path().join("bus").display());
        let policy = r#"<policy context="default"><allow send_destination="*"/><allow eavesdrop="true"/><allow own="*"/></policy>"#;
        let text = format!(
            "<busconfig><type>session</type>{listen}{services}<auth>EXTERNAL</auth>{policy}</busconfig>"
        );
        std::fs::write(&config, text).unwrap();
        let mut command = Command::new("dbus-daemon");
        command.arg("--config-file").arg(&config).args(["--nofork", "--nopidfile", "--nosyslog"]);
        command.arg("--print-address=1").stdin(Stdio::null()).stdout(Stdio::piped());
        command.stderr(Stdio::null()).kill_on_drop(true);
        let mut bus = command.spawn().expect("dbus-daemon is required; `cargo xtask test` installs it");
        let mut lines = BufReader::new(bus.stdout.take().unwrap()).lines();
        timeout(DEADLINE, lines.next_line()).await.unwrap().unwrap().expect("dbus-daemon printed no address");
        Self { keychain: None, other: OnceCell::new(), _bus: bus, folder }
    }

    /// Starts a bus with an open, empty keychain.
    pub async fn with_keychain() -> Self {
        let mut bus = Self::start().await;
        bus.start_keychain(Keychain::Open).await;
        bus
    }

    /// The socket that it listens on.
    pub fn socket(&self) -> PathBuf {
        self.folder.path().join("bus")
    }

    /// Its address, in the form of `DBUS_SESSION_BUS_ADDRESS`.
    pub fn address(&self) -> String {
        format!("unix:path={}", self.socket().display())
    }

    /// Starts the keychain again with its stored entries.
    pub async fn start_keychain(&mut self, keychain: Keychain) {
        self.stop_keychain().await;
        let mut command = Command::new("gnome-keyring-daemon");
        command
            .args(["--foreground", "--components=secrets"])
            .env("DBUS_SESSION_BUS_ADDRESS", self.address());
        for variable in ["HOME", "XDG_DATA_HOME", "XDG_RUNTIME_DIR", "XDG_CACHE_HOME", "XDG_CONFIG_HOME"] {
            command.env(variable, self.folder.path());
        }
        command.env_remove("GNOME_KEYRING_CONTROL").kill_on_drop(true);
        let log = File::options().create(true).append(true).open(self.log()).unwrap();
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(log);
        if keychain == Keychain::Open {
            command.arg("--unlock");
        }
        let mut daemon =
            command.spawn().expect("gnome-keyring-daemon is required; `cargo xtask test` installs it");
        let mut stdin = daemon.stdin.take().unwrap();
        if keychain == Keychain::Open {
            stdin.write_all(b"password of the desktop").await.unwrap();
        }
        drop(stdin);
        self.keychain = Some(daemon);
        let connection = self.connect().await;
        // Any first call but one that opens a session, which can end GNOME's keychain.
        let call = || {
            let interface = Some("org.freedesktop.Secret.Service");
            connection.call_method(
                Some(KEYCHAIN),
                "/org/freedesktop/secrets",
                interface,
                "ReadAlias",
                &("default",),
            )
        };
        // Not `wait_for`: tests spawn this future, and the compiler does not accept as `Send` a
        // future that calls an async closure.
        let started = async {
            while call().await.is_err() {
                sleep(INTERVAL).await;
            }
        };
        timeout(DEADLINE, started).await.expect("the keychain is not on the bus");
    }

    /// What the keychain reports.
    fn log(&self) -> PathBuf {
        self.folder.path().join("keychain.log")
    }

    /// Kills the keychain, like a crash.
    pub async fn stop_keychain(&mut self) {
        if let Some(mut daemon) = self.keychain.take() {
            daemon.kill().await.unwrap();
        }
    }

    /// The connection of another program.
    pub async fn connect(&self) -> zbus::Connection {
        let connect =
            async || zbus::connection::Builder::address(&*self.address()).unwrap().build().await.unwrap();
        self.other.get_or_init(connect).await.clone()
    }

    /// The keychain, for another program.
    pub async fn service(&self) -> SecretService<'static> {
        SecretService::connect_with_existing(EncryptionType::Plain, self.connect().await).await.unwrap()
    }

    /// The secrets that the app has stored in the keychain.
    pub async fn secrets(&self) -> Vec<Vec<u8>> {
        let service = self.service().await;
        let mut secrets = Vec::new();
        for item in items(&service).await {
            secrets.push(item.get_secret().await.unwrap());
        }
        secrets
    }
}

impl Drop for Bus {
    /// A test that fails has the keychain's report beside its own: it can have ended by itself.
    #[allow(clippy::print_stderr, reason = "for who reads why the test failed")]
    fn drop(&mut self) {
        if std::thread::panicking()
            && let Ok(log) = std::fs::read_to_string(self.log())
        {
            eprint!("{log}");
        }
    }
}

/// The app's entries, which must not be locked.
pub async fn items<'a>(service: &'a SecretService<'_>) -> Vec<Item<'a>> {
    let found = service.search_items(HashMap::from(ENTRY)).await.unwrap();
    assert_eq!(found.locked.len(), 0, "another program has locked the keychain");
    found.unlocked
}
