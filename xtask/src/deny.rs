//! Licences, bans, sources and advisories of the dependencies, by cargo-deny (`deny.toml`).

use std::path::PathBuf;
use std::process::Command;

use anyhow::Result;

use crate::{cargo, command, place};

/// The version that is installed where there is none.
const VERSION: &str = "0.20.2";

/// Makes sure that cargo-deny is there, and tells where.
pub(crate) fn ensure() -> Result<PathBuf> {
    let name = format!("cargo-deny{}", std::env::consts::EXE_SUFFIX);
    let tools = place::target()?.join("tools");
    let own = tools.join("bin").join(&name);
    if place::has_program(&name) {
        return Ok(name.into());
    }
    if !own.is_file() {
        // Unoptimised: it compiles in half the time and runs for two seconds.
        let mut install = cargo::cargo();
        install
            .args(["install", "cargo-deny", "--locked", "--debug", "--quiet", "--version", VERSION, "--root"])
            .arg(&tools)
            .arg("--target-dir")
            .arg(tools.join("build"));
        command::run(&mut install)?;
    }
    Ok(own)
}

/// Checks the whole dependency tree. Without the advisory database, which is fetched from the network, all but the
/// advisories, and says so.
pub(crate) fn check(deny: &PathBuf) -> Result<()> {
    let mut fetch = deny_command(deny);
    let advisories = command::read(fetch.args(["fetch", "db"]));
    let mut check = deny_command(deny);
    check.args(["check", "bans", "licenses", "sources"]);
    match advisories {
        Ok(_) => {
            check.arg("advisories");
        }
        Err(error) => {
            let reason = format!("{error:#}");
            println!("    known vulnerabilities are NOT checked this time: their database cannot be fetched");
            println!("    ({})", reason.lines().next_back().unwrap_or_default().trim());
        }
    }
    command::run(&mut check)
}

fn deny_command(deny: &PathBuf) -> Command {
    let mut command = Command::new(deny);
    command.current_dir(place::root());
    command
}
