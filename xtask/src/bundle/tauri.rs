//! Makes the installers of a compiled program with Tauri's command line.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use super::libc;
use crate::{command, place, ui};

/// The extensions of installers.
const ENDINGS: [&str; 6] = ["deb", "rpm", "AppImage", "exe", "msi", "dmg"];

fn source() -> PathBuf {
    place::root().join("src-tauri")
}

/// Installs Tauri's command line from npm: compiling it would take ten minutes.
pub(crate) fn ensure() -> Result<()> {
    ui::ensure_packages_in(&source().join("packaging"))
}

/// Makes the installers of the `kinds`, all of this system's if that is empty, and returns their
/// paths.
pub(crate) fn bundle(kinds: &str) -> Result<Vec<PathBuf>> {
    let release = place::target()?.join("release");
    let program = release.join("latchkey").with_extension(std::env::consts::EXE_EXTENSION);
    let made = release.join("bundle");
    // Removes the installers of earlier versions.
    if made.exists() {
        fs::remove_dir_all(&made).with_context(|| format!("cannot empty {}", made.display()))?;
    }
    let mut tauri = Command::new("node");
    tauri
        .current_dir(source())
        .arg(source().join("packaging/node_modules/@tauri-apps/cli/tauri.js"))
        .args(["bundle", "--ci"])
        .env("CARGO_TARGET_DIR", place::target()?);
    if let Some((major, minor)) = libc::needed_by(&fs::read(&program)?) {
        // The bundler adds the dependency on the web view.
        tauri.arg("--config").arg(format!(
            r#"{{"bundle":{{"linux":{{"deb":{{"depends":["libc6 (>= {major}.{minor})"]}},"rpm":{{"depends":["libc.so.6(GLIBC_{major}.{minor})(64bit)"]}}}}}}}}"#
        ));
    }
    if !kinds.is_empty() {
        tauri.args(["--bundles", kinds]);
    }
    command::run(&mut tauri)?;
    let mut packages = Vec::new();
    collect(&made, &mut packages)?;
    packages.sort();
    if packages.is_empty() {
        bail!("there is no installer in {}", made.display());
    }
    Ok(packages)
}

/// Collects the installers, which are in one folder for each kind.
fn collect(made: &Path, packages: &mut Vec<PathBuf>) -> Result<()> {
    for kind in made.read_dir().with_context(|| made.display().to_string())? {
        let kind = kind?.path();
        if !kind.is_dir() {
            continue;
        }
        for entry in kind.read_dir()? {
            let path = entry?.path();
            if path.is_file()
                && path.extension().is_some_and(|ending| ENDINGS.iter().any(|known| ending == *known))
            {
                packages.push(path);
            }
        }
    }
    Ok(())
}
