//! `cargo xtask test`: runs every check and test. The fast ones come first.
//!
//! Clippy runs while the tests are compiled, not separately: `cargo clippy` only checks where a
//! build generates code, so cargo shares nothing between the two and would compile every dependency
//! twice.

use std::process::Command;
use std::thread::{self, ScopedJoinHandle, available_parallelism};

use anyhow::{Context, Result, anyhow};

use crate::args::TestOptions;
use crate::cargo::{self, Program};
use crate::generated::Snapshot;
use crate::server::Server;
use crate::steps::Steps;
use crate::system::{self, Purpose};
use crate::{command, cross, deny, node, packages, place, python, ui};

pub(crate) fn test(options: &TestOptions) -> Result<()> {
    // Beside the first steps, which use one core most of the time.
    thread::scope(|scope| check(options, scope.spawn(deny::check)))
}

fn check(options: &TestOptions, deny: ScopedJoinHandle<'_, Result<String>>) -> Result<()> {
    let mut steps = Steps::start();
    steps.step("Node", "", node::ensure)?;
    steps.step("Tools", "", ensure_components)?;
    let purpose = if options.operators { Purpose::OperatorsTest } else { Purpose::Test };
    steps.step("System packages", "", || system::ensure(purpose, options.consent.yes))?;
    steps.step("Format", "", || command::run(cargo::cargo().args(["fmt", "--all", "--check"])))?;
    steps.step("Tests of the repository", "", || tests(cargo::on(cargo::XTASK, "test")))?;

    steps.step("Packages of the page", "about 10 s the first time", ui::ensure_packages)?;
    steps.step("Checks and tests of the plugin's package", "", ui::check_plugin)?;
    steps.step("Page of the notes", "", ui::build_notes)?;
    steps.step("Packages of the examples", "", ui::ensure_example_packages)?;
    steps.step("Checks and tests of the page", "", || ui::script("check"))?;
    steps.step("Page", "", || ui::script("build"))?;

    let note = "minutes the first time, to compile cargo-deny";
    steps.step("Dependencies", note, || {
        print!("{}", deny.join().map_err(|_| anyhow!("the check of the dependencies panicked"))??);
        Ok(())
    })?;

    let server = steps.step("Server", "minutes the first time", || cargo::build_linted(Program::Server))?;
    steps.step("Keys", "", || Server::new(server).ensure_keys())?;
    let generated = Snapshot::take()?;
    steps.step("Build and lints of the product", "minutes the first time", || {
        build(cargo::on_product("test"))
    })?;
    steps.step("Tests", "", || tests(cargo::on_product("test")))?;
    if options.operators || cfg!(target_os = "linux") {
        // The tests for operators and those of the window.
        steps.step("Packages of Node", "about 10 s the first time", node::ensure_tests_packages)?;
    }
    if options.operators {
        steps.step("Packages of Python", "about 30 s the first time", python::ensure_packages)?;
        steps.step("Tests for operators", "the server beside other programs", operators_tests)?;
    }
    steps.step("Generated files", "", || generated.ensure_unchanged())?;
    steps.step("Packages to publish", "", || packages::check(false))?;
    steps
        .step("Build and lints of the tools", "minutes the first time", || build(cargo::on_tools("test")))?;
    if cfg!(target_os = "linux") {
        steps.step("Tests of the window", "real windows on a screen in memory", window_tests)?;
    } else {
        println!(
            "\n==> Tests of the window: only Linux has a WebDriver for the system's web view; not run here"
        );
    }

    if options.windows {
        cross::check_windows(&mut steps, options.consent.yes)?;
    }

    println!("\nAll passed.\n\n{}", steps.summary());
    Ok(())
}

/// Fails if the Rust toolchain lacks clippy or rustfmt, and says how to add them.
fn ensure_components() -> Result<()> {
    for (subcommand, component) in [("clippy", "clippy"), ("fmt", "rustfmt")] {
        command::read(cargo::cargo().args([subcommand, "--version"])).with_context(|| {
            format!("`cargo {subcommand}` is needed: run `rustup component add {component}`")
        })?;
    }
    println!("    {}", command::read(cargo::cargo().arg("--version"))?);
    Ok(())
}

/// Compiles all programs, tests and examples, and fails on a lint.
fn build(mut test: Command) -> Result<()> {
    command::run(cargo::linted(test.arg("--no-run")))
}

fn tests(mut subject: Command) -> Result<()> {
    isolate(&mut subject)?;
    command::run(cargo::linted(at_once(&mut subject, 4)))
}

/// Runs the tests of the server beside the programs that operators run with it. Without
/// `--package`, so that the features are those of the other tests.
fn operators_tests() -> Result<()> {
    let mut tests = cargo::on_product("test");
    isolate(tests.args(["--test", "operators"]))?;
    command::run(cargo::linted(&mut tests))
}

/// Runs some tests for each core at once, unless the environment has another number: they also
/// wait, for servers, databases and windows.
fn at_once(tests: &mut Command, for_each_core: usize) -> &mut Command {
    const THREADS: &str = "RUST_TEST_THREADS";
    if std::env::var_os(THREADS).is_none() {
        let cores = available_parallelism().map_or(1, Into::into);
        tests.env(THREADS, (for_each_core * cores).to_string());
    }
    tests
}

/// Gives tests empty folders and no session bus, so that they cannot reach the user's files and
/// keychain.
fn isolate(tests: &mut Command) -> Result<()> {
    let home = place::scratch("test-home")?;
    std::fs::remove_dir_all(&home).with_context(|| format!("cannot empty {}", home.display()))?;
    for (variable, name) in
        [("XDG_DATA_HOME", "data"), ("XDG_CONFIG_HOME", "config"), ("XDG_CACHE_HOME", "cache")]
    {
        tests.env(variable, place::scratch("test-home")?.join(name));
    }
    tests.env_remove("DBUS_SESSION_BUS_ADDRESS").env("XDG_RUNTIME_DIR", place::scratch("test-home/runtime")?);
    Ok(())
}

/// Runs the window tests. They start their own displays, session buses and keychains.
fn window_tests() -> Result<()> {
    let mut tests = cargo::on_tools("test");
    tests.env_remove("DISPLAY").env_remove("WAYLAND_DISPLAY");
    let pictures = place::target()?.join("e2e");
    command::run(cargo::linted(at_once(&mut tests, 2)))
        .with_context(|| format!("screenshots of failed tests are in {}", pictures.display()))
}
