//! Standard output and standard error that cannot be written: a full disk, a closed pipe, a reader
//! that has stopped reading.
#![cfg(unix)]

use std::fs::File;
use std::io::pipe;
use std::path::Path;
use std::process::{Output, Stdio};
use std::time::Duration;

use latchkey_testkit::{PASSWORD, USERNAME, free_port, wait_for};

use crate::cli::{Running, client, prepared, program, sign_in};

/// A device on which every write fails, as on a full disk.
fn full() -> File {
    File::options().write(true).open("/dev/full").unwrap()
}

/// A pipe whose reader was closed.
fn closed() -> Stdio {
    pipe().unwrap().1.into()
}

fn run_into(stdout: Stdio, folder: &Path, arguments: &[&str]) -> Output {
    program(folder).args(arguments).stdout(stdout).output().unwrap()
}

/// The commands that print something: results, lists, and the help.
const PRINTING: [&[&str]; 13] = [
    &["user", "list"],
    &["user", "list", "--json"],
    &["user", "show", USERNAME],
    &["user", "enable", USERNAME],
    &["session", "list"],
    &["session", "list", "--json"],
    &["audit", "list"],
    &["keys", "list"],
    &["keys", "list", "--json"],
    &["config", "check"],
    &["config", "check", "--json"],
    &["--help"],
    &["--version"],
];

/// The command of them that prints nothing without sessions.
const EMPTY: [&str; 2] = ["session", "list"];

#[test]
fn a_result_that_cannot_be_printed_fails_the_command() {
    let folder = prepared();
    for arguments in PRINTING.into_iter().filter(|arguments| *arguments != EMPTY) {
        let output = run_into(full().into(), folder.path(), arguments);
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1), "{arguments:?}: {error}");
        assert!(error.starts_with("error: the result cannot be printed: "), "{arguments:?}: {error}");
        assert_eq!(error.lines().count(), 1, "{error}");
    }
}

#[test]
fn a_closed_pipe_is_not_an_error() {
    let folder = prepared();
    for arguments in PRINTING {
        let output = run_into(closed(), folder.path(), arguments);
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!((output.status.code(), error.as_str()), (Some(0), ""), "{arguments:?}");
    }
}

#[test]
fn an_error_that_cannot_be_printed_keeps_its_exit_code() {
    let folder = prepared();
    for (arguments, code) in [(&["user", "show", "unknown"][..], 1), (&["user", "shown"], 2)] {
        for stderr in [full().into(), closed()] {
            let status = program(folder.path()).args(arguments).stderr(stderr).status().unwrap();
            assert_eq!(status.code(), Some(code), "{arguments:?}");
        }
    }
}

#[test]
fn an_empty_variable_counts_as_unset() {
    let folder = prepared();
    let mut command = program(folder.path());
    for name in ["CONFIG", "DATABASE_URL", "KEYS", "PRIVATE_KEY", "PUBLIC_URL", "TOKENS_BEARER", "LISTEN"] {
        command.env(format!("LATCHKEY_{name}"), "");
    }
    let output = command.args(["user", "list"]).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(String::from_utf8_lossy(&output.stdout).contains(USERNAME));
}

struct Watched {
    server: Running,
    metrics: String,
}

impl Watched {
    /// Starts a server that logs at the most verbose level to `stderr`.
    fn start(folder: &Path, stderr: Stdio) -> Self {
        let metrics = format!("127.0.0.1:{}", free_port());
        let mut command = program(folder);
        command.args(["serve", "--listen", "127.0.0.1:0"]).stderr(stderr);
        command.env("LATCHKEY_LOG_FILTER", "trace").env("LATCHKEY_METRICS_LISTEN", &metrics);
        Self { server: Running::start(command), metrics: format!("http://{metrics}/metrics") }
    }

    async fn lost_lines(&self) -> u64 {
        let text = client().get(&self.metrics).send().await.unwrap().text().await.unwrap();
        let line = text.lines().find_map(|line| line.strip_prefix("latchkey_log_lines_lost_total "));
        line.unwrap_or_else(|| panic!("{text}")).parse().unwrap()
    }

    /// Checks that the server works and counts lost lines of its log.
    async fn expect_service_without_log(&self) {
        assert_eq!(sign_in(&self.server.url, PASSWORD).await.status(), 200);
        let client = client();
        wait_for("a lost line is counted", async || {
            for _ in 0..50 {
                let health = client.get(format!("{}/healthz", self.server.url));
                assert_eq!(health.timeout(Duration::from_secs(10)).send().await.unwrap().status(), 200);
            }
            (self.lost_lines().await > 0).then_some(())
        })
        .await;
        assert_eq!(sign_in(&self.server.url, PASSWORD).await.status(), 200);
    }

    fn stop(mut self) {
        self.server.signal("-TERM");
        assert_eq!(self.server.child.wait().unwrap().code(), Some(0));
    }
}

#[tokio::test]
async fn a_server_whose_log_is_full_from_the_start_serves() {
    let folder = prepared();
    let watched = Watched::start(folder.path(), full().into());
    watched.expect_service_without_log().await;
    watched.stop();
}

#[tokio::test]
async fn a_server_whose_log_reader_exits_serves() {
    let folder = prepared();
    let (reader, writer) = pipe().unwrap();
    let watched = Watched::start(folder.path(), writer.into());
    assert_eq!(sign_in(&watched.server.url, PASSWORD).await.status(), 200);
    drop(reader);
    watched.expect_service_without_log().await;
    watched.stop();
}

#[tokio::test]
async fn a_server_whose_log_reader_stops_reading_serves() {
    let folder = prepared();
    let (reader, writer) = pipe().unwrap();
    let watched = Watched::start(folder.path(), writer.into());
    watched.expect_service_without_log().await;
    watched.stop();
    drop(reader);
}

#[tokio::test]
async fn a_server_whose_address_cannot_be_printed_serves() {
    let folder = prepared();
    let port = free_port();
    let mut command = program(folder.path());
    command.args(["serve", "--listen", &format!("127.0.0.1:{port}")]).stdout(full());
    let mut child = command.stderr(Stdio::null()).spawn().unwrap();
    let url = format!("http://127.0.0.1:{port}");
    wait_for("the server responds", async || {
        assert!(child.try_wait().unwrap().is_none(), "the server has exited");
        client().get(format!("{url}/healthz")).send().await.ok()
    })
    .await;
    assert_eq!(sign_in(&url, PASSWORD).await.status(), 200);
    child.kill().unwrap();
    child.wait().unwrap();
}
