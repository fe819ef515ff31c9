//! Servers under test: the built program with its own keys, database and settings, started and
//! killed from outside.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::process::{Child, Command};
use tokio::time::timeout;

use crate::place;

/// The password of every account.
pub(crate) const PASSWORD: &str = "one long password for all of them";

/// The time-out of a start.
const TIMEOUT: Duration = Duration::from_secs(60);

/// The keys, database and settings that all servers of a measurement share.
pub(crate) struct Site {
    folder: TempDir,
    program: PathBuf,
    database_url: String,
    settings: Vec<(&'static str, String)>,
}

impl Site {
    /// Creates new keys (RSA-3072). Uses the database at the URL, or a new SQLite file without one.
    pub(crate) async fn new(database_url: Option<String>, settings: &[(&'static str, &str)]) -> Result<Self> {
        let folder = tempfile::Builder::new().prefix("latchkey-bench-").tempdir()?;
        let own = || format!("sqlite:{}", folder.path().join("latchkey.db").display());
        let site = Self {
            program: place::program("latchkey-server")?,
            database_url: database_url.unwrap_or_else(own),
            settings: settings.iter().map(|(name, value)| (*name, (*value).to_owned())).collect(),
            folder,
        };
        let status = site.command().args(["keys", "generate"]).stdout(Stdio::null()).status().await?;
        ensure!(status.success(), "the keys could not be generated");
        Ok(site)
    }

    pub(crate) fn database_url(&self) -> &str {
        &self.database_url
    }

    pub(crate) fn public_key_file(&self) -> PathBuf {
        self.folder.path().join("auth-public.key")
    }

    pub(crate) fn private_key_file(&self) -> PathBuf {
        self.folder.path().join("auth-private.key")
    }

    /// Adds an account as an operator does.
    pub(crate) async fn add_account(&self, username: &str) -> Result<()> {
        let mut command = self.command();
        command.args(["user", "add", username, "--given-name", "Given", "--family-name", "Family"]);
        command.args(["--email", "person@example.com", "--password-stdin", "--create"]).stdin(Stdio::piped());
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn()?;
        let mut stdin = child.stdin.take().context("no input")?;
        stdin.write_all(format!("{PASSWORD}\n").as_bytes()).await?;
        drop(stdin);
        let output = child.wait_with_output().await?;
        ensure!(
            output.status.success(),
            "the account could not be added: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        Ok(())
    }

    /// The file that the servers' log goes to.
    pub(crate) fn log(&self) -> Result<std::fs::File> {
        Ok(std::fs::File::options().create(true).append(true).open(self.folder.path().join("log"))?)
    }

    /// Starts a server on this port, or on a free one if it is 0.
    pub(crate) async fn start(&self, port: u16) -> Result<Node> {
        self.start_with(port, &[]).await
    }

    /// Starts a server with more settings.
    pub(crate) async fn start_with(&self, port: u16, settings: &[(&str, &str)]) -> Result<Node> {
        let log = self.log()?;
        let mut command = self.command();
        command.envs(settings.iter().copied());
        command.args(["serve", "--listen", &format!("127.0.0.1:{port}")]);
        let mut child = command.stdout(Stdio::piped()).stderr(log).kill_on_drop(true).spawn()?;
        let stdout = child.stdout.take().context("no output")?;
        let mut lines = BufReader::new(stdout).lines();
        let line = timeout(TIMEOUT, lines.next_line()).await.context("the server does not listen")??;
        let Some(url) = line.as_deref().and_then(|line| line.strip_prefix("listening on ")) else {
            let log = std::fs::read_to_string(self.folder.path().join("log"))?;
            bail!("the server did not start: {}", log.lines().last().unwrap_or_default());
        };
        let address = url.trim_start_matches("http://").parse()?;
        Ok(Node { url: url.to_owned(), address, child })
    }

    fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        for (name, _) in
            std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("LATCHKEY_"))
        {
            command.env_remove(name);
        }
        command
            .envs(self.settings.iter().map(|(name, value)| (*name, value)))
            .current_dir(self.folder.path());
        command.arg("--keys").arg(self.folder.path()).args(["--database-url", &self.database_url]);
        command.stdin(Stdio::null());
        command
    }
}

/// A running server. It is killed when this value is dropped.
pub(crate) struct Node {
    pub(crate) url: String,
    pub(crate) address: SocketAddr,
    child: Child,
}

impl Node {
    /// Kills it as a power cut does.
    pub(crate) async fn kill(&mut self) -> Result<()> {
        Ok(self.child.kill().await?)
    }

    pub(crate) fn pid(&self) -> Result<u32> {
        self.child.id().context("the server has ended")
    }

    /// Its resident memory, in MB.
    pub(crate) fn memory(&self) -> Result<f64> {
        status_mb(self.pid()?, "VmRSS:")
    }

    /// The memory that it has allocated, touched or not, in MB.
    pub(crate) fn allocated(&self) -> Result<f64> {
        status_mb(self.pid()?, "VmData:")
    }
}

/// A field of a process' status, in MB.
pub(crate) fn status_mb(pid: u32, field: &str) -> Result<f64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix(field)).context("no such field")?;
    Ok(line.trim().trim_end_matches(" kB").parse::<f64>()? / 1024.0)
}
