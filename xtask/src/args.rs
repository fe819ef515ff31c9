//! What was asked for on the command line.

use std::path::PathBuf;

use anyhow::{Result, bail};
use lexopt::prelude::*;

pub(crate) const HELP: &str = "\
Sets this machine up for Latchkey, then does the job.

  cargo xtask run  [--port N] [--release] [--yes]   build it, start the server, open the window
  cargo xtask test [--yes]                          every check and test, the window's included
  cargo xtask bundle --public-key FILE --server-url URL [--bundles LIST] [--yes]
                                                    the installers of a release, checked
  cargo xtask bundle --test [--yes]                 the same with keys for the test; installs the .deb, uses it, removes it

  --port N    the server's port on 127.0.0.1 (5468)
  --release   an optimised build (takes longer to make)
  --public-key FILE   the public key of the release's server, from there
  --server-url URL    its address, https; without it the one in config/client.toml
  --bundles LIST      other kinds than this system's own: deb,rpm,appimage · nsis,msi · app,dmg
  --yes       install missing system packages without asking (CI=true does the same)";

/// The server's port unless told otherwise.
pub(crate) const DEFAULT_PORT: u16 = 5468;

#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Task {
    Run(RunOptions),
    Test(TestOptions),
    Bundle(BundleOptions),
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

#[derive(Debug, PartialEq, Eq)]
pub(crate) struct BundleOptions {
    pub(crate) what: Bundling,
    pub(crate) bundles: Option<String>,
    pub(crate) yes: bool,
}

/// Whom the installers are for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Bundling {
    /// People.
    Release { public_key: PathBuf, server_url: Option<String> },
    /// The test of the installers.
    Test,
}

/// Reads the arguments; a flag that the task does not have is an error that names it.
pub(crate) fn parse(mut parser: lexopt::Parser) -> Result<Task> {
    let mut name = None;
    let mut port = None;
    let mut release = false;
    let mut yes = false;
    let mut public_key = None;
    let mut server_url = None;
    let mut bundles = None;
    let mut test = false;
    while let Some(argument) = parser.next()? {
        match argument {
            Value(value) if name.is_none() => name = Some(value.string()?),
            Long("port") => port = Some(parser.value()?.parse::<u16>()?),
            Long("release") => release = true,
            Long("public-key") => public_key = Some(PathBuf::from(parser.value()?)),
            Long("server-url") => server_url = Some(parser.value()?.string()?),
            Long("bundles") => bundles = Some(parser.value()?.string()?),
            Long("test") => test = true,
            Long("yes") | Short('y') => yes = true,
            Long("help") | Short('h') => return Ok(Task::Help),
            other => return Err(other.unexpected().into()),
        }
    }
    let of_bundle = public_key.is_some() || server_url.is_some() || bundles.is_some() || test;
    match name.as_deref() {
        Some("run" | "test") if of_bundle => {
            bail!("--public-key, --server-url, --bundles and --test belong to `cargo xtask bundle`")
        }
        Some("test" | "bundle") if port.is_some() || release => {
            bail!("--port and --release belong to `cargo xtask run`")
        }
        Some("run") if port == Some(0) => bail!("--port needs a number from 1 to 65535"),
        Some("run") => Ok(Task::Run(RunOptions { port: port.unwrap_or(DEFAULT_PORT), release, yes })),
        Some("test") => Ok(Task::Test(TestOptions { yes })),
        Some("bundle") => {
            let what = match (test, public_key) {
                (true, None) if server_url.is_none() => Bundling::Test,
                (true, _) => bail!("--test brings its own key and address"),
                (false, Some(public_key)) => Bundling::Release { public_key, server_url },
                (false, None) => bail!("whose server is it for? Name its key: --public-key FILE"),
            };
            Ok(Task::Bundle(BundleOptions { what, bundles, yes }))
        }
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
    fn a_bundle_is_for_one_server() {
        let release = |server_url| {
            let what = Bundling::Release { public_key: "a.key".into(), server_url };
            Task::Bundle(BundleOptions { what, bundles: None, yes: false })
        };
        assert_eq!(parsed(&["bundle", "--public-key", "a.key"]).unwrap(), release(None));
        let url = "https://auth.example";
        let both = ["bundle", "--public-key=a.key", "--server-url", url];
        assert_eq!(parsed(&both).unwrap(), release(Some(url.to_owned())));
        let test = Task::Bundle(BundleOptions { what: Bundling::Test, bundles: None, yes: true });
        assert_eq!(parsed(&["bundle", "--test", "--yes"]).unwrap(), test);
        for arguments in [
            &["bundle"][..],
            &["bundle", "--server-url", url],
            &["bundle", "--test", "--public-key", "a.key"],
            &["bundle", "--test", "--server-url", url],
            &["bundle", "--test", "--port", "1"],
            &["run", "--test"],
            &["test", "--bundles", "deb"],
        ] {
            assert!(parsed(arguments).is_err(), "{arguments:?} was taken");
        }
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
