//! Programs in separate namespaces (unshare(1)): without a network, with other mounts. Needs root,
//! or a kernel that lets a user be root in a namespace.

use tokio::process::Command;

/// A command that runs `script` in separate namespaces; added arguments are the script's `$1`, `$2`
/// …
pub fn unshared(namespaces: &[&str], script: &str) -> Command {
    let mut command = Command::new("unshare");
    command.args(namespaces);
    if !rustix::process::geteuid().is_root() {
        command.arg("--map-root-user");
    }
    command.args(["--", "sh", "-euc", script, "sh"]);
    command
}

/// Replaces the machine id in the program's mounts with the file `$1`, or removes it if there is no
/// such file, then runs the rest.
pub const WITH_MACHINE_ID: &str = r#"
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
