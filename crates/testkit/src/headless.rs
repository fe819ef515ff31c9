//! The client as a process, on a machine without a keychain.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

use crate::PASSWORD;

/// A process that has opened the session and waits for its standard input.
pub struct Headless {
    /// The process.
    pub child: Child,
    /// The view after opening the session.
    pub opened: Value,
    stdin: ChildStdin,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Headless {
    /// Starts it in the folder for a job.
    pub async fn start(folder: &Path, server_url: &str, job: &[&str]) -> Self {
        let mut command = Command::new(program());
        set_env(&mut command, server_url);
        Self::spawn(command, folder, job).await
    }

    /// The same on a session bus, which can have a keychain.
    pub async fn start_on(bus: &str, folder: &Path, server_url: &str, job: &[&str]) -> Self {
        let mut command = Command::new(program());
        set_env(&mut command, server_url);
        command.env("DBUS_SESSION_BUS_ADDRESS", bus);
        Self::spawn(command, folder, job).await
    }

    /// Starts a command that ends with the program; the folder and the job are its last arguments.
    pub async fn spawn(mut command: Command, folder: &Path, job: &[&str]) -> Self {
        command.arg(folder).args(job).kill_on_drop(true);
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let stdin = child.stdin.take().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let opened = lines.next_line().await.unwrap().expect("it ended before it opened the session");
        Self { child, opened: serde_json::from_str(&opened).unwrap(), stdin, lines }
    }

    /// Lets it continue, with the password.
    pub async fn go(&mut self) {
        self.stdin.write_all(format!("{PASSWORD}\n").as_bytes()).await.unwrap();
    }

    /// Gives it a line of JSON: a step of the job `steps`.
    pub async fn step(&mut self, step: &[&str]) {
        let line = format!("{}\n", serde_json::json!(step));
        self.stdin.write_all(line.as_bytes()).await.unwrap();
    }

    /// The next line of its output; `None` at the end.
    pub async fn line(&mut self) -> Option<Value> {
        let line = self.lines.next_line().await.unwrap()?;
        Some(serde_json::from_str(&line).unwrap())
    }
}

/// Does one job to its end; the view or error that it printed last.
pub async fn run(folder: &Path, server_url: &str, job: &[&str]) -> Value {
    let mut headless = Headless::start(folder, server_url, job).await;
    headless.go().await;
    let said = headless.line().await.expect("it printed nothing");
    headless.child.wait().await.unwrap();
    said
}

/// Runs one job to its end by a prepared command, and returns its last output.
pub async fn run_command(command: Command, folder: &Path, job: &[&str]) -> Value {
    let mut headless = Headless::spawn(command, folder, job).await;
    headless.go().await;
    let said = headless.line().await.expect("it printed nothing");
    headless.child.wait().await.unwrap();
    said
}

/// The view of a start in the folder, without a server.
pub async fn found(folder: &Path) -> Value {
    Headless::start(folder, "http://127.0.0.1:1", &["check-in"]).await.opened
}

/// Separates a command from this user's keychain and settings: it has no session bus, as on a
/// machine without a desktop.
pub fn set_env(command: &mut Command, server_url: &str) {
    command.env_remove("DBUS_SESSION_BUS_ADDRESS").env("XDG_RUNTIME_DIR", empty_folder());
    command.env("LATCHKEY_SERVER_URL", server_url).env_remove("RUST_LOG");
    for name in ["http_proxy", "https_proxy", "all_proxy", "no_proxy"] {
        command.env_remove(name).env_remove(name.to_uppercase());
    }
}

/// An empty runtime folder.
pub fn empty_folder() -> PathBuf {
    let folder = beside_tests("empty-runtime-folder");
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

/// The path of the program: the client's example `headless`, which is built next to the tests.
pub fn program() -> PathBuf {
    let program = beside_tests("examples").join("headless");
    assert!(
        program.is_file(),
        "for some of the tests only, first: cargo build --package latchkey-client --example headless"
    );
    program
}

/// A path next to the folder of the test programs.
fn beside_tests(name: &str) -> PathBuf {
    let test = std::env::current_exe().unwrap();
    test.parent().unwrap().with_file_name(name)
}
