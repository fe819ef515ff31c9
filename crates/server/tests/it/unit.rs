//! The unit of systemd in `deploy/`, checked by systemd's own programs.

use std::path::Path;
use std::process::{Command, Output};

/// The highest exposure that `systemd-analyze security` may give the unit, times ten (0 to 100).
const MAX_EXPOSURE: &str = "15";

fn unit() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/latchkey-server.service");
    std::fs::read_to_string(path).unwrap()
}

/// Runs systemd-analyze(1) on the unit; `None` where it is not installed. The program is not in
/// `/usr/bin` here.
fn analyze(arguments: &[&str]) -> Option<Output> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("latchkey-server.service");
    let unit = unit().replace("/usr/bin/latchkey-server", env!("CARGO_BIN_EXE_latchkey-server"));
    std::fs::write(&file, unit).unwrap();
    match Command::new("systemd-analyze").args(arguments).arg(&file).output() {
        Ok(output) => Some(output),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            eprintln!("skipped: systemd-analyze is not installed");
            None
        }
        Err(error) => panic!("{error}"),
    }
}

fn text(output: &Output) -> String {
    [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes).into_owned()).concat()
}

#[test]
fn systemd_accepts_the_unit_without_a_warning() {
    if let Some(output) = analyze(&["verify", "--man=no", "--recursive-errors=no"]) {
        assert!(output.status.success() && text(&output).is_empty(), "{}", text(&output));
    }
}

#[test]
fn the_unit_is_confined_as_far_as_the_server_can_bear() {
    let threshold = format!("--threshold={MAX_EXPOSURE}");
    if let Some(output) = analyze(&["security", "--offline=true", &threshold]) {
        assert!(output.status.success(), "{}", text(&output));
    }
}

#[test]
fn the_unit_hands_the_private_key_over_as_a_credential() {
    let unit = unit();
    let values = |name: &str| -> Vec<String> {
        unit.lines().filter_map(|line| line.strip_prefix(name)).map(str::to_owned).collect()
    };
    assert_eq!(values("LoadCredential="), ["auth-private.key:/etc/latchkey/keys/auth-private.key"]);
    assert!(values("Environment=").contains(&"LATCHKEY_PRIVATE_KEY_FILE=%d/auth-private.key".to_owned()));
}
