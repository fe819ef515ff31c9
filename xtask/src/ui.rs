//! The window's page: its packages, checks and build.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::SystemTime;

use anyhow::{Context, Result};

use crate::{command, node, place};

/// What the page is made from; whatever else lies in the folder does not change it.
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

/// What the plugin's package is made from.
const PLUGIN_SOURCES: [&str; 4] = ["guest-js", "package-lock.json", "tsconfig.json", "tsconfig.cjs.json"];

fn folder() -> PathBuf {
    place::root().join("ui")
}

/// The folder of the plugin, which has a package for pages too.
fn plugin_folder() -> PathBuf {
    place::root().join("crates/tauri-plugin")
}

fn npm(folder: &Path) -> Command {
    let mut command = node::npm();
    command.current_dir(folder);
    command
}

/// Installs the page's packages, unless those of the present `package-lock.json` are there. One of
/// them is the plugin's, which is built first.
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

/// The same for the example service that runs on Node.
pub(crate) fn ensure_example_packages() -> Result<()> {
    ensure_packages_in(&place::root().join("examples/services/node"))
}

/// The same for any folder with a `package-lock.json`.
pub(crate) fn ensure_packages_in(folder: &Path) -> Result<()> {
    let lock = folder.join("package-lock.json");
    let stamp = stamp(folder);
    if is_same(&lock, &stamp) {
        println!("    as in package-lock.json");
        return Ok(());
    }
    command::run(npm(folder).args(["ci", "--no-audit", "--no-fund"]))?;
    fs::copy(&lock, &stamp).with_context(|| format!("{} could not be written", stamp.display()))?;
    Ok(())
}

/// A copy of the lock file that the packages were installed from. It lies among them, so that it goes when they go.
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

/// Builds the page, unless it is newer than what it is made from: a new page means linking the app again.
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

/// The newest change in a file or a folder with all it holds. Folders count: they change when a file goes.
fn newest(path: &Path) -> Result<Option<SystemTime>> {
    let mut newest = changed(path);
    if path.is_dir() {
        for entry in path.read_dir().with_context(|| format!("{} could not be read", path.display()))? {
            newest = newest.max(self::newest(&entry?.path())?);
        }
    }
    Ok(newest)
}

fn changed(path: &Path) -> Option<SystemTime> {
    path.metadata().and_then(|about| about.modified()).ok()
}

/// The types that the page shares with the app, which writes them when it is tested.
pub(crate) fn shared_types() -> Result<BTreeMap<OsString, Vec<u8>>> {
    let bindings = folder().join("src").join("bindings");
    let entries = bindings.read_dir().with_context(|| format!("{} could not be read", bindings.display()))?;
    entries
        .map(|entry| entry.and_then(|entry| Ok((entry.file_name(), fs::read(entry.path())?))))
        .collect::<Result<_, _>>()
        .with_context(|| format!("{} could not be read", bindings.display()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn packages_are_installed_anew_when_the_lock_changed_or_they_are_gone() {
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
    fn the_page_is_fresh_until_a_source_changes() {
        let ui = tempfile::tempdir().unwrap();
        let at = |seconds| SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
        let put = |name: &str, seconds| {
            let path = ui.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::File::create(&path).unwrap().set_modified(at(seconds)).unwrap();
        };
        let touch_folder = |name: &str, seconds| {
            fs::File::open(ui.path().join(name)).unwrap().set_modified(at(seconds)).unwrap();
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
        assert!(!is_fresh(), "a file went");
    }
}
