//! The pages and the plugin's npm package: installs their packages, checks and builds them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::SystemTime;

use anyhow::{Context, Result};

use crate::{command, node, place};

/// The inputs of the page's build.
const SOURCES: [&str; 8] = [
    "../crates/tauri-plugin/dist-js",
    "src",
    "public",
    "index.html",
    "package-lock.json",
    "svelte.config.js",
    "tsconfig.json",
    "vite.config.ts",
];

/// The inputs of the plugin's npm package.
const PLUGIN_SOURCES: [&str; 4] = ["guest-js", "package-lock.json", "tsconfig.json", "tsconfig.cjs.json"];

fn folder() -> PathBuf {
    place::root().join("ui")
}

/// The folder of the plugin and its npm package.
fn plugin_folder() -> PathBuf {
    place::root().join("crates/tauri-plugin")
}

fn npm(folder: &Path) -> Command {
    let mut command = node::npm();
    command.current_dir(folder);
    command
}

/// Installs the packages of the page, unless the versions in `package-lock.json` are installed. One
/// of them is the plugin's, which is built first.
pub(crate) fn ensure_packages() -> Result<()> {
    ensure_plugin_built(&plugin_folder())?;
    ensure_packages_in(&folder())
}

fn ensure_plugin_built(plugin: &Path) -> Result<()> {
    ensure_packages_in(plugin)?;
    if is_fresh(plugin, "dist-js/index.js", &PLUGIN_SOURCES)? {
        return Ok(());
    }
    command::run(npm(plugin).args(["run", "build"]))
}

/// Checks and tests the plugin's package, and that it can be packed.
pub(crate) fn check_plugin() -> Result<()> {
    let plugin = plugin_folder();
    command::run(npm(&plugin).args(["run", "check"]))?;
    command::run(npm(&plugin).args(["pack", "--dry-run"]))
}

/// Installs the packages of the example service for Node.
pub(crate) fn ensure_example_packages() -> Result<()> {
    ensure_packages_in(&place::root().join("examples/services/node"))
}

/// Builds the page of `examples/notes` unless it is there.
pub(crate) fn ensure_notes_built() -> Result<()> {
    if place::root().join("examples/notes/dist/index.html").is_file() {
        println!("    built already");
        return Ok(());
    }
    build_notes()
}

/// Tests and builds the page of `examples/notes`.
pub(crate) fn build_notes() -> Result<()> {
    let notes = place::root().join("examples/notes");
    ensure_packages_in(&notes)?;
    command::run(npm(&notes).arg("test"))?;
    command::run(npm(&notes).args(["run", "build"]))
}

/// Installs the packages of a folder with a `package-lock.json`, unless they are installed.
pub(crate) fn ensure_packages_in(folder: &Path) -> Result<()> {
    let lock = folder.join("package-lock.json");
    let stamp = stamp(folder);
    if is_same(&lock, &stamp) {
        println!("    as in package-lock.json");
        return Ok(());
    }
    command::run(npm(folder).args(["ci", "--no-audit", "--no-fund"]))?;
    fs::copy(&lock, &stamp).with_context(|| format!("cannot write {}", stamp.display()))?;
    Ok(())
}

/// A copy of the lock file that the packages were installed from. It is in their folder, so that
/// removing them removes it.
fn stamp(folder: &Path) -> PathBuf {
    folder.join("node_modules").join(".installed-package-lock.json")
}

fn is_same(one: &Path, other: &Path) -> bool {
    matches!((fs::read(one), fs::read(other)), (Ok(one), Ok(other)) if one == other)
}

/// Runs a script of `package.json`.
pub(crate) fn script(name: &str) -> Result<()> {
    command::run(npm(&folder()).args(["run", name]))
}

/// Builds the page unless it is up to date: a new page means linking the app again.
pub(crate) fn ensure_built() -> Result<()> {
    if is_fresh(&folder(), "dist/index.html", &SOURCES)? {
        println!("    nothing changed");
        return Ok(());
    }
    script("build")
}

/// Whether `output` is newer than all `sources` of `folder`.
fn is_fresh(folder: &Path, output: &str, sources: &[&str]) -> Result<bool> {
    let Some(built) = changed(&folder.join(output)) else { return Ok(false) };
    for source in sources {
        if newest(&folder.join(source))?.is_some_and(|time| time > built) {
            return Ok(false);
        }
    }
    Ok(true)
}

/// The latest change of a file, or of a folder with its contents. Folders count: they change when a
/// file is removed.
fn newest(path: &Path) -> Result<Option<SystemTime>> {
    let mut newest = changed(path);
    if path.is_dir() {
        for entry in path.read_dir().with_context(|| format!("cannot read {}", path.display()))? {
            newest = newest.max(self::newest(&entry?.path())?);
        }
    }
    Ok(newest)
}

fn changed(path: &Path) -> Option<SystemTime> {
    path.metadata().and_then(|about| about.modified()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn packages_are_outdated_if_missing_or_of_another_lock_file() {
        let ui = tempfile::tempdir().unwrap();
        let lock = ui.path().join("package-lock.json");
        fs::write(&lock, "one").unwrap();
        assert!(!is_same(&lock, &stamp(ui.path())), "never installed");

        fs::create_dir(ui.path().join("node_modules")).unwrap();
        fs::copy(&lock, stamp(ui.path())).unwrap();
        assert!(is_same(&lock, &stamp(ui.path())), "installed");

        fs::write(&lock, "two").unwrap();
        assert!(!is_same(&lock, &stamp(ui.path())), "lock changed");
    }

    #[test]
    fn a_build_is_fresh_until_a_source_changes() {
        let ui = tempfile::tempdir().unwrap();
        let at = |seconds| SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
        let put = |name: &str, seconds| {
            let path = ui.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::File::create(&path).unwrap().set_modified(at(seconds)).unwrap();
        };
        let touch_folder = |name: &str, seconds| {
            let mut options = fs::File::options();
            options.read(true);
            // Windows opens a folder only with FILE_FLAG_BACKUP_SEMANTICS, and changes its time
            // only with FILE_WRITE_ATTRIBUTES.
            #[cfg(windows)]
            {
                use std::os::windows::fs::OpenOptionsExt as _;
                options.access_mode(0x100).custom_flags(0x0200_0000);
            }
            options.open(ui.path().join(name)).unwrap().set_modified(at(seconds)).unwrap();
        };
        let is_fresh = || is_fresh(ui.path(), "dist/index.html", &SOURCES).unwrap();
        put("src/deep/App.svelte", 10);
        put("index.html", 10);
        touch_folder("src/deep", 10);
        touch_folder("src", 10);
        assert!(!is_fresh(), "never built");

        put("dist/index.html", 20);
        assert!(is_fresh(), "built after the last change");

        put("src/deep/App.svelte", 30);
        touch_folder("src/deep", 10);
        assert!(!is_fresh(), "a file changed");

        put("src/deep/App.svelte", 10);
        touch_folder("src/deep", 30);
        assert!(!is_fresh(), "a file was removed");
    }
}
