//! A session bus that knows no services, so that only the programs of the test appear on it.

use std::path::Path;
use std::process::Stdio;

use anyhow::{Context, Result};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::time::timeout;

use crate::process::{Process, silent};
use crate::profile;
use crate::wait::TIMEOUT;

/// Starts a bus with its socket in a user's runtime folder, and returns its address.
pub(crate) async fn start(home: &Path) -> Result<(Process, String)> {
    let config = home.join("bus.conf");
    let socket = home.join(profile::RUNTIME);
    std::fs::write(
        &config,
        format!(
            "<busconfig><type>session</type><listen>unix:dir={}</listen><auth>EXTERNAL</auth><policy context=\"default\">\
             <allow send_destination=\"*\" eavesdrop=\"true\"/><allow eavesdrop=\"true\"/><allow own=\"*\"/></policy></busconfig>",
            socket.display()
        ),
    )?;
    let mut command = silent("dbus-daemon");
    command.arg("--config-file").arg(&config).args([
        "--nofork",
        "--nopidfile",
        "--nosyslog",
        "--print-address=1",
    ]);
    let mut bus = Process::start(command.stdout(Stdio::piped()))?;
    let stdout = bus.child.stdout.take().context("its output cannot be read")?;
    let line = timeout(TIMEOUT, BufReader::new(stdout).lines().next_line()).await.context("no address")??;
    Ok((bus, line.context("it ended without printing an address")?))
}
