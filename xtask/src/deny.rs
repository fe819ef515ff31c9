//! Checks the dependencies with cargo-deny: licences, bans, sources and advisories of the workspace
//! (`deny.toml`), and what each published crate must not depend on (`deny/CRATE.toml`).

use std::path::Path;
use std::process::Command;

use anyhow::Result;

use crate::{cargo_tool, command, packages, place};

/// The version that is installed if there is none.
const VERSION: &str = "0.20.2";

/// Installs cargo-deny if there is none, checks the dependencies of the workspace and of each
/// published crate, and returns what was checked, in lines to print: it runs beside other steps. If
/// the database of advisories cannot be fetched, everything else is checked and a line says so.
pub(crate) fn check() -> Result<String> {
    let deny = cargo_tool::ensure("cargo-deny", VERSION)?;
    let mut report = String::new();
    let advisories = command::read(on_workspace(&deny).args(["fetch", "db"]));
    let mut check = on_workspace(&deny);
    check.args(["check", "bans", "licenses", "sources"]);
    match advisories {
        Ok(_) => {
            check.arg("advisories");
        }
        Err(error) => {
            let reason = format!("{error:#}");
            let reason = reason.lines().next_back().unwrap_or_default().trim();
            report += "    known vulnerabilities are NOT checked: their database cannot be fetched\n";
            report += &format!("    ({reason})\n");
        }
    }
    let crates = packages::published()?;
    let crates = crates.iter().map(|published| on_crate(&deny, &published.folder));
    for mut command in std::iter::once(check).chain(crates) {
        let result = command::read(&mut command)?;
        report += &format!("    $ {}\n    {result}\n", command::shown(&command));
    }
    Ok(report)
}

fn on_workspace(deny: &Path) -> Command {
    let mut command = Command::new(deny);
    command.current_dir(place::root());
    command
}

/// With the manifest of a member, cargo-deny uses that crate as the only root. Without its
/// dev-dependencies, its tree is the one that a user of the crate gets.
fn on_crate(deny: &Path, folder: &str) -> Command {
    let mut command = on_workspace(deny);
    command.args(["--manifest-path", &format!("crates/{folder}/Cargo.toml"), "--exclude-dev"]);
    command.args(["--config", &format!("deny/{folder}.toml"), "check", "bans"]);
    command
}
