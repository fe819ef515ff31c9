//! Programs that a test starts. Each ends with the test, together with every process that it
//! started.

use std::process::{ExitStatus, Stdio};

use anyhow::{Context, Result, bail};
use rustix::process::{Pid, Signal, kill_process_group};
use tokio::process::{Child, Command};
use tokio::time::timeout;

use crate::wait::{TIMEOUT, until};

/// A program that leads its own process group.
pub(crate) struct Process {
    pub(crate) child: Child,
    group: Pid,
    has_ended: bool,
}

impl Process {
    pub(crate) fn start(command: &mut Command) -> Result<Self> {
        let child = command
            .process_group(0)
            .spawn()
            .with_context(|| format!("{} could not be started", command.as_std().get_program().display()))?;
        let group =
            child.id().and_then(|id| Pid::from_raw(id.try_into().ok()?)).context("it ended immediately")?;
        Ok(Self { child, group, has_ended: false })
    }

    /// Asks the group to end, and waits until every process of it has ended.
    pub(crate) async fn stop(&mut self) -> Result<ExitStatus> {
        kill_process_group(self.group, Signal::TERM).context("it has ended already")?;
        self.wait_for_group("it does not end on SIGTERM").await
    }

    /// Kills the group, as a power cut does, and waits until every process of it has ended.
    pub(crate) async fn kill(&mut self) -> Result<()> {
        kill_process_group(self.group, Signal::KILL).context("it has ended already")?;
        self.wait_for_group("it does not end on SIGKILL").await.map(drop)
    }

    async fn wait_for_group(&mut self, failure: &'static str) -> Result<ExitStatus> {
        let status = timeout(TIMEOUT, self.child.wait()).await.context(failure)??;
        let group = self.group;
        until("its whole process group ends", async || Ok(members(group)?.is_empty().then_some(()))).await?;
        self.has_ended = true;
        Ok(status)
    }

    /// The processes that it started, and those that they started.
    pub(crate) fn descendants(&self) -> Result<Vec<u32>> {
        let mut members = members(self.group)?;
        members.retain(|&process| Some(process) != self.child.id());
        Ok(members)
    }

    /// Fails if it has ended.
    pub(crate) fn ensure_running(&mut self) -> Result<()> {
        match self.child.try_wait()? {
            Some(status) => bail!("it ended with {status}"),
            None => Ok(()),
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Every process that is still in the group was started by this test. An error means that
        // the group is empty.
        if !self.has_ended {
            let _ = kill_process_group(self.group, Signal::KILL);
        }
    }
}

/// A command without input and output.
pub(crate) fn silent(program: impl AsRef<std::ffi::OsStr>) -> Command {
    let mut command = Command::new(program);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command
}

/// The running processes of a group. Zombies do not count: their new parent may collect them late.
fn members(group: Pid) -> Result<Vec<u32>> {
    let group = group.as_raw_nonzero().to_string();
    let mut members = Vec::new();
    for entry in std::fs::read_dir("/proc")? {
        let entry = entry?;
        let Some(process) = entry.file_name().to_str().and_then(|name| name.parse().ok()) else { continue };
        // A process can end while it is read.
        let Ok(stat) = std::fs::read_to_string(entry.path().join("stat")) else { continue };
        // "PID (NAME) STATE PARENT GROUP …", where the name can contain any character (proc(5)).
        let mut fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace();
        let (state, its_group) = (fields.next(), fields.nth(1));
        if state != Some("Z") && its_group == Some(group.as_str()) {
            members.push(process);
        }
    }
    Ok(members)
}
