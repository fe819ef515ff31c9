//! Builds and tests with cargo, always with the same packages and features chosen.
//!
//! Cargo unites the features of all chosen packages, so each other choice would compile half of the dependencies anew. The
//! product is always chosen as a whole (the workspace's `default-members`) and without its tools: what is tested has the
//! features of what people get, not those that a test library asks for.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::{command, place};

/// The packages beside the product.
pub(crate) const WINDOW_TESTS: &str = "latchkey-e2e";
pub(crate) const XTASK: &str = "xtask";
pub(crate) const BENCH: &str = "latchkey-bench";
pub(crate) const EMPTY_WINDOW: &str = "latchkey-empty-window";

/// Those that `cargo xtask test` builds together: the tests of the window, and what only has to
/// compile.
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
        path.canonicalize().with_context(|| format!("cargo built no {}", path.display()))
    }
}

/// The variables that say what the app is built for.
const BUILT_FOR: [&str; 3] = [PUBLIC_KEY_FILE, SERVER_URL, ALLOW_DEVELOPMENT_KEY];
const PUBLIC_KEY_FILE: &str = "LATCHKEY_PUBLIC_KEY_FILE";
const SERVER_URL: &str = "LATCHKEY_BUNDLED_SERVER_URL";
const ALLOW_DEVELOPMENT_KEY: &str = "LATCHKEY_ALLOW_DEVELOPMENT_KEY";

/// The cargo that runs this tool. The app that it builds trusts the keys in `config/`, which the server here signs with.
pub(crate) fn cargo() -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
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

/// A cargo subcommand on a package beside the product.
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

/// Lets clippy compile the workspace's own packages, and fail on a lint. Dependencies keep their
/// ordinary fingerprint.
pub(crate) fn linted(command: &mut Command) -> &mut Command {
    // How `cargo clippy` itself passes arguments to its driver: as one text, separated by this
    // word.
    const SEPARATOR: &str = "__CLIPPY_HACKERY__";
    let arguments = ["--deny", "warnings"].map(|argument| format!("{argument}{SEPARATOR}")).concat();
    command.env("RUSTC_WORKSPACE_WRAPPER", "clippy-driver").env("CLIPPY_ARGS", arguments)
}

/// Builds a package beside the product, optimised, and tells where its program is.
pub(crate) fn build_beside(package: &str) -> Result<PathBuf> {
    command::run(on(package, "build").arg("--release"))?;
    Ok(place::target()?.join("release").join(package))
}

/// Builds one program for this machine and returns its path.
pub(crate) fn build(program: Program, release: bool) -> Result<PathBuf> {
    let mut command = program.build();
    if release {
        command.arg("--release").env(ALLOW_DEVELOPMENT_KEY, "1");
    }
    command::run(&mut command)?;
    program.path(if release { "release" } else { "debug" })
}

/// Builds one program as `cargo xtask test` builds everything: with [`linted`].
pub(crate) fn build_linted(program: Program) -> Result<PathBuf> {
    command::run(linted(&mut program.build()))?;
    program.path("debug")
}

/// The command that builds the app as people get it: it believes `public_key`, and asks the server at `server_url`, if that
/// is not the one in `client.toml`. No path of this machine gets into the program.
pub(crate) fn release_of_app(public_key: &Path, server_url: Option<&str>) -> Result<Command> {
    let mut command = on_product("build");
    command.args(["--release", "--bin", Program::App.name()]).env(PUBLIC_KEY_FILE, public_key);
    if let Some(url) = server_url {
        command.env(SERVER_URL, url);
    }
    let mut flags = flags_of_this_person();
    for (path, name) in place::of_this_machine()? {
        flags.push(format!("--remap-path-prefix={}={name}", path.display()));
    }
    command.env_remove("RUSTFLAGS").env("CARGO_ENCODED_RUSTFLAGS", flags.join("\u{1f}"));
    Ok(command)
}

/// The compiler flags that are set in the environment already, which those above must not take away.
fn flags_of_this_person() -> Vec<String> {
    let set = |name| std::env::var(name).unwrap_or_default();
    let encoded = set("CARGO_ENCODED_RUSTFLAGS");
    if encoded.is_empty() {
        set("RUSTFLAGS").split_whitespace().map(str::to_owned).collect()
    } else {
        encoded.split('\u{1f}').map(str::to_owned).collect()
    }
}
