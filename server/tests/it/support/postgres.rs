//! A throw-away PostgreSQL for this process: its own folder, a socket in it and no port. It is stopped when its last user
//! is done, and also when this process is killed.

use std::os::unix::fs::chown;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::sync::{Arc, Mutex, Weak};

use sqlx::{Connection as _, Executor as _, PgConnection};
use tempfile::TempDir;
use uuid::Uuid;

const BINARIES: &str = "/usr/lib/postgresql/15/bin";

pub(crate) struct Cluster {
    folder: TempDir,
    /// Stops the database when its standard input ends.
    keeper: Child,
}

impl Cluster {
    /// The process's cluster, started if nobody uses one.
    pub(crate) fn shared() -> Arc<Self> {
        static SHARED: Mutex<Weak<Cluster>> = Mutex::new(Weak::new());
        let mut shared = SHARED.lock().unwrap();
        shared.upgrade().unwrap_or_else(|| {
            let cluster = Arc::new(Self::start());
            *shared = Arc::downgrade(&cluster);
            cluster
        })
    }

    fn start() -> Self {
        assert!(
            Path::new(BINARIES).join("initdb").exists(),
            "PostgreSQL 15 is not installed: apt-get install postgresql"
        );
        let folder = tempfile::tempdir().unwrap();
        let (data, socket) = (folder.path().join("data"), folder.path());
        if is_root() {
            let (user, group) = (id("-u", "postgres"), id("-g", "postgres"));
            chown(folder.path(), Some(user), Some(group)).unwrap();
        }
        let data = data.to_str().unwrap();
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
            data,
        ]);
        let options = format!(
            "-k {} -c listen_addresses= -c fsync=off -c synchronous_commit=off -c full_page_writes=off",
            socket.display()
        );
        let log = folder.path().join("log");
        run(&["pg_ctl", "-s", "-w", "-D", data, "-l", log.to_str().unwrap(), "-o", &options, "start"]);
        let stop = format!("cat >/dev/null; exec {BINARIES}/pg_ctl -s -w -m immediate -D {data} stop");
        let keeper = as_postgres("sh").args(["-c", &stop]).stdin(Stdio::piped()).spawn().unwrap();
        Self { folder, keeper }
    }

    /// A new database, by its URL.
    pub(crate) async fn database(&self) -> String {
        let name = format!("t{}", Uuid::new_v4().simple());
        let mut admin = PgConnection::connect(&self.url("postgres")).await.unwrap();
        admin.execute(sqlx::AssertSqlSafe(format!("CREATE DATABASE {name}"))).await.unwrap();
        admin.close().await.unwrap();
        self.url(&name)
    }

    fn url(&self, database: &str) -> String {
        format!("postgres:///{database}?host={}&user=postgres", self.folder.path().display())
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        drop(self.keeper.stdin.take());
        self.keeper.wait().unwrap();
    }
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
fn as_postgres(program: &str) -> Command {
    if is_root() {
        let mut command = Command::new("runuser");
        command.args(["-u", "postgres", "--", program]);
        command
    } else {
        Command::new(program)
    }
}

fn run(arguments: &[&str]) {
    let program = format!("{BINARIES}/{}", arguments[0]);
    let output =
        as_postgres(&program).args(&arguments[1..]).current_dir("/").stdin(Stdio::null()).output().unwrap();
    assert!(output.status.success(), "{}: {}", arguments[0], text(&output));
}

fn text(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}
