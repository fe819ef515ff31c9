//! Builds and tests with cargo, always with the same packages and features chosen.
//!
//! Cargo unites the features of all chosen packages, so each other choice would compile half of the dependencies anew. The
//! product is always chosen as a whole (the workspace's `default-members`) and without its tools: what is tested has the
//! features of what people get, not those that a test library asks for.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};

use crate::{command, place};

/// The packages beside the product, each chosen alone.
pub(crate) const WINDOW_TESTS: &str = "latchkey-e2e";
pub(crate) const XTASK: &str = "xtask";

/// A program of this workspace.
#[derive(Clone, Copy)]
pub(crate) enum Program {
    Server,
    App,
}

impl Program {
    fn name(self) -> &'static str {
        match self {
            Self::Server => "latchkey-server",
            Self::App => "latchkey",
        }
    }
}

/// The cargo that runs this tool. The app that it builds trusts the keys in `config/`, which the server here signs with.
pub(crate) fn cargo() -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(place::root()).env_remove("LATCHKEY_PUBLIC_KEY_FILE");
    command
}

/// A cargo subcommand on the product.
pub(crate) fn on_product(subcommand: &str) -> Command {
    let mut command = cargo();
    command.arg(subcommand);
    command
}

/// A cargo subcommand on a package beside the product.
pub(crate) fn on(package: &str, subcommand: &str) -> Command {
    let mut command = cargo();
    command.args([subcommand, "--package", package]);
    command
}

/// Builds one program and tells where it is.
pub(crate) fn build(program: Program, release: bool) -> Result<PathBuf> {
    let mut command = on_product("build");
    command.args(["--bin", program.name()]);
    if release {
        command.arg("--release");
    }
    command::run(&mut command)?;
    let folder = place::target()?.join(if release { "release" } else { "debug" });
    let path = folder.join(program.name()).with_extension(std::env::consts::EXE_EXTENSION);
    path.canonicalize().with_context(|| format!("cargo built no {}", path.display()))
}
