//! A temporary PostgreSQL in its own folder, with a socket there and no port. It stops when its
//! value is dropped, and also when this program is killed.

use std::ffi::OsStr;
use std::os::unix::fs::chown;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result, bail};
use tempfile::TempDir;

/// Where Debian and its derivatives install the programs of each version, outside the search path.
const VERSIONS: &str = "/usr/lib/postgresql";

pub(crate) struct Cluster {
    folder: TempDir,
    options: String,
    /// A shell that stops the database when its standard input closes.
    stopper: Child,
}

impl Cluster {
    /// Creates a cluster and starts it. It does not force files to disk, because the disk is not
    /// measured: its data survives a crash of its processes, not of the machine.
    pub(crate) fn start(more_options: &str) -> Result<Self> {
        let folder = tempfile::Builder::new().prefix("latchkey-bench-").tempdir()?;
        if rustix::process::geteuid().is_root() {
            chown(folder.path(), Some(id("-u")?), Some(id("-g")?))?;
        }
        let data = folder.path().join("data");
        let data = data.to_str().context("the folder's name is not text")?;
        run(
            "initdb",
            &["-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync", "-D", data],
        )?;
        let options = format!(
            "-k {} -c listen_addresses= -c fsync=off -c full_page_writes=off {more_options}",
            folder.path().display()
        );
        let stop = format!(
            "cat >/dev/null; exec {} -s -w -m immediate -D {data} stop",
            program("pg_ctl")?.display()
        );
        let stopper =
            as_postgres("sh").args(["-c", &stop]).stdin(Stdio::piped()).stdout(Stdio::null()).spawn()?;
        let cluster = Self { folder, options, stopper };
        cluster.restart()?;
        Ok(cluster)
    }

    /// Creates a database, and returns its URL.
    pub(crate) fn database(&self, name: &str) -> Result<String> {
        let socket = self.folder.path().display().to_string();
        run("createdb", &["-U", "postgres", "-h", &socket, name])?;
        Ok(format!("postgres:///{name}?host={socket}&user=postgres"))
    }

    /// Stops it without a shutdown, as a crash does.
    pub(crate) fn crash(&self) -> Result<()> {
        run("pg_ctl", &["-s", "-w", "-m", "immediate", "-D", &self.path("data"), "stop"])
    }

    /// Starts it again.
    pub(crate) fn restart(&self) -> Result<()> {
        let (data, log) = (self.path("data"), self.path("log"));
        run("pg_ctl", &["-s", "-w", "-D", &data, "-l", &log, "-o", &self.options, "start"])
    }

    fn path(&self, name: &str) -> String {
        self.folder.path().join(name).display().to_string()
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        drop(self.stopper.stdin.take());
        let _ = self.stopper.wait();
    }
}

fn id(which: &str) -> Result<u32> {
    let output = Command::new("id").args([which, "postgres"]).output()?;
    String::from_utf8_lossy(&output.stdout).trim().parse().context("there is no user postgres")
}

/// PostgreSQL refuses to run as root.
fn as_postgres(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program.as_ref());
    if rustix::process::geteuid().is_root() {
        command = Command::new("runuser");
        command.args(["-u", "postgres", "--"]).arg(program);
    }
    command.current_dir("/");
    command
}

/// One of PostgreSQL's programs, of the newest installed version.
fn program(name: &str) -> Result<PathBuf> {
    let versions =
        std::fs::read_dir(VERSIONS).into_iter().flatten().flatten().map(|entry| entry.path().join("bin"));
    let has_programs = |folder: &Path| folder.join("initdb").exists();
    let packaged = versions.filter(|folder| has_programs(folder)).max();
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = packaged.or_else(|| std::env::split_paths(&path).find(|folder| has_programs(folder)));
    Ok(found.context("PostgreSQL is not installed")?.join(name))
}

fn run(name: &str, arguments: &[&str]) -> Result<()> {
    let mut command = as_postgres(program(name)?);
    // The server that it leaves running must not inherit our standard input.
    let output = command.args(arguments).stdin(Stdio::null()).output()?;
    if !output.status.success() {
        bail!("{name}: {}", String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok(())
}
