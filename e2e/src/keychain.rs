//! GNOME's keychain on a desktop's session bus.

use std::path::Path;
use std::process::Stdio;

use anyhow::{Context, Result};
use tokio::io::AsyncWriteExt;

use crate::desktop::furnish;
use crate::process::{Process, silent};
use crate::wait::until;

/// How a keychain stands when it is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keychain {
    /// Open, as after signing in to the desktop.
    Open,
    /// It waits for its password.
    Locked,
}

/// Starts it, and opens it as signing in to a desktop does: with the password on its standard input.
pub(crate) async fn start(keychain: Keychain, home: &Path, bus_address: &str) -> Result<Process> {
    let mut command = silent("gnome-keyring-daemon");
    furnish(&mut command, home, Some(bus_address));
    command.args(["--foreground", "--components=secrets"]);
    if keychain == Keychain::Open {
        command.arg("--unlock").stdin(Stdio::piped());
    }
    let mut process = Process::start(&mut command)?;
    if let Some(mut stdin) = process.child.stdin.take() {
        stdin.write_all(b"password of the desktop").await.context("its input cannot be written")?;
    }
    until("the keychain is on the bus", async || {
        process.still_runs()?;
        let mut ask = silent("dbus-send");
        ask.env("DBUS_SESSION_BUS_ADDRESS", bus_address).args(["--session", "--print-reply=literal"]);
        ask.args(["--dest=org.freedesktop.DBus", "/", "org.freedesktop.DBus.NameHasOwner"]);
        let answer = ask.arg("string:org.freedesktop.secrets").stdout(Stdio::piped()).output().await?;
        Ok(String::from_utf8_lossy(&answer.stdout).contains("true").then_some(()))
    })
    .await?;
    Ok(process)
}
