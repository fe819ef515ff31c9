//! The server on this machine: its keys, the demo account, its start.

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

/// The account that a person tries Latchkey with. It exists only in the database of `cargo xtask run`.
pub(crate) const DEMO_USERNAME: &str = "Ladiesman217";
pub(crate) const DEMO_PASSWORD: &str = "autobots rule";

/// How long the server may take from its start to its first answer.
const PATIENCE: Duration = Duration::from_secs(30);

/// What the server prints when it can be reached, before its address.
const LISTENING: &str = "listening on ";

/// The database of `cargo xtask run`, as the server reads it in the repository's root, unless the
/// server's own variable names another.
const DATABASE: &str = "sqlite:data/latchkey.db";
const DATABASE_VARIABLE: &str = "LATCHKEY_DATABASE_URL";

/// The server's program with this repository's keys and database.
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

    /// Makes the key pair that the server signs with and the app verifies with, unless it is there.
    pub(crate) fn ensure_keys(&self) -> Result<()> {
        let names = ["auth-private.key", "auth-public.key"];
        if names.iter().all(|name| place::config().join(name).is_file()) {
            println!("    in config/ already");
            return Ok(());
        }
        command::run(self.command().args(["keys", "generate", "--development"]))
    }

    /// Adds the demo account to the database, unless it is there.
    pub(crate) fn ensure_demo_account(&self) -> Result<()> {
        let data = place::root().join("data");
        std::fs::create_dir_all(&data).with_context(|| format!("{} could not be made", data.display()))?;
        let mut command = self.command();
        command
            .args(["user", "add", DEMO_USERNAME, "--given-name", "Sam", "--family-name", "Witwicky"])
            .args(["--email", "sam@witwicky.example", "--password-stdin"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command.spawn().context("the server's program could not be started")?;
        if let Some(mut stdin) = child.stdin.take() {
            writeln!(stdin, "{DEMO_PASSWORD}").context("the password could not be handed over")?;
        }
        let output = child.wait_with_output()?;
        let said = String::from_utf8_lossy(&output.stderr);
        match output.status {
            status if status.success() => println!("    added"),
            _ if said.contains("already an account") => println!("    there already"),
            status => bail!("`{}` failed ({status}): {}", command::shown(&command), said.trim()),
        }
        Ok(())
    }

    /// Starts it and waits until it can be reached. Its log goes into a file.
    pub(crate) fn start(&self, port: u16, log: &Path) -> Result<Started> {
        let log_file =
            File::create(log).with_context(|| format!("{} could not be written", log.display()))?;
        let mut command = self.command();
        command
            .args(["serve", "--listen", &format!("{}:{port}", Ipv4Addr::LOCALHOST)])
            .stdout(Stdio::piped())
            .stderr(log_file.try_clone()?);
        let running = Running::start(&mut command)?;
        let (send, lines) = mpsc::channel();
        let stdout = running.stdout().context("the server's output cannot be read")?;
        // Reads on after the address, or the server would block on a full pipe one day.
        thread::spawn(move || {
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                let _ = writeln!(&log_file, "{line}");
                let _ = send.send(line);
            }
        });
        let url = wait_for_address(&lines)
            .with_context(|| format!("{}\nIts log: {}", last_lines(log), log.display()))?;
        Ok(Started { running, url })
    }
}

/// A server that answers at `url`, until this value goes.
pub(crate) struct Started {
    pub(crate) running: Running,
    pub(crate) url: String,
}

fn wait_for_address(lines: &mpsc::Receiver<String>) -> Result<String> {
    loop {
        match lines.recv_timeout(PATIENCE) {
            Ok(line) => {
                if let Some(url) = line.trim().strip_prefix(LISTENING) {
                    return Ok(url.to_owned());
                }
            }
            Err(RecvTimeoutError::Disconnected) => bail!("the server ended before it could be reached"),
            Err(RecvTimeoutError::Timeout) => bail!("the server could not be reached within {PATIENCE:?}"),
        }
    }
}

fn last_lines(log: &Path) -> String {
    let log = std::fs::read_to_string(log).unwrap_or_default();
    let lines: Vec<&str> = log.lines().collect();
    lines.iter().skip(lines.len().saturating_sub(5)).copied().collect::<Vec<_>>().join("\n")
}

/// Fails before anything is built if another program uses the port. Port 0 is always free.
pub(crate) fn ensure_port_is_free(port: u16) -> Result<()> {
    match TcpListener::bind((Ipv4Addr::LOCALHOST, port)) {
        Ok(_) => Ok(()),
        Err(error) => bail!(
            "port {port} cannot be used ({error}): another program has it, perhaps an earlier run. End that, or choose another \
             port: cargo xtask run --port {}",
            port.checked_add(1).unwrap_or(crate::args::DEFAULT_PORT)
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_taken_port_is_said_so() {
        let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = taken.local_addr().unwrap().port();
        let error = ensure_port_is_free(port).unwrap_err().to_string();
        assert!(error.contains(&port.to_string()) && error.contains("--port"));
    }

    #[test]
    fn the_address_is_found_among_other_lines() {
        let (send, lines) = mpsc::channel();
        send.send("database ready".to_owned()).unwrap();
        send.send("listening on http://127.0.0.1:5468".to_owned()).unwrap();
        assert_eq!(wait_for_address(&lines).unwrap(), "http://127.0.0.1:5468");
        drop(send);
        assert!(wait_for_address(&lines).is_err());
    }
}
