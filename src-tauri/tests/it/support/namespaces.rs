//! Programs in namespaces of their own (unshare(1)): without a network, with other mounts. As root, or as a user whom the
//! kernel lets be root in a namespace.

use std::path::Path;

use tokio::process::Command;

/// A command that runs `script` in namespaces of its own; the arguments that are added are the script's `$1`, `$2` …
pub(crate) fn unshared(namespaces: &[&str], script: &str) -> Command {
    let mut command = Command::new("unshare");
    command.args(namespaces);
    if !rustix::process::geteuid().is_root() {
        command.arg("--map-root-user");
    }
    command.args(["--", "sh", "-euc", script, "sh"]);
    command
}

/// Replaces the machine id in the program's own mounts by the file `$1`, or by nothing at all if
/// there is no such file, then runs the rest.
pub(crate) const WITH_MACHINE_ID: &str = r#"
id="$1"; shift
for folder in /etc /var/lib/dbus; do
    [ -d "$folder" ] || continue
    copy=$(mktemp -d)
    mount -t tmpfs none "$copy"
    cp -a "$folder/." "$copy/"
    rm -f "$copy/machine-id"
    [ ! -e "$id" ] || cp "$id" "$copy/machine-id"
    mount --bind "$copy" "$folder"
    umount "$copy"
    rmdir "$copy"
done
exec "$@"
"#;

/// What the app prints with `--status`, and its exit code, in a person's data folder.
pub(crate) async fn status(mut command: Command, data: &Path) -> (Option<i32>, serde_json::Value) {
    command.env("XDG_DATA_HOME", data).env("HOME", data);
    super::headless::furnish(&mut command, "http://127.0.0.1:1");
    let output = command.kill_on_drop(true).output().await.unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    let view = serde_json::from_str(&said)
        .unwrap_or_else(|_| panic!("no view: {said} {}", String::from_utf8_lossy(&output.stderr)));
    (output.status.code(), view)
}
