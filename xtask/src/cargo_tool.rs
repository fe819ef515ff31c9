//! Subcommands of cargo from the registry: the installed one, or one of the build folder.

use std::path::PathBuf;

use anyhow::Result;

use crate::{cargo, command, place};

/// Installs a subcommand if there is none, in this version, and returns its path.
pub(crate) fn ensure(name: &str, version: &str) -> Result<PathBuf> {
    let program = format!("{name}{}", std::env::consts::EXE_SUFFIX);
    let tools = place::target()?.join("tools");
    let own = tools.join("bin").join(&program);
    if place::has_program(&program) {
        return Ok(program.into());
    }
    if !own.is_file() {
        // Unoptimised: it compiles in half the time and runs for seconds.
        let mut install = cargo::cargo();
        install.env("CARGO_PROFILE_DEV_DEBUG", "0");
        install.args(["install", name, "--locked", "--debug", "--quiet", "--version", version, "--root"]);
        install.arg(&tools).arg("--target-dir").arg(tools.join("build"));
        command::run(&mut install)?;
    }
    Ok(own)
}
