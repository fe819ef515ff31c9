//! Programs of others that are compared: fetched once into the build folder, and controlled over
//! standard input and output.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

use crate::place;

/// A program that replies to each line with a line. It ends when this value is dropped.
pub(crate) struct Peer {
    child: Child,
    stdin: ChildStdin,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Peer {
    pub(crate) fn start(command: &mut Command) -> Result<Self> {
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true);
        let mut child = command.spawn().context("a peer could not be started")?;
        let stdin = child.stdin.take().context("no input")?;
        let stdout = child.stdout.take().context("no output")?;
        Ok(Self { child, stdin, lines: BufReader::new(stdout).lines() })
    }

    pub(crate) fn pid(&self) -> Result<u32> {
        self.child.id().context("a peer has ended")
    }

    /// Reads its next line.
    pub(crate) async fn line(&mut self) -> Result<String> {
        let line = tokio::time::timeout(Duration::from_secs(60), self.lines.next_line()).await;
        line.context("a peer prints nothing")??.context("a peer has ended")
    }

    /// Lets it verify a token `times` times, and returns the microseconds for each.
    pub(crate) async fn verify(&mut self, times: u32) -> Result<f64> {
        self.stdin.write_all(format!("{times}\n").as_bytes()).await?;
        let nanoseconds: f64 = self.line().await?.parse().context("not a number")?;
        Ok(nanoseconds / 1000.0 / f64::from(times))
    }
}

/// Installs the packages of the peers for Node, and returns their folder.
pub(crate) async fn node() -> Result<PathBuf> {
    let folder = place::root().join("bench").join("peer-node");
    let installed = folder.join("node_modules").join(".package-lock.json");
    let lock = folder.join("package-lock.json");
    let modified = |path: &Path| path.metadata().and_then(|about| about.modified()).ok();
    if modified(&installed) < modified(&lock) {
        install(Command::new("npm").args(["ci", "--no-audit", "--no-fund"]).current_dir(&folder)).await?;
    }
    Ok(folder)
}

/// Installs PyJWT, and returns the Python that has it; `None` if there is no Python with `venv`.
pub(crate) async fn python() -> Result<Option<PathBuf>> {
    let requirements = place::root().join("bench").join("peer-python").join("requirements.txt");
    let folder = place::scratch("python")?;
    let (python, stamp) = (folder.join("bin").join("python"), folder.join("requirements.txt"));
    if std::fs::read(&stamp).ok() == std::fs::read(&requirements).ok() {
        return Ok(Some(python));
    }
    if install(Command::new("python3").args(["-m", "venv"]).arg(&folder)).await.is_err() {
        return Ok(None);
    }
    let arguments = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--requirement"];
    install(Command::new(&python).args(arguments.map(OsStr::new)).arg(&requirements)).await?;
    std::fs::copy(&requirements, &stamp)?;
    Ok(Some(python))
}

/// The output of a program's `--version`.
pub(crate) async fn version(program: impl AsRef<OsStr>) -> Result<String> {
    let output = Command::new(program).arg("--version").output().await?;
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

async fn install(command: &mut Command) -> Result<()> {
    let status = command.stdin(Stdio::null()).status().await?;
    ensure!(status.success(), "the packages of a peer could not be installed ({status})");
    Ok(())
}
