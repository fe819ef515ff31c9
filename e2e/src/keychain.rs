//! GNOME's keychain on a desktop's session bus.

use std::fs::File;
use std::path::Path;
use std::process::Stdio;

use anyhow::{Context, Result};
use tokio::io::AsyncWriteExt;

use crate::process::{Process, silent};
use crate::profile::set_env;
use crate::wait::until;

/// The state in which a keychain starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keychain {
    /// Open, as after a login to the desktop.
    Open,
    /// It waits for its password.
    Locked,
}

/// Starts the keychain. To open it, passes the password on standard input, as a login does. `log`
/// receives what it reports, for example why it ended by itself.
pub(crate) async fn start(keychain: Keychain, home: &Path, bus_address: &str, log: File) -> Result<Process> {
    let mut command = silent("gnome-keyring-daemon");
    command.stderr(log);
    set_env(&mut command, home, Some(bus_address));
    command.args(["--foreground", "--components=secrets"]);
    if keychain == Keychain::Open {
        command.arg("--unlock").stdin(Stdio::piped());
    }
    let mut process = Process::start(&mut command)?;
    if let Some(mut stdin) = process.child.stdin.take() {
        stdin.write_all(b"password of the desktop").await.context("its input cannot be written")?;
    }
    until("the keychain is on the bus", async || {
        process.ensure_running()?;
        let mut query = silent("dbus-send");
        query.env("DBUS_SESSION_BUS_ADDRESS", bus_address).args(["--session", "--print-reply=literal"]);
        query.args(["--dest=org.freedesktop.DBus", "/", "org.freedesktop.DBus.NameHasOwner"]);
        let reply = query.arg("string:org.freedesktop.secrets").stdout(Stdio::piped()).output().await?;
        Ok(String::from_utf8_lossy(&reply.stdout).contains("true").then_some(()))
    })
    .await?;
    Ok(process)
}
