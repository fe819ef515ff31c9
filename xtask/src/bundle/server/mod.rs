//! `cargo xtask bundle server`: makes the Debian package of the server, then installs it, uses it
//! by hand, updates it and removes it, in a small Debian of its own.
//!
//! Owns the order of the steps. Refuses to install anything on this machine itself.

mod package;
mod trial;

use anyhow::Result;

use super::debian;
use crate::cargo::{self, Program};
use crate::cargo_tool;
use crate::steps::Steps;
use crate::system::{self, Purpose};

/// The version of cargo-deb that is installed if there is none.
const CARGO_DEB: &str = "3.8.0";

pub(crate) fn bundle(yes: bool) -> Result<()> {
    let mut steps = Steps::start();
    steps.step("System packages", "", || system::ensure(Purpose::ServerBundle, yes))?;
    let note = "about a minute the first time";
    let cargo_deb = steps.step("Packager", note, || cargo_tool::ensure("cargo-deb", CARGO_DEB))?;
    let program =
        steps.step("Server", "minutes the first time", || cargo::build_released(Program::Server))?;
    let package = steps.step("Package", "", || package::make(&cargo_deb, &program))?;
    steps.step("Contents", "", || package::check(&package))?;
    let root = steps.step("A small Debian", "about a minute the first time", debian::system)?;
    let note = "installed, used, updated, removed, purged";
    steps.step("Use", note, || trial::run(&root, &package))?;
    let size = package.metadata()?.len();
    println!("\n{}\n  {:5.2} MB  {}", steps.summary(), size as f64 / 1e6, package.display());
    Ok(())
}
