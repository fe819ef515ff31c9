//! A PostgreSQL for this process, in a temporary folder, with a socket there and no port. It stops
//! when the last test that uses it has finished, and also when this process is killed.

use std::ffi::OsStr;
use std::os::unix::fs::chown;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::{Arc, Mutex, Weak};

use sqlx::{Connection as _, Executor as _, PgConnection};
use tempfile::TempDir;
use uuid::Uuid;

/// The folder where Debian and its derivatives install the programs of each version, outside the
/// search path.
const VERSIONS: &str = "/usr/lib/postgresql";

/// A running PostgreSQL. It stops when this value is dropped.
pub struct Cluster {
    folder: TempDir,
    options: String,
    /// Stops the database when its standard input is closed.
    watcher: Child,
    /// The name of a database with the server's tables, which others are copied from.
    #[cfg(feature = "server")]
    template: tokio::sync::OnceCell<String>,
}

impl Cluster {
    /// The cluster that the tests of this process share; starts it if it does not run.
    pub fn shared() -> Arc<Self> {
        static SHARED: Mutex<Weak<Cluster>> = Mutex::new(Weak::new());
        let mut shared = SHARED.lock().unwrap();
        shared.upgrade().unwrap_or_else(|| {
            let cluster = Arc::new(Self::start("-c synchronous_commit=off"));
            *shared = Arc::downgrade(&cluster);
            cluster
        })
    }

    /// Starts a separate cluster, for a test that stops and restarts it. It writes each
    /// acknowledged transaction to its files.
    pub fn own() -> Self {
        Self::start("")
    }

    /// Stops it immediately, like a crash.
    pub fn crash(&self) {
        run(&["pg_ctl", "-s", "-w", "-m", "immediate", "-D", &self.data(), "stop"]);
    }

    /// Starts it again.
    pub fn restart(&self) {
        // The same options as at the first start.
        run(&["pg_ctl", "-s", "-w", "-D", &self.data(), "-l", &self.log(), "-o", &self.options, "start"]);
    }

    /// What it has logged.
    pub fn logged(&self) -> String {
        std::fs::read_to_string(self.log()).unwrap()
    }

    fn data(&self) -> String {
        self.folder.path().join("data").display().to_string()
    }

    fn log(&self) -> String {
        self.folder.path().join("log").display().to_string()
    }

    /// Starts a standby that follows this cluster, with all that is in it (streaming replication).
    pub fn standby(&self) -> Self {
        let folder = folder();
        let (data, primary) = (folder.path().join("data"), self.folder.path());
        let (data, primary) = (data.to_str().unwrap(), primary.to_str().unwrap());
        let connection = ["-h", primary, "-U", "postgres"];
        let options = ["-D", data, "-R", "-X", "stream", "-c", "fast", "--no-sync"];
        run(&[&["pg_basebackup"][..], &connection, &options].concat());
        Self::run_in(folder, "")
    }

    /// Makes a standby a primary.
    pub fn promote(&self) {
        run(&["pg_ctl", "-s", "-w", "-D", &self.data(), "promote"]);
    }

    fn start(more: &str) -> Self {
        let folder = folder();
        let data = folder.path().join("data");
        run(&[
            "initdb",
            "-U",
            "postgres",
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--locale=C.UTF-8",
            "--no-sync",
            "-D",
            data.to_str().unwrap(),
        ]);
        Self::run_in(folder, more)
    }

    /// Runs the database in the folder `data` of `folder`.
    fn run_in(folder: TempDir, more: &str) -> Self {
        let data = folder.path().join("data");
        let data = data.to_str().unwrap();
        let options = format!(
            "-k {} -c listen_addresses= -c fsync=off -c full_page_writes=off {more}",
            folder.path().display()
        );
        let log = folder.path().join("log");
        run(&["pg_ctl", "-s", "-w", "-D", data, "-l", log.to_str().unwrap(), "-o", &options, "start"]);
        let pg_ctl = program("pg_ctl");
        let stop = format!("cat >/dev/null; exec {} -s -w -m immediate -D {data} stop", pg_ctl.display());
        let watcher = as_postgres("sh").args(["-c", &stop]).stdin(Stdio::piped()).spawn().unwrap();
        Self {
            folder,
            watcher,
            options,
            #[cfg(feature = "server")]
            template: tokio::sync::OnceCell::new(),
        }
    }

    /// Creates an empty database, and returns its URL.
    pub async fn database(&self) -> String {
        self.url(&self.copy_of("template1").await)
    }

    /// Creates a database with the server's tables, and returns its URL. Copying them takes less
    /// time than making them.
    #[cfg(feature = "server")]
    pub async fn server_database(&self) -> String {
        let make = async || {
            let name = self.copy_of("template1").await;
            let database_url = self.url(&name).into();
            let settings = latchkey_server::Settings { database_url, ..Default::default() };
            latchkey_server::admin::migrate(&settings).await.unwrap();
            name
        };
        let template = self.template.get_or_init(make).await;
        self.url(&self.copy_of(template).await)
    }

    /// Creates a database that begins as `template` is, and returns its name.
    async fn copy_of(&self, template: &str) -> String {
        let name = format!("t{}", Uuid::new_v4().simple());
        let mut admin = PgConnection::connect(&self.url("postgres")).await.unwrap();
        let create = format!("CREATE DATABASE {name} TEMPLATE {template}");
        admin.execute(sqlx::AssertSqlSafe(create)).await.unwrap();
        admin.close().await.unwrap();
        name
    }

    /// The URL that a database of another cluster has in this one.
    #[must_use]
    pub fn url_of(&self, other: &str) -> String {
        self.url(other.strip_prefix("postgres:///").unwrap().split('?').next().unwrap())
    }

    /// The socket that it listens on.
    pub fn socket(&self) -> PathBuf {
        self.folder.path().join(".s.PGSQL.5432")
    }

    fn url(&self, database: &str) -> String {
        format!("postgres:///{database}?host={}&user=postgres", self.folder.path().display())
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        drop(self.watcher.stdin.take());
        self.watcher.wait().unwrap();
    }
}

/// A new folder that PostgreSQL may write.
fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    if is_root() {
        chown(folder.path(), Some(id("-u", "postgres")), Some(id("-g", "postgres"))).unwrap();
    }
    folder
}

fn is_root() -> bool {
    id("-u", "") == 0
}

fn id(which: &str, user: &str) -> u32 {
    let mut command = Command::new("id");
    command.arg(which).args(Some(user).filter(|user| !user.is_empty()));
    text(&command.output().unwrap()).trim().parse().unwrap()
}

/// PostgreSQL refuses to run as root.
fn as_postgres(program: impl AsRef<OsStr>) -> Command {
    if is_root() {
        let mut command = Command::new("runuser");
        command.args(["-u", "postgres", "--"]).arg(program);
        command
    } else {
        Command::new(program)
    }
}

/// The path of one of PostgreSQL's programs, of the latest installed version.
fn program(name: &str) -> PathBuf {
    let folder = |version: &Path| Some(version.join("bin")).filter(|bin| bin.join("initdb").exists());
    let versions = std::fs::read_dir(VERSIONS).into_iter().flatten().flatten().map(|entry| entry.path());
    let packaged = versions.filter_map(|version| folder(&version)).max();
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path).find(|bin| bin.join("initdb").exists());
    let bin = packaged.or(found).expect("PostgreSQL is not installed: `cargo xtask test` does that");
    bin.join(name)
}

fn run(arguments: &[&str]) {
    let program = program(arguments[0]);
    let output =
        as_postgres(&program).args(&arguments[1..]).current_dir("/").stdin(Stdio::null()).output().unwrap();
    assert!(output.status.success(), "{}: {}", arguments[0], text(&output));
}

fn text(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}
