//! A small Debian of this machine's release, for trials: as an archive, or some of its packages
//! unpacked. Both come from this machine's own package sources.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::system::as_root;
use crate::{command, place};

/// The archive of a minimal system: its essential packages, and what the server's package depends
/// on. Made once.
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

/// Unpacks packages into an empty folder, without running their scripts.
pub(super) fn unpack(packages: &[&str], into: &Path) -> Result<()> {
    let folder = place::scratch("debian/packages")?;
    fs::remove_dir_all(&folder)?;
    fs::create_dir_all(&folder)?;
    command::read(Command::new("apt-get").arg("download").args(packages).current_dir(&folder))?;
    for package in folder.read_dir()? {
        command::read(Command::new("dpkg-deb").arg("--extract").arg(package?.path()).arg(into))?;
    }
    Ok(())
}

/// Removes a folder with files of any owner.
pub(super) fn remove(path: &Path) -> Result<()> {
    command::read(as_root("rm").args(["--recursive", "--force", "--one-file-system"]).arg(path)).map(drop)
}

fn codename(os_release: &str) -> Option<&str> {
    os_release
        .lines()
        .find_map(|line| line.strip_prefix("VERSION_CODENAME="))
        .map(|name| name.trim_matches('"'))
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
}
