//! The trial of the package: `trial.sh`, in a small Debian that is unpacked for it and thrown away,
//! with processes, mounts and a network of its own.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};

use crate::system::as_root;
use crate::{command, place};

const SCRIPT: &str = include_str!("trial.sh");

/// Runs a program in the root `$1`, as the only user of a network that has the loopback only.
const ENTER: &str =
    "root=$1; shift; ip link set lo up; mount -t proc proc \"$root/proc\"; exec chroot \"$root\" \"$@\"";

/// The archive of a minimal system of this machine's release: its essential packages, and what the
/// package depends on.
pub(super) fn system() -> Result<PathBuf> {
    let release = fs::read_to_string("/etc/os-release").context("this is no Debian")?;
    let name = codename(&release).context("/etc/os-release has no VERSION_CODENAME")?;
    let archive = place::scratch("debian")?.join(format!("{name}.tar"));
    if !archive.is_file() {
        let made = archive.with_extension("new");
        // As root, because that needs no range of user ids of one's own.
        let mut make = as_root("mmdebstrap");
        make.args(["--quiet", "--variant=essential", "--include=passwd", "--format=tar", name]);
        command::run(make.arg(&made))?;
        fs::rename(&made, &archive)?;
    }
    Ok(archive)
}

fn codename(os_release: &str) -> Option<&str> {
    os_release
        .lines()
        .find_map(|line| line.strip_prefix("VERSION_CODENAME="))
        .map(|name| name.trim_matches('"'))
}

/// Installs the package, uses it, installs it over itself, removes and purges it.
pub(super) fn run(archive: &Path, package: &Path) -> Result<()> {
    let folder = place::scratch("server-package-trial")?;
    let root = folder.join("root");
    remove(&root)?;
    command::read(as_root("mkdir").arg("--parents").arg(root.join("trial")))?;
    command::read(as_root("tar").arg("--directory").arg(&root).arg("--extract").arg("--file").arg(archive))?;
    command::read(as_root("cp").arg(package).arg(root.join("trial/package.deb")))?;
    command::read(as_root("cp").arg(newer(&folder, package)?).arg(root.join("trial/newer.deb")))?;

    let mut trial = as_root("unshare");
    trial.args(["--mount", "--pid", "--net", "--fork", "--kill-child", "sh", "-euc", ENTER, "sh"]).arg(&root);
    trial.args(["bash", "-s", "--", "/trial/package.deb", "/trial/newer.deb"]);
    let mut child = trial.stdin(Stdio::piped()).spawn().context("cannot start `unshare`")?;
    let mut stdin = child.stdin.take().context("no standard input")?;
    // A trial that fails early does not read the rest; its status says so.
    let _ = std::io::Write::write_all(&mut stdin, SCRIPT.as_bytes());
    drop(stdin);
    let status = child.wait()?;
    ensure!(
        status.success(),
        "the trial failed ({status}); its files are in {}",
        root.join("trial").display()
    );
    remove(&folder)
}

/// The same package as a later version.
fn newer(folder: &Path, package: &Path) -> Result<PathBuf> {
    let (tree, newer) = (folder.join("newer"), folder.join("newer.deb"));
    remove(&tree)?;
    command::read(Command::new("dpkg-deb").arg("--raw-extract").arg(package).arg(&tree))?;
    let control = tree.join("DEBIAN/control");
    let text = fs::read_to_string(&control)?;
    fs::write(&control, later(&text).context("the package has no version")?)?;
    let mut build = Command::new("dpkg-deb");
    // Little compression: it is unpacked once.
    build.args(["-Zgzip", "-z1", "--root-owner-group", "--build"]);
    command::read(build.arg(&tree).arg(&newer))?;
    Ok(newer)
}

fn later(control: &str) -> Option<String> {
    let version = control.lines().find(|line| line.starts_with("Version: "))?;
    Some(control.replacen(version, &format!("{version}+trial"), 1))
}

fn remove(path: &Path) -> Result<()> {
    command::read(as_root("rm").args(["--recursive", "--force", "--one-file-system"]).arg(path)).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_release_is_read_with_and_without_quotes() {
        assert_eq!(codename("ID=debian\nVERSION_CODENAME=bookworm\n"), Some("bookworm"));
        assert_eq!(codename("VERSION_CODENAME=\"noble\"\n"), Some("noble"));
        assert_eq!(codename("ID=arch\n"), None);
    }

    #[test]
    fn a_later_version_is_the_only_change() {
        assert_eq!(
            later("Package: a\nVersion: 1.0\nX: 1.0\n").unwrap(),
            "Package: a\nVersion: 1.0+trial\nX: 1.0\n"
        );
        assert_eq!(later("Package: a\n"), None);
    }

    #[test]
    fn the_script_is_valid() {
        let mut check = Command::new("bash");
        let mut child = check.args(["-n"]).stdin(Stdio::piped()).spawn().unwrap();
        std::io::Write::write_all(&mut child.stdin.take().unwrap(), SCRIPT.as_bytes()).unwrap();
        assert!(child.wait().unwrap().success());
    }
}
