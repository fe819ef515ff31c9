//! Builds and tests with cargo, always with the same selections of packages and features.
//!
//! Cargo unites the features of all selected packages, so another selection would compile half of
//! the dependencies again. The product is always selected as a whole (the workspace's
//! `default-members`) and without the tools, so that the tested programs have the features of the
//! released ones, not those that a test library enables.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::{command, place};

/// The packages that are not part of the product.
pub(crate) const WINDOW_TESTS: &str = "latchkey-e2e";
pub(crate) const XTASK: &str = "xtask";
pub(crate) const BENCH: &str = "latchkey-bench";
pub(crate) const EMPTY_WINDOW: &str = "latchkey-empty-window";

/// A test that takes seconds to compile.
const SMALL_TEST: &str = "allocations";

/// The packages that `cargo xtask test` builds together: the tests of the window, and packages that
/// only have to compile.
const TOOLS: [&str; 3] = [WINDOW_TESTS, BENCH, "latchkey-token-vectors"];

/// A program of this workspace.
#[derive(Clone, Copy)]
pub(crate) enum Program {
    Server,
    App,
}

impl Program {
    fn name(self) -> &'static str {
        match self {
            Self::Server => "latchkey-server",
            Self::App => "latchkey",
        }
    }

    fn build(self) -> Command {
        let mut command = on_product("build");
        command.args(["--bin", self.name()]);
        command
    }

    fn path(self, profile: &str) -> Result<PathBuf> {
        let path = place::target()?.join(profile).join(self.name());
        let path = path.with_extension(std::env::consts::EXE_EXTENSION);
        path.canonicalize().with_context(|| format!("cargo did not build {}", path.display()))
    }
}

/// The variables that select the server and the key that the app is built for.
const BUILT_FOR: [&str; 3] = [PUBLIC_KEY_FILE, SERVER_URL, ALLOW_DEVELOPMENT_KEY];
const PUBLIC_KEY_FILE: &str = "LATCHKEY_PUBLIC_KEY_FILE";
const SERVER_URL: &str = "LATCHKEY_BUNDLED_SERVER_URL";
const ALLOW_DEVELOPMENT_KEY: &str = "LATCHKEY_ALLOW_DEVELOPMENT_KEY";

/// The cargo that runs this tool.
pub(crate) fn cargo() -> Command {
    of_this_repository(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

/// A cargo for this repository. Apps that it builds trust the keys in `config/`, which the server
/// of this repository signs with.
pub(crate) fn of_this_repository(cargo: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(cargo);
    command.current_dir(place::root());
    for variable in BUILT_FOR {
        command.env_remove(variable);
    }
    command
}

/// A cargo subcommand on the product.
pub(crate) fn on_product(subcommand: &str) -> Command {
    let mut command = cargo();
    command.arg(subcommand);
    command
}

/// A cargo subcommand on one package outside of the product.
pub(crate) fn on(package: &str, subcommand: &str) -> Command {
    let mut command = cargo();
    command.args([subcommand, "--package", package]);
    command
}

/// A cargo subcommand on the tools.
pub(crate) fn on_tools(subcommand: &str) -> Command {
    let mut command = cargo();
    command.arg(subcommand);
    for package in TOOLS {
        command.args(["--package", package]);
    }
    command
}

/// Makes clippy compile the workspace's own packages and fail on a lint. The fingerprints of
/// dependencies do not change.
pub(crate) fn linted(command: &mut Command) -> &mut Command {
    lint_with(command, Path::new("clippy-driver"), &["--deny", "warnings"])
}

/// The same with the driver of another toolchain, and with levels for its lints.
pub(crate) fn lint_with<'a>(command: &'a mut Command, driver: &Path, levels: &[&str]) -> &'a mut Command {
    // `cargo clippy` passes arguments to its driver as one text, separated by this word.
    const SEPARATOR: &str = "__CLIPPY_HACKERY__";
    let arguments: String = levels.iter().map(|level| format!("{level}{SEPARATOR}")).collect();
    // A command that takes minutes anyway: what cargo would keep to compile a crate faster the next
    // time costs more than it saves.
    command.env("CARGO_INCREMENTAL", "0");
    command.env("RUSTC_WORKSPACE_WRAPPER", driver).env("CLIPPY_ARGS", arguments)
}

/// Allows a release build of the app to trust the key in `config/`, for this machine only.
pub(crate) fn allow_development_key(command: &mut Command) -> &mut Command {
    command.env(ALLOW_DEVELOPMENT_KEY, "1")
}

/// Builds a package outside of the product with optimisations, and returns the path of its program.
pub(crate) fn build_beside(package: &str) -> Result<PathBuf> {
    command::run(on(package, "build").arg("--release"))?;
    Ok(place::target()?.join("release").join(package))
}

/// Builds one program for this machine and returns its path. `cargo xtask run` and `cargo xtask
/// test` compile the same dependencies.
pub(crate) fn build(program: Program, release: bool) -> Result<PathBuf> {
    let mut command = program.build();
    if release {
        allow_development_key(command.arg("--release"));
        if let Program::App = program {
            small(&mut command);
        }
    } else {
        beside_a_test(&mut command);
    }
    command::run(&mut command)?;
    program.path(if release { "release" } else { "debug" })
}

/// Builds one program for release: it contains no path of this machine.
#[cfg_attr(not(unix), allow(dead_code, reason = "packages of the server are made on Linux"))]
pub(crate) fn build_released(program: Program) -> Result<PathBuf> {
    let mut command = program.build();
    without_paths(command.arg("--release"))?;
    command::run(&mut command)?;
    program.path("release")
}

/// Builds one program as `cargo xtask test` builds everything, with [`linted`].
pub(crate) fn build_linted(program: Program) -> Result<PathBuf> {
    command::run(linted(beside_a_test(&mut program.build())))?;
    program.path("debug")
}

/// Makes a build use the dependencies that tests use: cargo adds the features of test libraries
/// where it builds a test.
fn beside_a_test(build: &mut Command) -> &mut Command {
    build.args(["--test", SMALL_TEST])
}

/// The command that builds the app for a release: see [`as_release`].
pub(crate) fn release_of_app(public_key: &Path, server_url: &str) -> Result<Command> {
    let mut command = on_product("build");
    command.args(["--release", "--bin", Program::App.name()]);
    as_release(&mut command, public_key, server_url)?;
    Ok(command)
}

/// Makes a build one for a release: the app trusts `public_key` and calls the server at
/// `server_url`, and the program contains no path of this machine.
pub(crate) fn as_release(command: &mut Command, public_key: &Path, server_url: &str) -> Result<()> {
    small(command).env(PUBLIC_KEY_FILE, public_key).env(SERVER_URL, server_url);
    without_paths(command)
}

/// Makes a release build one for size. The app has no work that takes long, and most of its program
/// stays in memory. The server is built from the same crates for speed, so this is no part of the
/// profile in `Cargo.toml`.
fn small(command: &mut Command) -> &mut Command {
    command.env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "s")
}

/// Replaces the paths of this machine in the programs of a build.
pub(crate) fn without_paths(command: &mut Command) -> Result<()> {
    let mut flags = flags_of_the_environment();
    for (path, name) in place::of_this_machine()? {
        flags.push(format!("--remap-path-prefix={}={name}", path.display()));
    }
    command.env_remove("RUSTFLAGS").env("CARGO_ENCODED_RUSTFLAGS", flags.join("\u{1f}"));
    Ok(())
}

/// The compiler flags of the environment, which the added ones must not replace.
fn flags_of_the_environment() -> Vec<String> {
    let set = |name| std::env::var(name).unwrap_or_default();
    let encoded = set("CARGO_ENCODED_RUSTFLAGS");
    if encoded.is_empty() {
        set("RUSTFLAGS").split_whitespace().map(str::to_owned).collect()
    } else {
        encoded.split('\u{1f}').map(str::to_owned).collect()
    }
}
