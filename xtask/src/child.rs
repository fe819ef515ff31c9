//! Long-running programs that this tool starts and ends. Refuses to end any other.

use std::process::{Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result};
use shared_child::SharedChild;

/// Time limit for a program's exit after it was asked to end: the server completes its open
/// requests first.
const STOP_TIMEOUT: Duration = Duration::from_secs(15);

/// A running program, which ends when this value is dropped.
pub(crate) struct Running(Arc<SharedChild>);

impl Running {
    /// Starts a program. On Unix it has its own process group, so that only this tool receives
    /// Ctrl-C and can end its programs in order.
    pub(crate) fn start(command: &mut Command) -> Result<Self> {
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(command, 0);
        let child = SharedChild::spawn(command.stdin(Stdio::null()))
            .with_context(|| format!("cannot start {}", command.get_program().display()))?;
        Ok(Self(Arc::new(child)))
    }

    /// Returns the program's standard output; `None` the second time, or if it is not piped.
    pub(crate) fn stdout(&self) -> Option<std::process::ChildStdout> {
        self.0.take_stdout()
    }

    /// Calls `callback` on a new thread when the program has ended for any reason.
    pub(crate) fn when_ended(&self, callback: impl FnOnce(ExitStatus) + Send + 'static) {
        let child = Arc::clone(&self.0);
        thread::spawn(move || {
            if let Ok(status) = child.wait() {
                callback(status);
            }
        });
    }

    /// After Ctrl-C on Windows, which the console delivers to all of its programs: waits until the
    /// program has ended by itself. Elsewhere this tool alone receives Ctrl-C.
    pub(crate) fn wait_after_ctrl_c(&self) {
        if cfg!(windows) {
            // A program that does not end is killed when this value is dropped.
            let _ = self.0.wait_timeout(STOP_TIMEOUT);
        }
    }

    /// Kills the program, without a chance to end in order.
    pub(crate) fn kill(self) -> Result<()> {
        self.0.kill().and_then(|()| self.0.wait()).context("cannot kill a program")?;
        Ok(())
    }

    /// Asks the program to end, waits for at most `timeout`, then kills it.
    fn stop_within(&self, timeout: Duration) {
        if matches!(self.0.try_wait(), Ok(Some(_))) {
            return;
        }
        if ask_to_end(&self.0) && matches!(self.0.wait_timeout(timeout), Ok(Some(_))) {
            return;
        }
        // If these fail, the program has ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Sends SIGTERM and returns whether that worked.
#[cfg(unix)]
fn ask_to_end(child: &SharedChild) -> bool {
    shared_child::unix::SharedChildExt::send_signal(child, libc::SIGTERM).is_ok()
}

/// Closes the program's window and returns whether it has one. Windows can ask a program without a
/// window only through its console: see [`Running::wait_after_ctrl_c`].
#[cfg(not(unix))]
fn ask_to_end(child: &SharedChild) -> bool {
    let mut close = Command::new("taskkill");
    close.args(["/PID", &child.id().to_string()]).stdout(Stdio::null()).stderr(Stdio::null());
    close.status().is_ok_and(|status| status.success())
}

impl Drop for Running {
    fn drop(&mut self) {
        self.stop_within(STOP_TIMEOUT);
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::io::Read;
    use std::os::unix::process::ExitStatusExt;
    use std::sync::mpsc;

    #[test]
    fn a_dropped_program_receives_sigterm() {
        let (send, ended) = mpsc::channel();
        let running = Running::start(Command::new("sleep").arg("60")).unwrap();
        running.when_ended(move |status| send.send(status).unwrap());
        drop(running);
        assert_eq!(ended.recv_timeout(STOP_TIMEOUT).unwrap().signal(), Some(libc::SIGTERM));
    }

    #[test]
    fn a_program_that_ignores_sigterm_is_killed() {
        let mut command = Command::new("sh");
        command.args(["-c", "trap '' TERM; echo ready; exec sleep 60"]).stdout(Stdio::piped());
        let (send, ended) = mpsc::channel();
        let running = Running::start(&mut command).unwrap();
        running.when_ended(move |status| send.send(status).unwrap());
        running.stdout().unwrap().read_exact(&mut [0; 5]).unwrap();
        running.stop_within(Duration::from_millis(50));
        assert_eq!(ended.recv_timeout(STOP_TIMEOUT).unwrap().signal(), Some(libc::SIGKILL));
    }

    #[test]
    fn the_callback_gets_the_exit_status() {
        let (send, ended) = mpsc::channel();
        let running = Running::start(Command::new("sh").args(["-c", "exit 3"])).unwrap();
        running.when_ended(move |status| send.send(status).unwrap());
        assert_eq!(ended.recv_timeout(STOP_TIMEOUT).unwrap().code(), Some(3));
    }
}
