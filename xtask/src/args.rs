//! What was asked for on the command line.

use anyhow::{Result, bail};
use lexopt::prelude::*;

pub(crate) const HELP: &str = "\
Sets this machine up for Latchkey, then does the job.

  cargo xtask run  [--port N] [--release] [--yes]   build it, start the server, open the window
  cargo xtask test [--yes]                          every check and test, the window's included

  --port N    the server's port on 127.0.0.1 (5468)
  --release   an optimised build (takes longer to make)
  --yes       install missing system packages without asking (CI=true does the same)";

/// The server's port unless told otherwise.
pub(crate) const DEFAULT_PORT: u16 = 5468;

#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Task {
    Run(RunOptions),
    Test(TestOptions),
    Help,
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) struct RunOptions {
    pub(crate) port: u16,
    pub(crate) release: bool,
    pub(crate) yes: bool,
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) struct TestOptions {
    pub(crate) yes: bool,
}

/// Reads the arguments; a flag that the task does not have is an error that names it.
pub(crate) fn parse(mut parser: lexopt::Parser) -> Result<Task> {
    let mut name = None;
    let mut port = None;
    let mut release = false;
    let mut yes = false;
    while let Some(argument) = parser.next()? {
        match argument {
            Value(value) if name.is_none() => name = Some(value.string()?),
            Long("port") => port = Some(parser.value()?.parse::<u16>()?),
            Long("release") => release = true,
            Long("yes") | Short('y') => yes = true,
            Long("help") | Short('h') => return Ok(Task::Help),
            other => return Err(other.unexpected().into()),
        }
    }
    match name.as_deref() {
        Some("run") if port == Some(0) => bail!("--port needs a number from 1 to 65535"),
        Some("run") => Ok(Task::Run(RunOptions { port: port.unwrap_or(DEFAULT_PORT), release, yes })),
        Some("test") if port.is_some() || release => {
            bail!("--port and --release belong to `cargo xtask run`")
        }
        Some("test") => Ok(Task::Test(TestOptions { yes })),
        Some("help") | None => Ok(Task::Help),
        Some(other) => bail!("there is no task `{other}`\n\n{HELP}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(arguments: &[&str]) -> Result<Task> {
        parse(lexopt::Parser::from_args(arguments))
    }

    #[test]
    fn run_has_a_default_port() {
        let Task::Run(options) = parsed(&["run"]).unwrap() else { panic!("not run") };
        assert_eq!(options, RunOptions { port: 5468, release: false, yes: false });
    }

    #[test]
    fn flags_stand_before_or_after_the_task() {
        let expected = Task::Run(RunOptions { port: 6000, release: true, yes: true });
        assert_eq!(parsed(&["run", "--port", "6000", "--release", "--yes"]).unwrap(), expected);
        assert_eq!(parsed(&["-y", "--release", "--port=6000", "run"]).unwrap(), expected);
    }

    #[test]
    fn test_takes_only_yes() {
        assert_eq!(parsed(&["test", "--yes"]).unwrap(), Task::Test(TestOptions { yes: true }));
        assert!(parsed(&["test", "--port", "1"]).is_err());
        assert!(parsed(&["test", "--release"]).is_err());
    }

    #[test]
    fn nothing_or_help_prints_the_help() {
        assert_eq!(parsed(&[]).unwrap(), Task::Help);
        assert_eq!(parsed(&["--help"]).unwrap(), Task::Help);
        assert_eq!(parsed(&["run", "-h"]).unwrap(), Task::Help);
    }

    #[test]
    fn nonsense_is_refused() {
        for arguments in [
            &["walk"][..],
            &["run", "again"],
            &["run", "--fast"],
            &["run", "--port"],
            &["run", "--port", "0"],
        ] {
            assert!(parsed(arguments).is_err(), "{arguments:?} was taken");
        }
        assert!(parsed(&["run", "--port", "70000"]).is_err());
    }
}
