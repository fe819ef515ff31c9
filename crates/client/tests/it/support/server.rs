//! The real server in this process, with the keys that the app under test trusts.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use latchkey_server::accounts::{self, NewAccount, Username};
use latchkey_server::admin::Admin;
use latchkey_server::{Application, Clock, Settings};
use tempfile::TempDir;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

pub(crate) const USERNAME: &str = "Ladiesman217";
pub(crate) const PASSWORD: &str = "autobots rule";

/// A server with one account. Dropping it stops it.
pub(crate) struct Server {
    pub(crate) settings: Settings,
    pub(crate) url: String,
    clock: Clock,
    running: Option<(oneshot::Sender<()>, JoinHandle<()>)>,
    _folder: TempDir,
}

/// The machine's clock, moved.
#[derive(Clone, Default)]
pub(crate) struct Ahead(Arc<AtomicI64>);

impl Ahead {
    pub(crate) fn seconds(&self) -> i64 {
        self.0.load(Ordering::SeqCst)
    }

    pub(crate) fn advance(&self, seconds: i64) {
        self.0.fetch_add(seconds, Ordering::SeqCst);
    }
}

impl Server {
    /// A server with a cheap password hash. Its clock is `ahead` of the machine's.
    pub(crate) async fn start(ahead: &Ahead, change: impl FnOnce(&mut Settings)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut settings = Settings {
            listen: "127.0.0.1:0".parse().unwrap(),
            database_url: format!("sqlite:{}", folder.path().join("latchkey.db").display()).into(),
            keys: config_folder(),
            ..Settings::default()
        };
        settings.passwords.min_length = 13;
        settings.passwords.memory_kib = 64;
        settings.passwords.iterations = 1;
        settings.passwords.failure_delay_ms = [0, 0];
        change(&mut settings);
        let machine = Clock::system();
        let ahead = ahead.clone();
        let clock = Clock::new(move || machine.now().plus(ahead.seconds()));
        accounts::add(&settings, sam(), clock.now()).await.unwrap();
        let mut server = Self { settings, url: String::new(), clock, running: None, _folder: folder };
        server.start_again().await;
        server
    }

    /// Starts it again at the same address with the same database.
    pub(crate) async fn start_again(&mut self) {
        let application = Application::build(self.settings.clone(), self.clock.clone()).await.unwrap();
        self.settings.listen = application.address();
        self.url = application.url();
        let (stop, stopped) = oneshot::channel::<()>();
        let running = tokio::spawn(async move {
            let stopped = async {
                let _ = stopped.await;
            };
            application.run_until_stopped(stopped).await.unwrap();
        });
        self.running = Some((stop, running));
    }

    /// Replaces the database of a stopped server with another that has the same account.
    pub(crate) async fn lose_database(&mut self) {
        let file = self._folder.path().join("another.db");
        self.settings.database_url = format!("sqlite:{}", file.display()).into();
        accounts::add(&self.settings, sam(), self.clock.now()).await.unwrap();
    }

    /// The number of its active sessions.
    pub(crate) async fn living_sessions(&self) -> usize {
        let admin = Admin::open(&self.settings).await.unwrap();
        admin.sessions(None, self.clock.now()).await.unwrap().len()
    }

    /// Stops it: its address refuses connections.
    pub(crate) async fn stop(&mut self) {
        if let Some((stop, running)) = self.running.take() {
            let _ = stop.send(());
            running.await.unwrap();
        }
    }
}

/// The folder of the key pair whose public key is in the app.
pub(crate) fn config_folder() -> PathBuf {
    // The tests of the app have this file too, from another folder.
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().find(|folder| folder.join("xtask").is_dir());
    let folder = root.unwrap().join("config");
    assert!(
        folder.join("auth-private.key").is_file(),
        "there is no key pair in config/: `cargo xtask test` makes it"
    );
    folder
}

fn sam() -> NewAccount {
    NewAccount {
        username: Username::parse(USERNAME).unwrap(),
        password: PASSWORD.into(),
        given_name: Some("Sam".into()),
        family_name: Some("Witwicky".into()),
        email: None,
        claims: serde_json::Map::new(),
    }
}
