//! A program beside the server: started on a loopback port, waited for, and stopped. Refuses to
//! leave it behind, whatever becomes of this process.

use std::fs::File;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::channel;
use std::time::Duration;

use latchkey_testkit::wait_for;
use rustix::process::{Pid, Signal, kill_process};
use tokio::net::TcpStream;

/// How long a program has to stop after SIGTERM before it is killed.
const STOP_TIMEOUT: Duration = Duration::from_secs(10);

/// A loopback address with a port that was free a moment ago, for a program that cannot pick one
/// itself.
pub(crate) fn free_address() -> SocketAddr {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap()
}

/// A running program. It is stopped when this value is dropped, and by the system if this process
/// is killed.
pub(crate) struct Neighbour {
    child: Child,
    output: PathBuf,
}

impl Neighbour {
    /// Starts a program in the foreground. `folder` gets its output.
    pub(crate) fn start(folder: &Path, program: &[&str]) -> Self {
        let output = folder.join(format!("{}.log", program[0].replace('/', "_")));
        let file = File::create(&output).unwrap();
        // The signal follows the thread that starts the program: each test has its own.
        let mut command = Command::new("setpriv");
        command.args(["--pdeathsig", "TERM"]).args(program).current_dir(folder);
        // Debian installs daemons where the search path of a user does not lead.
        let path = std::env::var("PATH").unwrap_or_default();
        command.env("PATH", format!("{path}:/usr/sbin:/sbin"));
        command.stdin(Stdio::null()).stdout(file.try_clone().unwrap()).stderr(file);
        let child = command.spawn().unwrap_or_else(|error| panic!("setpriv {program:?}: {error}"));
        Self { child, output }
    }

    /// Waits until `check` returns `Some`, and returns the value. Fails with the program's output
    /// if it ends before.
    pub(crate) async fn until<T>(&mut self, what: &str, mut check: impl AsyncFnMut() -> Option<T>) -> T {
        wait_for(what, async || {
            if let Some(status) = self.child.try_wait().unwrap() {
                panic!("not {what}: the program has ended ({status}):\n{}", self.output());
            }
            check().await
        })
        .await
    }

    /// Waits until something accepts connections at an address.
    pub(crate) async fn until_listening(&mut self, address: SocketAddr) {
        let connect = async || TcpStream::connect(address).await.ok();
        drop(self.until(&format!("listening on {address}"), connect).await);
    }

    /// What the program has written.
    pub(crate) fn output(&self) -> String {
        String::from_utf8_lossy(&std::fs::read(&self.output).unwrap()).into_owned()
    }
}

impl Drop for Neighbour {
    fn drop(&mut self) {
        let pid = Pid::from_child(&self.child);
        if matches!(self.child.try_wait(), Ok(Some(_))) {
            return;
        }
        let _ = kill_process(pid, Signal::TERM);
        let (ended, waits) = channel();
        std::thread::scope(|scope| {
            scope.spawn(|| {
                let _ = self.child.wait();
                let _ = ended.send(());
            });
            if waits.recv_timeout(STOP_TIMEOUT).is_err() {
                let _ = kill_process(pid, Signal::KILL);
            }
        });
    }
}
