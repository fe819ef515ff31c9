//! Where the repository, the built programs and the scratch folder are.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

/// The repository's root.
pub(crate) fn root() -> &'static Path {
    let bench = Path::new(env!("CARGO_MANIFEST_DIR"));
    bench.parent().unwrap_or(bench)
}

/// A program of this workspace, from the same build as this one.
pub(crate) fn program(name: &str) -> Result<PathBuf> {
    let own = std::env::current_exe()?;
    let path = own.parent().context("this program is in no folder")?.join(name);
    if !path.is_file() {
        bail!("{name} is not built: run `cargo xtask bench`");
    }
    Ok(path)
}

/// A folder below the build folder, for what is fetched only once.
pub(crate) fn scratch(name: &str) -> Result<PathBuf> {
    let own = std::env::current_exe()?;
    let folder =
        own.ancestors().nth(2).context("this program is in no build folder")?.join("bench").join(name);
    std::fs::create_dir_all(&folder)?;
    Ok(folder)
}
