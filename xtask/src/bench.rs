//! `cargo xtask bench` and `cargo xtask soak`: builds the programs as for a release, then starts
//! `latchkey-bench`. Refuses to measure itself: `bench/` does.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Result, bail};

use crate::args::{BenchOptions, SoakOptions};
use crate::cargo::{self, Program};
use crate::server::Server;
use crate::steps::Steps;
use crate::system::{self, Purpose};
use crate::{command, node, place, ui};

/// The part that opens windows.
const START: &str = "start";

pub(crate) fn bench(options: &BenchOptions) -> Result<()> {
    let mut steps = Steps::start();
    let bench = prepare(&mut steps, options.consent.yes)?;
    let has_windows = options.parts.is_empty() || options.parts.iter().any(|part| part == START);
    if has_windows {
        steps.step("Packages of the page", "about 10 s the first time", ui::ensure_packages)?;
        steps.step("Page", "", ui::ensure_built)?;
        steps.step("App", "minutes the first time", || cargo::build(Program::App, true))?;
        steps.step("Empty window", "minutes the first time", || cargo::build_beside(cargo::EMPTY_WINDOW))?;
    }
    let mut measure = Command::new(bench);
    measure.args(&options.parts);
    if let Some(accounts) = options.accounts {
        measure.args(["--accounts", &accounts.to_string()]);
    }
    steps.step("Measure", "some minutes for each part", || command::run(measure.current_dir(place::root())))
}

pub(crate) fn soak(options: &SoakOptions) -> Result<()> {
    let mut steps = Steps::start();
    let bench = prepare(&mut steps, options.consent.yes)?;
    let mut soak = Command::new(bench);
    soak.arg("soak").current_dir(place::root());
    if let Some(minutes) = options.minutes {
        soak.args(["--minutes", &minutes.to_string()]);
    }
    steps.step("Soak", "", || command::run(&mut soak))
}

/// Builds what both tasks need: the server and `latchkey-bench`.
fn prepare(steps: &mut Steps, yes: bool) -> Result<PathBuf> {
    if !cfg!(target_os = "linux") {
        bail!("the measurements need Linux");
    }
    steps.step("Node", "", node::ensure)?;
    steps.step("System packages", "", || system::ensure(Purpose::Test, yes))?;
    let server = steps.step("Server", "minutes the first time", || cargo::build(Program::Server, true))?;
    steps.step("Keys", "", || Server::new(server).ensure_keys())?;
    steps.step("Bench", "minutes the first time", || cargo::build_beside(cargo::BENCH))
}
