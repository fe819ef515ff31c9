//! Python with the packages of `python/requirements.txt`, which `cargo xtask test --operators`
//! installs in the build folder.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;

/// The folder of the scripts.
pub(crate) const SCRIPTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/operators/python");

/// The path of a program of the environment.
pub(crate) fn program(name: &str) -> PathBuf {
    // CARGO_TARGET_TMPDIR is a folder in the build folder.
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
    let program = target.join("python/bin").join(name);
    assert!(program.is_file(), "there is no {}: `cargo xtask test --operators` makes it", program.display());
    program
}

/// Runs a program of the environment with a text as its input, and returns what it printed. Fails
/// with its output if it fails.
pub(crate) async fn run(name: &str, arguments: &[&str], folder: &Path, input: &str) -> String {
    let mut command = Command::new(program(name));
    command
        .args(arguments)
        .current_dir(folder)
        .env("NO_PROXY", "127.0.0.1")
        // Authlib otherwise accepts https only.
        .env("AUTHLIB_INSECURE_TRANSPORT", "1")
        .env("PYTHONDONTWRITEBYTECODE", "1");
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).await.unwrap();
    let output = child.wait_with_output().await.unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{name}: {text}\n{}", String::from_utf8_lossy(&output.stderr));
    text
}
