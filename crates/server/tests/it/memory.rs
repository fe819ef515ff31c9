//! Password hashing inside the memory that a control group grants.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::cli::{Running, client, prepared};

/// A control group with a limit of its own, removed when it is dropped.
struct ControlGroup(PathBuf);

impl ControlGroup {
    /// `None` where a test may not make one: without root, or in a container.
    fn limited(bytes: u64) -> Option<Self> {
        let name = format!("latchkey-test-{}-{bytes}", std::process::id());
        for (mount, file) in
            [("/sys/fs/cgroup", "memory.max"), ("/sys/fs/cgroup/memory", "memory.limit_in_bytes")]
        {
            // In a folder of another kind it would be an ordinary folder.
            if !Path::new(mount).join("cgroup.procs").exists() {
                continue;
            }
            let group = Self(Path::new(mount).join(&name));
            let is_made = fs::create_dir(&group.0).is_ok();
            if is_made && fs::write(group.0.join(file), bytes.to_string()).is_ok() {
                return Some(group);
            }
        }
        eprintln!("skipped: no control group with a memory limit can be made here");
        None
    }

    /// The program in this group.
    fn program(&self, folder: &Path, arguments: &[&str]) -> Command {
        let mut command = Command::new("sh");
        command.args(["-euc", r#"echo $$ > "$1"; shift; exec "$@""#, "sh"]);
        command.arg(self.0.join("cgroup.procs")).arg(env!("CARGO_BIN_EXE_latchkey-server")).args(arguments);
        command.current_dir(folder).env_clear().env("LATCHKEY_PASSWORDS_FAILURE_DELAY_MS", "[0, 0]");
        command.env("MALLOC_MMAP_THRESHOLD_", "1048576").env("LATCHKEY_PASSWORDS_WORKERS", "64");
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }
}

impl Drop for ControlGroup {
    fn drop(&mut self) {
        let _ = fs::remove_dir(&self.0);
    }
}

#[test]
fn the_check_of_the_settings_warns_of_a_small_control_group() {
    let Some(group) = ControlGroup::limited(256 * 1024 * 1024) else { return };
    let folder = prepared();
    let check = |memory_kib: &str| {
        let mut command = group.program(folder.path(), &["config", "check", "--json"]);
        let output = command.env("LATCHKEY_PASSWORDS_MEMORY_KIB", memory_kib).output().unwrap();
        let checked: Value = serde_json::from_slice(&output.stdout).unwrap();
        checked["warnings"].to_string()
    };
    let warnings = check("19456");
    assert!(warnings.contains("6 passwords are hashed at the same time instead of 64"), "{warnings}");
    assert!(warnings.contains("control group grants 262144 KiB"), "{warnings}");
    assert!(check("65536").contains("2 passwords are hashed"), "raising memory_kib lowers the number");
    assert!(check("200000").contains("passwords.memory_kib is 200000"), "one hash is too large");
}

#[tokio::test]
async fn strangers_cannot_end_a_server_for_lack_of_memory() {
    let Some(group) = ControlGroup::limited(192 * 1024 * 1024) else { return };
    let folder = prepared();
    let mut serve = group.program(folder.path(), &["serve", "--listen", "127.0.0.1:0"]);
    serve.env("LATCHKEY_PASSWORDS_QUEUE", "40");
    let server = Running::start(serve);
    // Together they would take 760 MiB.
    let attempts = (0..40).map(|number| {
        let request = client().post(format!("{}/api/auth", server.url)).header("x-client", "device-1");
        let body = json!({ "username": format!("stranger{number}"), "password": "a guess of a stranger" });
        tokio::spawn(request.json(&body).send())
    });
    for attempt in attempts.collect::<Vec<_>>() {
        assert_eq!(attempt.await.unwrap().unwrap().status(), 401);
    }
    server.signal("-TERM");
    let (code, log) = server.end();
    assert_eq!(code, Some(0), "{log}");
    assert!(log.contains("passwords are hashed by this many workers") && log.contains("workers=5"), "{log}");
    assert!(log.contains("instead of 64"), "{log}");
}
