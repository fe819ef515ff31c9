//! Tauri's command line, which makes the installers of a program that is built already.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use super::libc;
use crate::{command, place, ui};

/// What is made on Linux unless asked for. An AppImage takes a download of its run time.
const ON_LINUX: &str = "deb,rpm";

/// The files that people get, by their endings.
const ENDINGS: [&str; 6] = ["deb", "rpm", "AppImage", "exe", "msi", "dmg"];

fn source() -> PathBuf {
    place::root().join("src-tauri")
}

/// Installs it from npm: compiling it would take ten minutes.
pub(crate) fn ensure() -> Result<()> {
    ui::ensure_packages_in(&source().join("packaging"))
}

/// Makes the installers and tells where they are.
pub(crate) fn bundle(kinds: Option<&str>) -> Result<Vec<PathBuf>> {
    let release = place::target()?.join("release");
    let program = release.join("latchkey").with_extension(std::env::consts::EXE_EXTENSION);
    let made = release.join("bundle");
    // What an earlier version left there is not of this one.
    if made.exists() {
        fs::remove_dir_all(&made).with_context(|| format!("{} could not be emptied", made.display()))?;
    }
    let mut tauri = Command::new("node");
    tauri
        .current_dir(source())
        .arg(source().join("packaging/node_modules/@tauri-apps/cli/tauri.js"))
        .args(["bundle", "--ci"])
        .env("CARGO_TARGET_DIR", place::target()?);
    if let Some((major, minor)) = libc::needed_by(&fs::read(&program)?) {
        // The web view is added by the bundler.
        tauri.arg("--config").arg(format!(
            r#"{{"bundle":{{"linux":{{"deb":{{"depends":["libc6 (>= {major}.{minor})"]}},"rpm":{{"depends":["libc.so.6(GLIBC_{major}.{minor})(64bit)"]}}}}}}}}"#
        ));
    }
    if let Some(kinds) = kinds.or(cfg!(target_os = "linux").then_some(ON_LINUX)) {
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

/// The installers in a folder of folders, one for each kind.
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
