//! The trial of the package: `trial.sh`, in a small Debian that is unpacked for it and thrown away,
//! with processes, mounts and a network of its own.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};

use crate::bundle::debian::remove;
use crate::system::as_root;
use crate::{command, place};

const SCRIPT: &str = include_str!("trial.sh");

/// Runs a program in the root `$1`, as the only user of a network that has the loopback only.
const ENTER: &str =
    "root=$1; shift; ip link set lo up; mount -t proc proc \"$root/proc\"; exec chroot \"$root\" \"$@\"";

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

#[cfg(test)]
mod tests {
    use super::*;

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
