//! Long-running programs that this tool starts, and ends again: these and no others.

use std::process::{Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result};
use shared_child::SharedChild;

/// How long a program may take to end when it is asked to: the server ends what is under way first.
const PATIENCE: Duration = Duration::from_secs(15);

/// A program that ends with this value at the latest.
pub(crate) struct Running(Arc<SharedChild>);

impl Running {
    /// Starts a program in a process group of its own, so that Ctrl-C on the terminal reaches this tool alone, which then
    /// ends its programs in order.
    pub(crate) fn start(command: &mut Command) -> Result<Self> {
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(command, 0);
        let child = SharedChild::spawn(command.stdin(Stdio::null()))
            .with_context(|| format!("{} could not be started", command.get_program().display()))?;
        Ok(Self(Arc::new(child)))
    }

    /// What it prints, if the command had it piped. Once only.
    pub(crate) fn stdout(&self) -> Option<std::process::ChildStdout> {
        self.0.take_stdout()
    }

    /// Calls back, on a thread of its own, when the program has ended, of itself or not.
    pub(crate) fn when_ended(&self, tell: impl FnOnce(ExitStatus) + Send + 'static) {
        let child = Arc::clone(&self.0);
        thread::spawn(move || {
            if let Ok(status) = child.wait() {
                tell(status);
            }
        });
    }

    /// Asks it to end, waits for as long as is given, and then ends it.
    fn stop_within(&self, patience: Duration) {
        if matches!(self.0.try_wait(), Ok(Some(_))) {
            return;
        }
        if ask_to_end(&self.0) && matches!(self.0.wait_timeout(patience), Ok(Some(_))) {
            return;
        }
        // Neither can fail in a way that leaves something to do.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// True if the program was asked: only Unix has a signal for it.
#[cfg(unix)]
fn ask_to_end(child: &SharedChild) -> bool {
    shared_child::unix::SharedChildExt::send_signal(child, libc::SIGTERM).is_ok()
}

#[cfg(not(unix))]
fn ask_to_end(_child: &SharedChild) -> bool {
    false
}

impl Drop for Running {
    fn drop(&mut self) {
        self.stop_within(PATIENCE);
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::io::Read;
    use std::os::unix::process::ExitStatusExt;
    use std::sync::mpsc;

    #[test]
    fn it_is_asked_first() {
        let (send, ended) = mpsc::channel();
        let running = Running::start(Command::new("sleep").arg("60")).unwrap();
        running.when_ended(move |status| send.send(status).unwrap());
        drop(running);
        assert_eq!(ended.recv_timeout(PATIENCE).unwrap().signal(), Some(libc::SIGTERM));
    }

    #[test]
    fn what_does_not_listen_is_ended() {
        let mut command = Command::new("sh");
        command.args(["-c", "trap '' TERM; echo ready; exec sleep 60"]).stdout(Stdio::piped());
        let (send, ended) = mpsc::channel();
        let running = Running::start(&mut command).unwrap();
        running.when_ended(move |status| send.send(status).unwrap());
        running.stdout().unwrap().read_exact(&mut [0; 5]).unwrap();
        running.stop_within(Duration::from_millis(50));
        assert_eq!(ended.recv_timeout(PATIENCE).unwrap().signal(), Some(libc::SIGKILL));
    }

    #[test]
    fn an_end_of_its_own_is_told() {
        let (send, ended) = mpsc::channel();
        let running = Running::start(Command::new("sh").args(["-c", "exit 3"])).unwrap();
        running.when_ended(move |status| send.send(status).unwrap());
        assert_eq!(ended.recv_timeout(PATIENCE).unwrap().code(), Some(3));
    }
}
