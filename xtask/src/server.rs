//! The server of `cargo xtask run`: makes its keys and the demo account, and starts it.

use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, bail};

use crate::child::Running;
use crate::{command, place};

/// The demo account, which exists only in the database of `cargo xtask run`.
pub(crate) const DEMO_USERNAME: &str = "Ladiesman217";
pub(crate) const DEMO_PASSWORD: &str = "autobots rule";

/// Time limit for the server's start.
const START_TIMEOUT: Duration = Duration::from_secs(30);

/// The file names of the key pair.
pub(crate) const KEYS: [&str; 2] = ["auth-private.key", "auth-public.key"];

/// The server prints this and its address on standard output when it is reachable.
const LISTENING: &str = "listening on ";

/// The database of `cargo xtask run`, relative to the repository, unless the server's variable
/// names another.
const DATABASE: &str = "sqlite:data/latchkey.db";
const DATABASE_VARIABLE: &str = "LATCHKEY_DATABASE_URL";

/// The server's program, with the keys and the database of this repository.
pub(crate) struct Server {
    program: PathBuf,
}

impl Server {
    pub(crate) fn new(program: PathBuf) -> Self {
        Self { program }
    }

    fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        command.current_dir(place::root()).arg("--keys").arg(place::config());
        if std::env::var_os(DATABASE_VARIABLE).is_none_or(|url| url.is_empty()) {
            command.args(["--database-url", DATABASE]);
        }
        command
    }

    /// Makes the key pair that the server signs with and the app verifies with, unless it exists.
    pub(crate) fn ensure_keys(&self) -> Result<()> {
        if has_keys() {
            println!("    in config/ already");
            return Ok(());
        }
        command::run(self.command().args(["keys", "generate", "--development"]))
    }

    /// Adds the demo account to the database, unless it exists.
    pub(crate) fn ensure_demo_account(&self) -> Result<()> {
        let data = place::root().join("data");
        std::fs::create_dir_all(&data).with_context(|| format!("cannot create {}", data.display()))?;
        command::run(self.command().arg("migrate"))?;
        let exists = self.command().args(["user", "show", DEMO_USERNAME]).output();
        if exists.context("cannot start the server's program")?.status.success() {
            println!("    exists already");
            return Ok(());
        }
        let mut command = self.command();
        command
            .args(["user", "add", DEMO_USERNAME, "--given-name", "Sam", "--family-name", "Witwicky"])
            .args(["--email", "sam@witwicky.example", "--password-stdin"])
            .stdin(Stdio::piped());
        println!("    $ {}", command::shown(&command));
        let mut child = command.spawn().context("cannot start the server's program")?;
        if let Some(mut stdin) = child.stdin.take() {
            writeln!(stdin, "{DEMO_PASSWORD}").context("cannot write the password")?;
        }
        let status = child.wait()?;
        if !status.success() {
            bail!("`{}` failed ({status})", command::shown(&command));
        }
        Ok(())
    }

    /// Starts the server and waits until it is reachable. Writes its output to the file `log`.
    pub(crate) fn start(&self, port: u16, log: &Path) -> Result<Started> {
        let log_file = File::create(log).with_context(|| format!("cannot write {}", log.display()))?;
        let mut command = self.command();
        command
            .args(["serve", "--listen", &format!("{}:{port}", Ipv4Addr::LOCALHOST)])
            .stdout(Stdio::piped())
            .stderr(log_file.try_clone()?);
        Started::once_reachable(Running::start(&mut command)?, log_file)
            .with_context(|| format!("{}\nIts log: {}", last_lines(log), log.display()))
    }
}

/// Whether the key pair is in `config/`.
pub(crate) fn has_keys() -> bool {
    KEYS.iter().all(|name| place::config().join(name).is_file())
}

/// A server that is reachable at `url` until this value is dropped.
pub(crate) struct Started {
    pub(crate) running: Running,
    pub(crate) url: String,
}

impl Started {
    /// Waits until a server is reachable, whose standard output is piped. Writes it to `log`.
    pub(crate) fn once_reachable(running: Running, log: File) -> Result<Self> {
        let (send, lines) = mpsc::channel();
        let stdout = running.stdout().context("cannot read the server's output")?;
        // Reads to the end: a full pipe would block the server.
        thread::spawn(move || {
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                let _ = writeln!(&log, "{line}");
                let _ = send.send(line);
            }
        });
        let url = wait_for_address(&lines)?;
        Ok(Self { running, url })
    }
}

fn wait_for_address(lines: &mpsc::Receiver<String>) -> Result<String> {
    loop {
        match lines.recv_timeout(START_TIMEOUT) {
            Ok(line) => {
                if let Some(url) = line.trim().strip_prefix(LISTENING) {
                    return Ok(url.to_owned());
                }
            }
            Err(RecvTimeoutError::Disconnected) => bail!("the server ended before it was reachable"),
            Err(RecvTimeoutError::Timeout) => bail!("the server was not reachable within {START_TIMEOUT:?}"),
        }
    }
}

fn last_lines(log: &Path) -> String {
    let log = std::fs::read_to_string(log).unwrap_or_default();
    let lines: Vec<&str> = log.lines().collect();
    lines.iter().skip(lines.len().saturating_sub(5)).copied().collect::<Vec<_>>().join("\n")
}

/// Fails if another program uses the port. Called before anything is built. Port 0 is always free.
pub(crate) fn ensure_port_is_free(port: u16) -> Result<()> {
    match TcpListener::bind((Ipv4Addr::LOCALHOST, port)) {
        Ok(_) => Ok(()),
        Err(error) => bail!(
            "port {port} cannot be used ({error}), perhaps because an earlier run has it. End that run, or choose another \
             port: cargo xtask run --port {}",
            port.checked_add(1).unwrap_or(crate::args::DEFAULT_PORT)
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_taken_port_is_named_with_the_option_for_another() {
        let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = taken.local_addr().unwrap().port();
        let error = ensure_port_is_free(port).unwrap_err().to_string();
        assert!(error.contains(&port.to_string()) && error.contains("--port"));
    }

    #[test]
    fn the_address_is_found_after_other_lines() {
        let (send, lines) = mpsc::channel();
        send.send("database ready".to_owned()).unwrap();
        send.send("listening on http://127.0.0.1:5468".to_owned()).unwrap();
        assert_eq!(wait_for_address(&lines).unwrap(), "http://127.0.0.1:5468");
        drop(send);
        assert!(wait_for_address(&lines).is_err());
    }
}
