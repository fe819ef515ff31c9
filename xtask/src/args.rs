//! The command line of `cargo xtask`.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::str::FromStr;

use anyhow::{Context as _, Result, bail};
use lexopt::prelude::{Long, Short, Value, ValueExt as _};

pub(crate) const HELP: &str = "\
Sets this machine up for Latchkey, then does the job.

  cargo xtask run  [--port N] [--release] [--yes]   build it, start the server, open the window
  cargo xtask test [--yes]                          every check and test, the window's included
  cargo xtask bundle --public-key FILE [--server-url URL] [--bundles LIST] [--yes]
                                                    the installers of a release, checked
  cargo xtask bundle --test [--yes]                 the same with keys for the test; installs the .deb, uses it, removes it
  cargo xtask bench [PART…] [--accounts N] [--yes]  measure, and write docs/benchmarks.md; parts: verify, route,
                                                    sign-in, start, growth, revocation (all of them)
  cargo xtask soak [--minutes N] [--yes]            load and faults, then a check that nothing was lost
  cargo xtask fuzz [TARGET] [--minutes N]           look for inputs that break a parser

  --port N            the server's port on 127.0.0.1 (5468)
  --release           an optimised build (takes longer to make)
  --public-key FILE   the public key of the release's server, from there
  --server-url URL    its address, https; without it the one in config/client.toml
  --bundles LIST      other kinds than this system's own: deb,rpm,appimage · nsis,msi · app,dmg
  --accounts N        the most accounts in the part growth (1000000; 10000000 needs 10 GB of disk)
  --minutes N         how long the soak lasts (3), or the search, all targets together (10)
  --yes               install missing system packages without asking (CI=true does the same)";

/// The server's port unless told otherwise.
pub(crate) const DEFAULT_PORT: u16 = 5468;

/// Every flag of any task, and whether it has a value.
const FLAGS: [(&str, bool); 9] = [
    ("accounts", true),
    ("bundles", true),
    ("minutes", true),
    ("port", true),
    ("public-key", true),
    ("release", false),
    ("server-url", true),
    ("test", false),
    ("yes", false),
];

#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Task {
    Run(RunOptions),
    Test(TestOptions),
    Bundle(BundleOptions),
    /// The arguments are those of `latchkey-bench`.
    Bench(BenchOptions),
    Soak(BenchOptions),
    Fuzz(FuzzOptions),
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

#[derive(Debug, PartialEq, Eq)]
pub(crate) struct BenchOptions {
    pub(crate) parts: Vec<String>,
    /// The number of `--accounts` or `--minutes`.
    pub(crate) number: Option<u64>,
    pub(crate) yes: bool,
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) struct FuzzOptions {
    /// One target, or all of them.
    pub(crate) target: Option<String>,
    /// For all together.
    pub(crate) minutes: u64,
}

/// Reads the arguments; a flag that the task does not have is an error that names it.
pub(crate) fn parse(parser: lexopt::Parser) -> Result<Task> {
    let Some(mut given) = Given::read(parser)? else { return Ok(Task::Help) };
    let yes = given.is_set("yes");
    let task = match given.task.as_deref() {
        Some("run") => {
            let port = given.number("port")?.unwrap_or(DEFAULT_PORT);
            if port == 0 {
                bail!("--port needs a number from 1 to 65535");
            }
            Task::Run(RunOptions { port, release: given.is_set("release"), yes })
        }
        Some("test") => Task::Test(TestOptions { yes }),
        Some("bundle") => {
            let what = match (given.is_set("test"), given.text("public-key")) {
                (true, None) => Bundling::Test,
                (true, Some(_)) => bail!("--test brings its own key and address"),
                (false, Some(public_key)) => {
                    Bundling::Release { public_key: public_key.into(), server_url: given.text("server-url") }
                }
                (false, None) => bail!("whose server is it for? Name its key: --public-key FILE"),
            };
            Task::Bundle(BundleOptions { what, bundles: given.text("bundles"), yes })
        }
        Some("bench") => {
            let parts = std::mem::take(&mut given.more);
            Task::Bench(BenchOptions { parts, number: given.number("accounts")?, yes })
        }
        Some("soak") => Task::Soak(BenchOptions { parts: Vec::new(), number: given.number("minutes")?, yes }),
        Some("fuzz") if yes => bail!("--yes does not belong to `cargo xtask fuzz`"),
        Some("fuzz") => {
            let minutes = given.number("minutes")?.unwrap_or(10);
            Task::Fuzz(FuzzOptions { target: given.more.pop(), minutes })
        }
        Some("help") | None => return Ok(Task::Help),
        Some(other) => bail!("there is no task `{other}`\n\n{HELP}"),
    };
    given.nothing_is_left()?;
    Ok(task)
}

/// What stands on the command line. A task takes its own out of it.
struct Given {
    task: Option<String>,
    more: Vec<String>,
    flags: BTreeMap<&'static str, String>,
}

impl Given {
    /// `None`: help is asked for.
    fn read(mut parser: lexopt::Parser) -> Result<Option<Self>> {
        let mut given = Self { task: None, more: Vec::new(), flags: BTreeMap::new() };
        while let Some(argument) = parser.next()? {
            match argument {
                Value(value) if given.task.is_none() => given.task = Some(value.string()?),
                Value(value) => given.more.push(value.string()?),
                Short('y') => drop(given.flags.insert("yes", String::new())),
                Long("help") | Short('h') => return Ok(None),
                Long(name) => {
                    let Some(&(name, has_value)) = FLAGS.iter().find(|(known, _)| *known == name) else {
                        return Err(Long(name).unexpected().into());
                    };
                    let value = if has_value { parser.value()?.string()? } else { String::new() };
                    given.flags.insert(name, value);
                }
                other => return Err(other.unexpected().into()),
            }
        }
        Ok(Some(given))
    }

    fn is_set(&mut self, flag: &str) -> bool {
        self.flags.remove(flag).is_some()
    }

    fn text(&mut self, flag: &str) -> Option<String> {
        self.flags.remove(flag)
    }

    fn number<N: FromStr>(&mut self, flag: &str) -> Result<Option<N>> {
        let parse =
            |text: String| text.parse().ok().with_context(|| format!("--{flag} does not take {text}"));
        self.text(flag).map(parse).transpose()
    }

    fn nothing_is_left(&self) -> Result<()> {
        let task = self.task.as_deref().unwrap_or_default();
        if let Some(flag) = self.flags.keys().next() {
            bail!("--{flag} does not belong to `cargo xtask {task}`");
        }
        if let Some(more) = self.more.first() {
            bail!("`cargo xtask {task}` does not take {more}");
        }
        Ok(())
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
    fn fuzz_takes_minutes_and_a_target() {
        let fuzz = |target: Option<&str>, minutes| {
            Task::Fuzz(FuzzOptions { target: target.map(str::to_owned), minutes })
        };
        assert_eq!(parsed(&["fuzz"]).unwrap(), fuzz(None, 10));
        assert_eq!(parsed(&["fuzz", "--minutes", "3", "token"]).unwrap(), fuzz(Some("token"), 3));
        assert!(parsed(&["fuzz", "--yes"]).is_err());
        assert!(parsed(&["fuzz", "token", "proof"]).is_err());
        assert!(parsed(&["test", "--minutes", "3"]).is_err());
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
    fn bench_takes_parts_and_soak_minutes() {
        let options = |parts: &[&str], number| BenchOptions {
            parts: parts.iter().map(|&part| part.to_owned()).collect(),
            number,
            yes: false,
        };
        let all = options(&["route", "growth"], Some(1000));
        assert_eq!(parsed(&["bench", "route", "--accounts", "1000", "growth"]).unwrap(), Task::Bench(all));
        assert_eq!(parsed(&["bench"]).unwrap(), Task::Bench(options(&[], None)));
        assert_eq!(parsed(&["soak", "--minutes", "5"]).unwrap(), Task::Soak(options(&[], Some(5))));
        for arguments in [&["soak", "route"][..], &["soak", "--accounts", "5"], &["bench", "--minutes", "5"]]
        {
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
