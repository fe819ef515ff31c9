//! Programs that a test starts, and that end with it together with all that they started.

use std::process::{ExitStatus, Stdio};

use anyhow::{Context, Result, bail};
use rustix::process::{Pid, Signal, kill_process_group};
use tokio::process::{Child, Command};
use tokio::time::timeout;

use crate::wait::{PATIENCE, until};

/// A program at the head of a process group of its own.
pub(crate) struct Process {
    pub(crate) child: Child,
    group: Pid,
    gone: bool,
}

impl Process {
    pub(crate) fn start(command: &mut Command) -> Result<Self> {
        let child = command
            .process_group(0)
            .spawn()
            .with_context(|| format!("{} could not be started", command.as_std().get_program().display()))?;
        let group =
            child.id().and_then(|id| Pid::from_raw(id.try_into().ok()?)).context("it ended at once")?;
        Ok(Self { child, group, gone: false })
    }

    /// Asks it to end, and waits until it has, and all that it started too.
    pub(crate) async fn stop(&mut self) -> Result<ExitStatus> {
        kill_process_group(self.group, Signal::TERM).context("it has ended already")?;
        let status =
            timeout(PATIENCE, self.child.wait()).await.context("it does not end when asked to")??;
        let group = self.group;
        until("all that it started has ended", async || Ok(members(group)?.is_empty().then_some(()))).await?;
        self.gone = true;
        Ok(status)
    }

    /// Ends it and all that it started at once, as a power cut does, and waits until they are gone.
    pub(crate) async fn kill(&mut self) -> Result<()> {
        kill_process_group(self.group, Signal::KILL).context("it has ended already")?;
        timeout(PATIENCE, self.child.wait()).await.context("it does not end when killed")??;
        let group = self.group;
        until("all that it started has ended", async || Ok(members(group)?.is_empty().then_some(()))).await?;
        self.gone = true;
        Ok(())
    }

    /// The processes that it started, and those that they started.
    pub(crate) fn started(&self) -> Result<Vec<u32>> {
        let mut members = members(self.group)?;
        members.retain(|&process| Some(process) != self.child.id());
        Ok(members)
    }

    /// An error if it has ended.
    pub(crate) fn still_runs(&mut self) -> Result<()> {
        match self.child.try_wait()? {
            Some(status) => bail!("it ended with {status}"),
            None => Ok(()),
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Whoever still is in the group was started by this test. An error means that nobody is.
        if !self.gone {
            let _ = kill_process_group(self.group, Signal::KILL);
        }
    }
}

/// A command with nothing on its standard streams.
pub(crate) fn silent(program: impl AsRef<std::ffi::OsStr>) -> Command {
    let mut command = Command::new(program);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command
}

/// The processes of a group that run. Ended ones do not count: their new parent may take its time to see that.
fn members(group: Pid) -> Result<Vec<u32>> {
    let group = group.as_raw_nonzero().to_string();
    let mut members = Vec::new();
    for entry in std::fs::read_dir("/proc")? {
        let entry = entry?;
        let Some(process) = entry.file_name().to_str().and_then(|name| name.parse().ok()) else { continue };
        // A process can go while it is looked at.
        let Ok(stat) = std::fs::read_to_string(entry.path().join("stat")) else { continue };
        // "PID (NAME) STATE PARENT GROUP …", where the name may hold anything (proc(5)).
        let mut fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace();
        let (state, its_group) = (fields.next(), fields.nth(1));
        if state != Some("Z") && its_group == Some(group.as_str()) {
            members.push(process);
        }
    }
    Ok(members)
}
