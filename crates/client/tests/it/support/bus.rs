//! A session bus and a GNOME keychain for one test, as a desktop has them.

use std::collections::HashMap;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use secret_service::{EncryptionType, Item, SecretService};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::process::{Child, Command};
use tokio::sync::OnceCell;
use tokio::time::{sleep, timeout};

/// The maximum wait, for a busy machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// The attributes of the app's entry in the keychain.
pub(crate) const ENTRY: [(&str, &str); 2] =
    [("service", "app.latchkey.desktop"), ("username", "device secret")];

/// A session bus. Dropping it ends the bus and its keychain.
pub(crate) struct Bus {
    keychain: Option<Child>,
    /// Another program's connection, which stays open: the keychain can crash when a client
    /// connects and disconnects too quickly.
    other: OnceCell<zbus::Connection>,
    _bus: Child,
    folder: TempDir,
}

/// How the keychain is started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Keychain {
    /// With its password, as a desktop's sign-in does.
    Open,
    /// Without its password.
    Locked,
}

impl Bus {
    /// A bus without services.
    pub(crate) async fn start() -> Self {
        Self::start_with(None).await
    }

    /// A bus that starts `program` as its keychain on demand.
    pub(crate) async fn with_startable_keychain(program: &str) -> Self {
        Self::start_with(Some(program)).await
    }

    async fn start_with(keychain_program: Option<&str>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let services = folder.path().join("services");
        std::fs::create_dir(&services).unwrap();
        if let Some(program) = keychain_program {
            let service = format!("[D-BUS Service]\nName=org.freedesktop.secrets\nExec={program}\n");
            std::fs::write(services.join("org.freedesktop.secrets.service"), service).unwrap();
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
        let mut bus = command.spawn().expect("dbus-daemon is needed: `cargo xtask test` installs it");
        let mut lines = BufReader::new(bus.stdout.take().unwrap()).lines();
        timeout(PATIENCE, lines.next_line()).await.unwrap().unwrap().expect("it ended without an address");
        Self { keychain: None, other: OnceCell::new(), _bus: bus, folder }
    }

    /// A bus with an open keychain without entries.
    pub(crate) async fn with_keychain() -> Self {
        let mut bus = Self::start().await;
        bus.start_keychain(Keychain::Open).await;
        bus
    }

    pub(crate) fn socket(&self) -> PathBuf {
        self.folder.path().join("bus")
    }

    pub(crate) fn address(&self) -> String {
        format!("unix:path={}", self.socket().display())
    }

    /// Starts the keychain with its earlier contents.
    pub(crate) async fn start_keychain(&mut self, keychain: Keychain) {
        self.stop_keychain().await;
        let mut command = Command::new("gnome-keyring-daemon");
        command
            .args(["--foreground", "--components=secrets"])
            .env("DBUS_SESSION_BUS_ADDRESS", self.address());
        for variable in ["HOME", "XDG_DATA_HOME", "XDG_RUNTIME_DIR", "XDG_CACHE_HOME", "XDG_CONFIG_HOME"] {
            command.env(variable, self.folder.path());
        }
        command.env_remove("GNOME_KEYRING_CONTROL").kill_on_drop(true);
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        if keychain == Keychain::Open {
            command.arg("--unlock");
        }
        let mut daemon =
            command.spawn().expect("gnome-keyring-daemon is needed: `cargo xtask test` installs it");
        let mut stdin = daemon.stdin.take().unwrap();
        if keychain == Keychain::Open {
            stdin.write_all(b"password of the desktop").await.unwrap();
        }
        drop(stdin);
        self.keychain = Some(daemon);
        let connection = self.connect().await;
        let bus = zbus::fdo::DBusProxy::new(&connection).await.unwrap();
        let ready = async {
            while !bus.name_has_owner("org.freedesktop.secrets".try_into().unwrap()).await.unwrap() {
                sleep(Duration::from_millis(5)).await;
            }
        };
        timeout(PATIENCE, ready).await.expect("the keychain does not come up");
    }

    /// Kills the keychain.
    pub(crate) async fn stop_keychain(&mut self) {
        if let Some(mut daemon) = self.keychain.take() {
            daemon.kill().await.unwrap();
        }
    }

    /// The connection of another program.
    pub(crate) async fn connect(&self) -> zbus::Connection {
        let connect =
            async || zbus::connection::Builder::address(&*self.address()).unwrap().build().await.unwrap();
        self.other.get_or_init(connect).await.clone()
    }

    /// The keychain as another program accesses it.
    pub(crate) async fn service(&self) -> SecretService<'static> {
        SecretService::connect_with_existing(EncryptionType::Plain, self.connect().await).await.unwrap()
    }

    /// The contents of the app's entries.
    pub(crate) async fn secrets(&self) -> Vec<Vec<u8>> {
        let service = self.service().await;
        let mut secrets = Vec::new();
        for item in items(&service).await {
            secrets.push(item.get_secret().await.unwrap());
        }
        secrets
    }
}

/// The app's entries, which must not be locked.
pub(crate) async fn items<'a>(service: &'a SecretService<'_>) -> Vec<Item<'a>> {
    let found = service.search_items(HashMap::from(ENTRY)).await.unwrap();
    assert_eq!(found.locked.len(), 0, "another program has locked the keychain");
    found.unlocked
}
