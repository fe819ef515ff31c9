//! Every system call on the app's files, one after another, kills the app or fails: the old session
//! or the new one is on disk afterwards, and a session that is not on disk is not reported as
//! stored. `strace` injects the faults (strace(1), "Tampering").

use std::fs;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::Path;
use std::process::Stdio;

use latchkey_testkit::app::session_file;
use latchkey_testkit::headless::{Headless, found, run};
use latchkey_testkit::{Server, USERNAME};
use serde_json::Value;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};

/// The system calls that reading and replacing a private file is made of.
const CALLS: [&str; 13] = [
    "openat",
    "statx",
    "getdents64",
    "read",
    "write",
    "fsync",
    "rename",
    "unlink",
    "mkdir",
    "flock",
    "fcntl",
    "fchmod",
    "close",
];

/// The fault of a call.
const KILL: &str = "signal=KILL";
const FAULTS: [&str; 2] = ["error=EIO", "error=ENOSPC"];

const SIGN_IN: &[&str] = &["sign-in", USERNAME];

#[tokio::test]
async fn signing_in_for_the_first_time() {
    Story { signed_in_before: false, job: SIGN_IN, signed_in_after: true }.run().await;
}

#[tokio::test]
async fn signing_in_again() {
    Story { signed_in_before: true, job: SIGN_IN, signed_in_after: true }.run().await;
}

#[tokio::test]
async fn renewing() {
    Story { signed_in_before: true, job: &["check-in"], signed_in_after: true }.run().await;
}

#[tokio::test]
async fn signing_out() {
    Story { signed_in_before: true, job: &["sign-out"], signed_in_after: false }.run().await;
}

struct Story {
    signed_in_before: bool,
    job: &'static [&'static str],
    signed_in_after: bool,
}

impl Story {
    async fn run(&self) {
        let server =
            Server::for_app().settings(|settings| settings.sessions.renew_after_seconds = 0).start().await;
        let before = tempfile::tempdir().unwrap();
        if self.signed_in_before {
            run(&before.path().join("app"), &server.url, SIGN_IN).await;
        }
        let (kills, io_errors, full_disks) = tokio::join!(
            self.survived_kills(&server, before.path()),
            self.survived_faults(&server, before.path(), FAULTS[0]),
            self.survived_faults(&server, before.path(), FAULTS[1]),
        );
        let faults = io_errors + full_disks;
        println!("{}: {kills} kills and {faults} faults survived", self.job.join(" "));
        assert!(
            kills >= 20 && faults >= 40,
            "the injection reaches the files: {kills} kills, {faults} faults"
        );
    }

    async fn survived_kills(&self, server: &Server, before: &Path) -> usize {
        let mut count = 0;
        for call in CALLS {
            for nth in 1.. {
                if !self.survives_a_kill(server, before, call, nth).await {
                    break;
                }
                count += 1;
            }
        }
        count
    }

    async fn survived_faults(&self, server: &Server, before: &Path, fault: &str) -> usize {
        let mut count = 0;
        for call in CALLS {
            for nth in 1.. {
                if !self.survives_a_fault(server, before, call, fault, nth).await {
                    break;
                }
                count += 1;
            }
        }
        count
    }

    /// False if there was no such call any more.
    async fn survives_a_kill(&self, server: &Server, before: &Path, call: &str, nth: u32) -> bool {
        let place = copy(before);
        let folder = place.path().join("app");
        let run = Run::start(&folder, &server.url, self.job, &format!("{call}:{KILL}:when={nth}")).await;
        let (hit, said) = run.end().await;
        let now = found(&folder).await;
        let possible = [self.signed_in_before, self.signed_in_after];
        assert!(is_whole(&now, &possible), "killed at {call} {nth}: {now}");
        assert!(
            hit || said.is_some_and(|said| said["code"].is_null()),
            "{call} {nth}: without a kill all is well"
        );
        hit
    }

    async fn survives_a_fault(
        &self,
        server: &Server,
        before: &Path,
        call: &str,
        fault: &str,
        nth: u32,
    ) -> bool {
        let place = copy(before);
        let folder = place.path().join("app");
        let run = Run::start(&folder, &server.url, self.job, &format!("{call}:{fault}:when={nth}")).await;
        let (hit, said) = run.end().await;
        let now = found(&folder).await;
        let context = format!("{fault} at {call} {nth}: said {said:?}, found {now}");
        let said = said.expect(&context);
        let kept = match said["code"].as_str() {
            Some("not-kept") => false,
            Some(_) => panic!("{context}"),
            // A renewal that is only in memory is not a loss, and is not reported as one.
            None => {
                said["lease"]["kept"].as_bool().unwrap_or(true)
                    && self.signed_in_before != self.signed_in_after
            }
        };
        let expected: &[bool] = if kept { &[self.signed_in_after] } else { &[self.signed_in_before] };
        assert!(is_whole(&now, expected), "{context}");
        hit
    }
}

/// One job of the app with one injection, which begins when the session has been opened.
struct Run {
    headless: Headless,
    strace: Child,
    log: TempDir,
}

impl Run {
    async fn start(folder: &Path, url: &str, job: &[&str], injection: &str) -> Self {
        let headless = Headless::start(folder, url, job).await;
        let log = tempfile::tempdir().unwrap();
        let mut command = Command::new("strace");
        command.args(["-f", "-p", &headless.child.id().unwrap().to_string()]);
        command.arg("-o").arg(log.path().join("log"));
        command.arg("-P").arg(folder);
        command.arg("-P").arg(folder.join("session.lock"));
        for file in [session_file(folder), folder.join("session.json"), folder.join("device.key")] {
            for suffix in ["", ".new", ".lock"] {
                command.arg("-P").arg(format!("{}{suffix}", file.display()));
            }
        }
        command.args(["-e", &format!("inject={injection}")]);
        command.stderr(Stdio::piped()).kill_on_drop(true);
        let mut strace = command.spawn().expect("strace is installed: `cargo xtask test` does that");
        let mut words = BufReader::new(strace.stderr.take().unwrap()).lines();
        let first = words.next_line().await.unwrap().unwrap_or_default();
        assert!(first.contains("attached"), "strace cannot look at a process of ours: {first}");
        // Reads on, or strace would block on a full pipe.
        tokio::spawn(async move { while let Ok(Some(_)) = words.next_line().await {} });
        Self { headless, strace, log }
    }

    /// Whether the injection took effect, and the app's output, if it was not killed.
    async fn end(mut self) -> (bool, Option<Value>) {
        self.headless.go().await;
        let said = self.headless.line().await;
        self.headless.child.wait().await.unwrap();
        self.strace.wait().await.unwrap();
        let log = fs::read_to_string(self.log.path().join("log")).unwrap();
        (log.contains("(INJECTED)") || log.contains("killed by SIGKILL"), said)
    }
}

fn is_whole(view: &Value, signed_in: &[bool]) -> bool {
    match view["state"].as_str() {
        Some("signed-in") => signed_in.contains(&true),
        Some("signed-out") => {
            signed_in.contains(&false)
                && matches!(view["reason"].as_str(), Some("signed-out" | "never-signed-in"))
        }
        _ => false,
    }
}

/// A copy of the app's folder, if there is one yet.
fn copy(before: &Path) -> TempDir {
    let place = tempfile::tempdir().unwrap();
    let (from, to) = (before.join("app"), place.path().join("app"));
    if from.is_dir() {
        fs::DirBuilder::new().mode(0o700).create(&to).unwrap();
        for entry in from.read_dir().unwrap() {
            let entry = entry.unwrap();
            fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
        }
    }
    place
}
