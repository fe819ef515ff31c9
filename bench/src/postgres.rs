//! A throw-away PostgreSQL in a folder of its own, with a socket there and no port. It is stopped when its value goes, and
//! also when this program is killed.

use std::ffi::OsStr;
use std::os::unix::fs::chown;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result, bail};
use tempfile::TempDir;

/// Where Debian and its kin keep the programs of each version, out of the search path.
const VERSIONS: &str = "/usr/lib/postgresql";

pub(crate) struct Cluster {
    folder: TempDir,
    options: String,
    /// Stops the database when its standard input ends.
    keeper: Child,
}

impl Cluster {
    /// Makes and starts one. Files are not forced to disk: what is measured is this program's work, not the disk's. It
    /// survives the end of its processes, not that of the machine.
    pub(crate) fn start(more: &str) -> Result<Self> {
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
            "-k {} -c listen_addresses= -c fsync=off -c full_page_writes=off {more}",
            folder.path().display()
        );
        let stop = format!(
            "cat >/dev/null; exec {} -s -w -m immediate -D {data} stop",
            program("pg_ctl")?.display()
        );
        let keeper =
            as_postgres("sh").args(["-c", &stop]).stdin(Stdio::piped()).stdout(Stdio::null()).spawn()?;
        let cluster = Self { folder, options, keeper };
        cluster.restart()?;
        Ok(cluster)
    }

    /// A new database, by its URL.
    pub(crate) fn database(&self, name: &str) -> Result<String> {
        let socket = self.folder.path().display().to_string();
        run("createdb", &["-U", "postgres", "-h", &socket, name])?;
        Ok(format!("postgres:///{name}?host={socket}&user=postgres"))
    }

    /// Stops it at once, as a crash does.
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
        drop(self.keeper.stdin.take());
        let _ = self.keeper.wait();
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

/// One of PostgreSQL's own programs, of the newest version that is here.
fn program(name: &str) -> Result<PathBuf> {
    let versions =
        std::fs::read_dir(VERSIONS).into_iter().flatten().flatten().map(|entry| entry.path().join("bin"));
    let has_it = |folder: &Path| folder.join("initdb").exists();
    let packaged = versions.filter(|folder| has_it(folder)).max();
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = packaged.or_else(|| std::env::split_paths(&path).find(|folder| has_it(folder)));
    Ok(found.context("PostgreSQL is not installed")?.join(name))
}

fn run(name: &str, arguments: &[&str]) -> Result<()> {
    let mut command = as_postgres(program(name)?);
    // What it leaves running must not hold on to our streams.
    let output = command.args(arguments).stdin(Stdio::null()).output()?;
    if !output.status.success() {
        bail!("{name}: {}", String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok(())
}
