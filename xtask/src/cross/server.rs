//! The Windows server under Wine, with keys and a database of its own.

use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use super::wine::Wine;
use crate::child::Running;
use crate::server::{KEYS, Started};
use crate::{command, place};

/// The account.
pub(super) const USERNAME: &str = "sam";
pub(super) const PASSWORD: &str = "autobots rule the night";

/// The server's folder, with its program.
pub(super) struct Server<'a> {
    wine: &'a Wine,
    program: &'a Path,
    folder: PathBuf,
}

impl<'a> Server<'a> {
    /// A server with a copy of the key pair in `config/`, and one account.
    pub(super) fn new(wine: &'a Wine, program: &'a Path, folder: PathBuf) -> Result<Self> {
        let keys = folder.join("keys");
        std::fs::create_dir_all(&keys).with_context(|| format!("cannot create {}", keys.display()))?;
        for name in KEYS {
            std::fs::copy(place::config().join(name), keys.join(name)).context("cannot copy the keys")?;
        }
        let server = Self { wine, program, folder };
        server.add_account()?;
        Ok(server)
    }

    /// The file of its public keys.
    pub(super) fn public_key(&self) -> PathBuf {
        self.folder.join("keys/auth-public.key")
    }

    /// Runs a command of the program.
    pub(super) fn run(&self, arguments: &[&str]) -> Result<String> {
        command::read(self.command().args(arguments))
    }

    fn command(&self) -> Command {
        let mut command = self.wine.command(self.program);
        command.args(["--keys", "keys", "--database-url", "sqlite:latchkey.db"]).current_dir(&self.folder);
        command
    }

    fn add_account(&self) -> Result<()> {
        let mut command = self.command();
        command.args(["user", "add", USERNAME, "--given-name", "Sam", "--family-name", "Witwicky"]);
        command.args(["--email", "sam@witwicky.example", "--password-stdin", "--create"]);
        command.stdin(Stdio::piped());
        let mut child = command.spawn().context("cannot start Wine")?;
        let mut stdin = child.stdin.take().context("its input is closed")?;
        writeln!(stdin, "{PASSWORD}")?;
        drop(stdin);
        let status = child.wait()?;
        if !status.success() {
            bail!("no account was added ({status})");
        }
        Ok(())
    }

    /// Starts it at an address, and waits until it is reachable.
    pub(super) fn start(&self, address: &str) -> Result<Started> {
        let log = self.folder.join("server.log");
        let log = File::options().create(true).append(true).open(log).context("cannot write the log")?;
        let mut command = self.command();
        command.args(["serve", "--listen", address]).stdout(Stdio::piped()).stderr(log.try_clone()?);
        Started::once_reachable(Running::start(&mut command)?, log)
            .with_context(|| format!("the log is in {}", self.folder.display()))
    }
}
