//! `cargo xtask windows`: everything for Windows, built on Debian with MinGW and tested under Wine.
//! And the part of it that `cargo xtask test --windows` runs: the compiler and clippy, no Wine.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use super::debian_rust::DebianRust;
use super::end_to_end::{self, Programs};
use super::inputs;
use super::wine::Wine;
use crate::args::WindowsOptions;
use crate::steps::Steps;
use crate::system::{self, Purpose};
use crate::{cargo, command, place};

const TRIPLE: &str = "x86_64-pc-windows-gnu";
const LINKER: &str = "x86_64-w64-mingw32-gcc";

/// The library that all programs with the app's library load. It is next to the app's program only.
const WEB_VIEW_LOADER: &str = "WebView2Loader.dll";

/// The exit code of `latchkey --status` without a session.
const SIGNED_OUT: i32 = 3;

/// A build for Windows.
struct Build {
    rust: DebianRust,
    folder: PathBuf,
}

impl Build {
    fn prepare(steps: &mut Steps, purpose: Purpose, yes: bool) -> Result<Self> {
        if !cfg!(target_os = "linux") {
            bail!("the checks for Windows need Debian");
        }
        steps.step("System packages for Windows", "", || system::ensure(purpose, yes))?;
        let rust = steps.step("Rust for Windows", "150 MB the first time", || DebianRust::ensure(yes))?;
        Ok(Self { rust, folder: place::scratch("windows")? })
    }

    /// A cargo subcommand on the product.
    fn cargo(&self, subcommand: &str) -> Command {
        let mut command = self.rust.cargo(subcommand, TRIPLE, &self.folder);
        command.env("CARGO_TARGET_X86_64_PC_WINDOWS_GNU_LINKER", LINKER);
        command
    }

    /// The same subcommand on the product and on this tool.
    fn for_all(&self, subcommand: &str) -> [Command; 2] {
        let mut tool = self.cargo(subcommand);
        tool.args(["--package", cargo::XTASK]);
        [self.cargo(subcommand), tool]
    }

    fn programs(&self, profile: &str) -> PathBuf {
        self.folder.join(TRIPLE).join(profile)
    }
}

/// Builds the app for its installer.
pub(crate) struct App(Build);

impl App {
    pub(crate) fn prepare(steps: &mut Steps, yes: bool) -> Result<Self> {
        Ok(Self(Build::prepare(steps, Purpose::WindowsBundle, yes)?))
    }

    /// The command that builds it with optimisations.
    pub(crate) fn release(&self) -> Command {
        let mut build = self.0.cargo("build");
        build.args(["--release", "--bin", "latchkey"]);
        build
    }

    /// The folder of the built program, with the library that it loads.
    pub(crate) fn built(&self) -> PathBuf {
        self.0.programs("release")
    }

    /// The Wine of the build folder.
    pub(crate) fn wine(&self) -> Result<Wine> {
        Wine::prepare(&self.0.folder)
    }
}

/// Compiles everything for Windows, the tests too, without linking it.
pub(crate) fn check_windows(steps: &mut Steps, yes: bool) -> Result<()> {
    let build = Build::prepare(steps, Purpose::WindowsBuild, yes)?;
    steps.step("Checks and lints for Windows", "about 10 min the first time", || {
        for mut check in build.for_all("check") {
            command::run(check.arg("--all-targets"))?;
        }
        Ok(())
    })
}

pub(crate) fn windows(options: &WindowsOptions) -> Result<()> {
    let mut steps = Steps::start();
    let build = Build::prepare(&mut steps, Purpose::Windows, options.consent.yes)?;
    inputs::ensure(&mut steps)?;
    steps.step("Build and lints", "20 min the first time", || build_tests(&build))?;
    let wine = steps.step("Wine", "", || Wine::prepare(&build.folder))?;
    steps.step("Tests under Wine", "", || test(&build, &wine))?;
    let debug = build.programs("debug");
    steps.step("latchkey.exe --status", "", || check_status(&wine, &debug))?;
    let programs = if options.quick {
        debug
    } else {
        let note = "20 min the first time";
        steps.step("Release", note, || build_release(&build))?;
        build.programs("release")
    };
    let programs = Programs::of(&programs);
    end_to_end::run(&mut steps, &wine, &programs, &build.folder.join("end-to-end"))?;
    println!("\nAll passed.\n\n{}", steps.summary());
    Ok(())
}

fn build_tests(build: &Build) -> Result<()> {
    for mut tests in build.for_all("test") {
        command::run(tests.args(["--no-run", "--no-fail-fast"]))?;
    }
    let programs = build.programs("debug");
    for folder in ["deps", "examples"] {
        let copy = programs.join(folder).join(WEB_VIEW_LOADER);
        std::fs::copy(programs.join(WEB_VIEW_LOADER), &copy)
            .with_context(|| format!("cannot write {}", copy.display()))?;
    }
    Ok(())
}

/// Runs all tests except those in the documentation, which would be compiled one by one.
fn test(build: &Build, wine: &Wine) -> Result<()> {
    for mut tests in build.for_all("test") {
        tests.args(["--tests", "--no-fail-fast"]);
        // Tests of the plugin write the types of the window there.
        tests.env("TS_RS_EXPORT_DIR", build.folder.join("bindings"));
        wine.run_tests_of(&mut tests);
        command::run(&mut tests)?;
    }
    Ok(())
}

/// Checks the status of a user who is not signed in. The prefix may have been used before.
fn check_status(wine: &Wine, programs: &Path) -> Result<()> {
    let (status, printed) = wine.run(&programs.join("latchkey.exe"), &["--status"])?;
    println!("    {}", printed.trim());
    if status.code() != Some(SIGNED_OUT) || !printed.contains(r#""state":"signed-out""#) {
        bail!("--status: {status}");
    }
    Ok(())
}

fn build_release(build: &Build) -> Result<()> {
    let mut programs = build.cargo("build");
    programs.args(["--release", "--bin", "latchkey", "--bin", "latchkey-server", "--example", "headless"]);
    // As for the installer, so that the two share what they have in common.
    cargo::without_paths(&mut programs)?;
    command::run(cargo::allow_development_key(&mut programs))
}
