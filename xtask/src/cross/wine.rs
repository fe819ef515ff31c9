//! A Wine of this repository: its own prefix in the build folder, with what Wine 8 lacks. Refuses
//! to touch the user's own prefix and screen, and ends only the Wine server of its own prefix.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};

use anyhow::{Context, Result, ensure};

use crate::command;

/// The C compiler for Windows.
const COMPILER: &str = "x86_64-w64-mingw32-gcc";

/// The source of a library that Wine 8 lacks. Every Rust program ends with code 53 without it.
const PROCESS_PRNG: &str = include_str!("stand_ins/process_prng.c");

/// Starts a program of Wine.
const UNDER_WINE: &str = include_str!("stand_ins/under_wine.sh");

/// A prefix, whose Wine server ends when this value is dropped.
pub(crate) struct Wine {
    prefix: PathBuf,
    script: PathBuf,
}

impl Wine {
    /// Makes the prefix in `folder`, or uses the one that is there.
    pub(crate) fn prepare(folder: &Path) -> Result<Self> {
        let wine = Self { prefix: folder.join("wine"), script: folder.join("under_wine.sh") };
        std::fs::write(&wine.script, UNDER_WINE)
            .with_context(|| format!("cannot write {}", wine.script.display()))?;
        std::fs::create_dir_all(&wine.prefix)
            .with_context(|| format!("cannot create {}", wine.prefix.display()))?;
        // The server of a run that was killed.
        wine.end_server();
        // Started here, so that what it prints when it is killed goes nowhere.
        let mut server = wine.start("wineserver");
        server.arg("--persistent").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command::run(&mut server)?;
        let system = wine.prefix.join("drive_c/windows/system32");
        if !wine.prefix.join("system.reg").is_file() {
            command::run(wine.start("wineboot").arg("--init"))?;
        }
        let source = folder.join("process_prng.c");
        std::fs::write(&source, PROCESS_PRNG)
            .with_context(|| format!("cannot write {}", source.display()))?;
        let mut compiler = Command::new(COMPILER);
        compiler.args(["-O2", "-shared", "-o"]).arg(system.join("bcryptprimitives.dll"));
        command::run(compiler.arg(&source).arg("-ladvapi32"))?;
        println!("    {}", command::read(wine.start("wine").arg("--version"))?);
        Ok(wine)
    }

    /// A Windows program.
    pub(crate) fn command(&self, program: &Path) -> Command {
        let mut command = self.start("wine");
        command.arg(program);
        command
    }

    /// Runs a program to its end; returns its status and all that it printed. A file receives the
    /// output: a process of Wine's desktop, which the program may start, would hold a pipe open.
    pub(crate) fn run(&self, program: &Path, arguments: &[&str]) -> Result<(ExitStatus, String)> {
        let path = self.prefix.with_extension("output");
        let file = File::create(&path).with_context(|| format!("cannot write {}", path.display()))?;
        let mut command = self.command(program);
        command.args(arguments).stdin(Stdio::null()).stdout(file.try_clone()?).stderr(file);
        let status = command.status().context("cannot start Wine")?;
        Ok((status, std::fs::read_to_string(&path)?))
    }

    /// Makes cargo run the programs that it builds for Windows.
    pub(crate) fn run_tests_of(&self, cargo: &mut Command) {
        let runner = format!("sh {} wine", self.script.display());
        cargo.env("CARGO_TARGET_X86_64_PC_WINDOWS_GNU_RUNNER", runner);
        self.set_prefix(cargo);
    }

    /// The local data folder of the prefix' user, as the app finds it.
    pub(crate) fn local_data(&self) -> Result<String> {
        let (status, printed) = self.run(Path::new("cmd"), &["/c", "echo %LOCALAPPDATA%"])?;
        ensure!(status.success(), "Wine does not start: {status}, {printed}");
        Ok(printed.trim().to_owned())
    }

    fn end_server(&self) {
        let mut end = self.start("wineserver");
        // If this fails, there is no server.
        let _ = end.arg("--kill").stderr(Stdio::null()).status();
    }

    /// The path of a file on drive C.
    pub(crate) fn path_of(&self, path: &str) -> Result<PathBuf> {
        let path = path.strip_prefix(r"C:\").with_context(|| format!("{path} is not on drive C"))?;
        Ok(path.split('\\').fold(self.prefix.join("drive_c"), |folder, name| folder.join(name)))
    }

    /// Sets the version of Windows that programs see, by Wine's name for it.
    pub(crate) fn set_version(&self, version: &str) -> Result<()> {
        let (status, printed) = self.run(Path::new("winecfg"), &["-v", version])?;
        ensure!(status.success(), "Wine cannot be {version}: {status}, {printed}");
        Ok(())
    }

    /// A program of Wine.
    fn start(&self, program: &str) -> Command {
        let mut command = Command::new("sh");
        command.arg(&self.script).arg(program);
        self.set_prefix(&mut command);
        command
    }

    fn set_prefix(&self, command: &mut Command) {
        command.env("WINEPREFIX", &self.prefix).env("WINEARCH", "win64").env("WINEDEBUG", "-all");
        // No menu entries for the user, and no questions about components that are not needed.
        command.env("WINEDLLOVERRIDES", "winemenubuilder.exe,mscoree,mshtml=");
    }
}

impl Drop for Wine {
    fn drop(&mut self) {
        self.end_server();
    }
}
