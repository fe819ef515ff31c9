//! The command line of `cargo xtask`: the tasks, their options, and the help that describes them.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

/// The server's port unless `--port` names another.
pub(crate) const DEFAULT_PORT: u16 = 5468;

/// Sets this machine up for Latchkey, then does the job.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", arg_required_else_help = true)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) task: Task,
}

#[derive(Debug, PartialEq, Eq, Subcommand)]
pub(crate) enum Task {
    /// Build everything, start the server with a demo account, open the window
    Run(RunOptions),
    /// Run every check and test, those in the real window included
    Test(TestOptions),
    /// Make the installers of a release and check what is in them
    Bundle(BundleOptions),
    /// Measure this machine and write docs/benchmarks.md
    Bench(BenchOptions),
    /// Put the server under load and faults, then check that nothing was lost
    Soak(SoakOptions),
    /// Search for inputs that break a parser
    Fuzz(FuzzOptions),
    /// Build everything for Windows on Debian, and test it under Wine
    Windows(WindowsOptions),
    /// Type-check everything for macOS on Debian
    Macos(MacosOptions),
}

/// Consent to `apt-get install`.
#[derive(Args, Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Consent {
    /// Install missing system packages without asking (CI=true does the same)
    #[arg(long, short)]
    pub(crate) yes: bool,
}

#[derive(Args, Debug, PartialEq, Eq)]
pub(crate) struct RunOptions {
    /// The server's port on 127.0.0.1; 0 picks a free one
    #[arg(long, value_name = "N", default_value_t = DEFAULT_PORT)]
    pub(crate) port: u16,
    /// Make an optimised build, which takes longer
    #[arg(long)]
    pub(crate) release: bool,
    #[command(flatten)]
    pub(crate) consent: Consent,
}

#[derive(Args, Debug, PartialEq, Eq)]
pub(crate) struct TestOptions {
    /// Also test the server beside nginx, HAProxy, Caddy, pgbouncer and a standby of PostgreSQL
    #[arg(long)]
    pub(crate) operators: bool,
    /// Check everything for Windows too (on Debian)
    #[arg(long)]
    pub(crate) windows: bool,
    #[command(flatten)]
    pub(crate) consent: Consent,
}

/// What is bundled instead of the app.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Subcommand)]
pub(crate) enum Bundled {
    /// Make the Debian package of the server, and try it in a Debian of its own
    Server,
    /// Build the server's container image, and run it
    Image,
}

#[derive(Args, Debug, PartialEq, Eq)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub(crate) struct BundleOptions {
    #[command(subcommand)]
    pub(crate) what: Option<Bundled>,
    /// The public key of the release's server
    #[arg(long, value_name = "FILE", required_unless_present = "test")]
    pub(crate) public_key: Option<PathBuf>,
    /// The https address of that server [default: the one in config/client.toml]
    #[arg(long, value_name = "URL")]
    pub(crate) server_url: Option<String>,
    /// Bundle with keys made for the test, then install, use and remove what was made
    #[arg(long, conflicts_with_all = ["public_key", "server_url"])]
    pub(crate) test: bool,
    /// The kinds to make instead of this system's own: deb,rpm,appimage,nsis · nsis,msi · app,dmg
    #[arg(long, value_name = "LIST")]
    pub(crate) bundles: Option<String>,
    #[command(flatten)]
    pub(crate) consent: Consent,
}

#[derive(Args, Debug, PartialEq, Eq)]
pub(crate) struct BenchOptions {
    /// What to measure: verify, route, memory, sign-in, start, growth, revocation [default: all]
    #[arg(value_name = "PART")]
    pub(crate) parts: Vec<String>,
    /// The most accounts in the part growth; 10000000 needs 10 GB of disk [default: 1000000]
    #[arg(long, value_name = "N")]
    pub(crate) accounts: Option<u64>,
    #[command(flatten)]
    pub(crate) consent: Consent,
}

#[derive(Args, Debug, PartialEq, Eq)]
pub(crate) struct SoakOptions {
    /// How long it lasts [default: 3]
    #[arg(long, value_name = "N")]
    pub(crate) minutes: Option<u64>,
    #[command(flatten)]
    pub(crate) consent: Consent,
}

#[derive(Args, Debug, PartialEq, Eq)]
pub(crate) struct FuzzOptions {
    /// The only target to search [default: all of them]
    #[arg(value_name = "TARGET")]
    pub(crate) target: Option<String>,
    /// How long the search lasts, all targets together
    #[arg(long, value_name = "N", default_value_t = 10)]
    pub(crate) minutes: u64,
}

#[derive(Args, Debug, PartialEq, Eq)]
pub(crate) struct WindowsOptions {
    /// Test the sign-in with the debug build, which saves the release build
    #[arg(long)]
    pub(crate) quick: bool,
    #[command(flatten)]
    pub(crate) consent: Consent,
}

#[derive(Args, Debug, PartialEq, Eq)]
pub(crate) struct MacosOptions {
    #[command(flatten)]
    pub(crate) consent: Consent,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(arguments: &[&str]) -> Result<Task, clap::Error> {
        Cli::try_parse_from(["cargo xtask"].iter().chain(arguments)).map(|cli| cli.task)
    }

    #[test]
    fn run_has_a_default_port() {
        let expected = RunOptions { port: 5468, release: false, consent: Consent { yes: false } };
        assert_eq!(parsed(&["run"]).unwrap(), Task::Run(expected));
    }

    #[test]
    fn the_tests_for_operators_are_asked_for() {
        let operators = |arguments: &[&str]| match parsed(arguments).unwrap() {
            Task::Test(options) => options.operators,
            task => panic!("{task:?}"),
        };
        assert!(operators(&["test", "--operators"]) && !operators(&["test", "--yes"]));
    }

    #[test]
    fn a_bundle_needs_exactly_one_purpose() {
        for arguments in [
            &["bundle", "--public-key", "a.key"][..],
            &["bundle", "--public-key=a.key", "--server-url", "https://auth.example"],
            &["bundle", "--test", "-y"],
        ] {
            assert!(parsed(arguments).is_ok(), "{arguments:?} was refused");
        }
        for arguments in [
            &["bundle"][..],
            &["bundle", "--server-url", "https://auth.example"],
            &["bundle", "--test", "--public-key", "a.key"],
            &["bundle", "--test", "--server-url", "https://auth.example"],
        ] {
            assert!(parsed(arguments).is_err(), "{arguments:?} was accepted");
        }
    }

    #[test]
    fn an_option_of_another_task_is_refused() {
        for arguments in [
            &["test", "--port", "1"][..],
            &["run", "--port", "70000"],
            &["run", "again"],
            &["soak", "--accounts", "5"],
            &["macos", "--quick"],
            &["bench", "--minutes", "5"],
            &["fuzz", "--yes"],
            &["fuzz", "token", "proof"],
            &["walk"],
        ] {
            assert!(parsed(arguments).is_err(), "{arguments:?} was accepted");
        }
    }
}
