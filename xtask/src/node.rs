//! Checks the versions of Node and npm, and installs the packages that tests run beside the server.
//! Refuses to install Node itself.

use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::{command, place};

/// The versions of Node that the bundler supports (`engines` in `package.json`).
fn is_supported((major, minor): (u32, u32)) -> bool {
    major == 20 && minor >= 19 || major == 22 && minor >= 12 || major > 22
}

/// Fails with a sentence if Node or npm is missing or Node is too old.
pub(crate) fn ensure() -> Result<()> {
    let node = version_of(&mut Command::new("node"))?;
    let npm = version_of(&mut npm())?;
    let found = parse_version(&node).with_context(|| format!("`node --version` printed “{node}”"))?;
    if !is_supported(found) {
        bail!(
            "Node 20.19, 22.12 or newer is needed, but {node} is installed: get it from https://nodejs.org"
        );
    }
    println!("    node {node}, npm {npm}");
    Ok(())
}

/// The packages that tests run beside the server, in the build folder.
const TESTS_PACKAGES: &str = "crates/server/tests/operators/node";

/// Installs the packages that tests run beside the server, unless these versions are there.
pub(crate) fn ensure_tests_packages() -> Result<()> {
    let (from, to) = (place::root().join(TESTS_PACKAGES), place::scratch("node")?);
    let (lock, installed) = (from.join("package-lock.json"), to.join("installed-lock.json"));
    let wanted = std::fs::read(&lock).with_context(|| format!("cannot read {}", lock.display()))?;
    if std::fs::read(&installed).is_ok_and(|installed| installed == wanted) {
        println!("    all there");
        return Ok(());
    }
    for name in ["package.json", "package-lock.json"] {
        std::fs::copy(from.join(name), to.join(name)).with_context(|| format!("cannot copy {name}"))?;
    }
    command::run(npm().current_dir(&to).args(["ci", "--no-audit", "--no-fund", "--ignore-scripts"]))?;
    // Written last, so that an interrupted installation is repeated.
    std::fs::write(&installed, wanted).with_context(|| format!("cannot write {}", installed.display()))
}

fn version_of(program: &mut Command) -> Result<String> {
    command::read(program.arg("--version")).map_err(|error| {
        if command::is_missing_program(&error) {
            error.context(
                "Node and npm are needed: get them from https://nodejs.org or your system's packages",
            )
        } else {
            error
        }
    })
}

fn parse_version(text: &str) -> Option<(u32, u32)> {
    let mut numbers = text.trim().trim_start_matches('v').split('.');
    Some((numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?))
}

/// The npm command, which is a script on Windows.
pub(crate) fn npm() -> Command {
    Command::new(if cfg!(windows) { "npm.cmd" } else { "npm" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_parsed() {
        assert_eq!(parse_version("v20.20.2\n"), Some((20, 20)));
        assert_eq!(parse_version("22.1.0"), Some((22, 1)));
        assert_eq!(parse_version("latest"), None);
        assert_eq!(parse_version(""), None);
    }

    #[test]
    fn old_and_odd_versions_of_node_are_rejected() {
        for good in [(20, 19), (20, 20), (22, 12), (23, 0), (24, 1)] {
            assert!(is_supported(good), "{good:?}");
        }
        for bad in [(18, 19), (20, 18), (21, 7), (22, 11)] {
            assert!(!is_supported(bad), "{bad:?}");
        }
    }
}
