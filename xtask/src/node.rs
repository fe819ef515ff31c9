//! Node and npm, which this machine must bring.

use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::command;

/// The Nodes that the bundler runs on (`engines` in `package.json`).
fn will_do((major, minor): (u32, u32)) -> bool {
    major == 20 && minor >= 19 || major == 22 && minor >= 12 || major > 22
}

/// Says in a sentence what is wrong with Node or npm, or nothing.
pub(crate) fn ensure() -> Result<()> {
    let node = said_version(&mut Command::new("node"))?;
    let npm = said_version(&mut npm())?;
    let found = parse_version(&node).with_context(|| format!("`node --version` said “{node}”"))?;
    if !will_do(found) {
        bail!("Node 20.19, 22.12 or newer is needed, and this is {node}: get it from https://nodejs.org");
    }
    println!("    node {node}, npm {npm}");
    Ok(())
}

fn said_version(program: &mut Command) -> Result<String> {
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

fn parse_version(said: &str) -> Option<(u32, u32)> {
    let mut numbers = said.trim().trim_start_matches('v').split('.');
    Some((numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?))
}

/// npm, which is a script on Windows.
pub(crate) fn npm() -> Command {
    Command::new(if cfg!(windows) { "npm.cmd" } else { "npm" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read() {
        assert_eq!(parse_version("v20.20.2\n"), Some((20, 20)));
        assert_eq!(parse_version("22.1.0"), Some((22, 1)));
        assert_eq!(parse_version("latest"), None);
        assert_eq!(parse_version(""), None);
    }

    #[test]
    fn old_and_odd_nodes_are_refused() {
        for good in [(20, 19), (20, 20), (22, 12), (23, 0), (24, 1)] {
            assert!(will_do(good), "{good:?}");
        }
        for bad in [(18, 19), (20, 18), (21, 7), (22, 11)] {
            assert!(!will_do(bad), "{bad:?}");
        }
    }
}
