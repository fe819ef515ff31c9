//! Checks the dependencies with cargo-deny: licences, bans, sources and advisories of the workspace
//! (`deny.toml`), and what each published crate must not depend on (`deny/CRATE.toml`).

use std::path::PathBuf;
use std::process::Command;

use anyhow::Result;

use crate::{cargo_tool, command, packages, place};

/// The version that is installed if there is none.
const VERSION: &str = "0.20.2";

/// Installs cargo-deny if there is none, and returns its path.
pub(crate) fn ensure() -> Result<PathBuf> {
    cargo_tool::ensure("cargo-deny", VERSION)
}

/// Checks the dependencies of the workspace and of each published crate. If the database of
/// advisories cannot be fetched, everything else is checked and a line says so.
pub(crate) fn check(deny: &PathBuf) -> Result<()> {
    let advisories = command::read(on_workspace(deny).args(["fetch", "db"]));
    let mut check = on_workspace(deny);
    check.args(["check", "bans", "licenses", "sources"]);
    match advisories {
        Ok(_) => {
            check.arg("advisories");
        }
        Err(error) => {
            let reason = format!("{error:#}");
            println!("    known vulnerabilities are NOT checked: their database cannot be fetched");
            println!("    ({})", reason.lines().next_back().unwrap_or_default().trim());
        }
    }
    command::run(&mut check)?;
    for published in packages::published()? {
        command::run(&mut on_crate(deny, &published.folder))?;
    }
    Ok(())
}

fn on_workspace(deny: &PathBuf) -> Command {
    let mut command = Command::new(deny);
    command.current_dir(place::root());
    command
}

/// With the manifest of a member, cargo-deny uses that crate as the only root. Without its
/// dev-dependencies, its tree is the one that a user of the crate gets.
fn on_crate(deny: &PathBuf, folder: &str) -> Command {
    let mut command = on_workspace(deny);
    command.args(["--manifest-path", &format!("crates/{folder}/Cargo.toml"), "--exclude-dev"]);
    command.args(["--config", &format!("deny/{folder}.toml"), "check", "bans"]);
    command
}
