//! Paths: the repository, the build folder, the key files, programs in the search path.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// The folder of Debian's Rust in the build folder.
pub(crate) const DEBIAN_RUST: &str = "debian-rust";

/// The repository's root.
pub(crate) fn root() -> &'static Path {
    let xtask = Path::new(env!("CARGO_MANIFEST_DIR"));
    xtask.parent().unwrap_or(xtask)
}

/// Cargo's build folder, which contains this program, wherever it is configured to be.
pub(crate) fn target() -> Result<PathBuf> {
    let program = std::env::current_exe().context("the path of this program is unknown")?;
    let target = program.ancestors().nth(2).context("this program is not in a build folder")?;
    Ok(target.to_owned())
}

/// The folder of the server's and the app's key files.
pub(crate) fn config() -> PathBuf {
    root().join("config")
}

/// A folder of this tool in the build folder; created if missing.
pub(crate) fn scratch(name: &str) -> Result<PathBuf> {
    let folder = target()?.join(name);
    std::fs::create_dir_all(&folder).with_context(|| format!("cannot create {}", folder.display()))?;
    Ok(folder)
}

/// The folders that a compiler writes into programs, each with its replacement in released
/// programs. The last one that a path begins with counts.
pub(crate) fn of_this_machine() -> Result<[(PathBuf, &'static str); 4]> {
    let cargo = match std::env::var_os("CARGO_HOME") {
        Some(home) => PathBuf::from(home),
        None => std::env::home_dir().context("there is no home folder")?.join(".cargo"),
    };
    let target = target()?;
    // Where the sources of the standard library are built from, for another system.
    let rust = target.join(DEBIAN_RUST).join("unpacked");
    Ok([(cargo, "cargo"), (root().to_owned(), "latchkey"), (target, "target"), (rust, "rust")])
}

/// Whether a program of that name is in the search path.
pub(crate) fn has_program(name: &str) -> bool {
    std::env::var_os("PATH")
        .is_some_and(|path| std::env::split_paths(&path).any(|folder| folder.join(name).is_file()))
}
