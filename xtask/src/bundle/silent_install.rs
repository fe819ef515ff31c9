//! Installs the installer for Windows silently under Wine, checks what is there, and removes it.
//! Shows nothing about the installer's pages, which ask the user.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

use super::{BuiltFor, MAX_INSTALLER_BYTES, nsis, scan};
use crate::cross::Wine;

const ENTRY: &str = r"HKCU\Software\Microsoft\Windows\CurrentVersion\Uninstall\app.latchkey.desktop";
const UNINSTALLER: &str = "uninstall.exe";
const SHORTCUT: &str = "AppData/Roaming/Microsoft/Windows/Start Menu/Programs/Latchkey.lnk";
/// A file of the user, who has signed in at some time.
const SESSION: &str = "AppData/Local/app.latchkey.desktop/session.json";

const REMOVAL_TIMEOUT: Duration = Duration::from_secs(60);

/// A user of a Windows under Wine.
struct User<'a> {
    wine: &'a Wine,
    home: PathBuf,
    /// The folder that the installer chooses, and its path on Windows.
    programs: PathBuf,
    programs_on_windows: String,
}

/// Checks the installer and what it installs. `secrets` are texts that no file may contain.
pub(super) fn check(wine: &Wine, installer: &Path, built_for: &BuiltFor, secrets: &[String]) -> Result<()> {
    let size = installer.metadata()?.len();
    ensure!(size < MAX_INSTALLER_BYTES, "it has {size} bytes; the maximum is {MAX_INSTALLER_BYTES}");
    let local_data = wine.local_data()?;
    let local = wine.path_of(&local_data)?;
    let home = local.ancestors().nth(2).context("the local data folder is not in the user's folder")?;
    let user = User {
        wine,
        home: home.to_owned(),
        programs: local.join("Programs/Latchkey"),
        programs_on_windows: format!("{local_data}\\Programs\\Latchkey"),
    };
    user.remove_former()?;
    write(&user.home.join(SESSION), "the user's")?;
    let before = user.files()?;

    wine.set_version("win7")?;
    ensure!(wine.run(installer, &["/S"])?.0.code() == Some(1), "Windows 7 was accepted");
    ensure!(user.files()? == before, "Windows 7 was refused, but something was installed");
    wine.set_version("win10")?;
    user.expect_success(installer, &["/S"])?;
    user.check_installed(built_for, secrets)?;
    user.check_while_open(installer)?;
    // Over the one that is there, as a later version.
    user.expect_success(installer, &["/S"])?;
    user.check_installed(built_for, secrets)?;

    user.expect_success(&user.programs.join(UNINSTALLER), &["/S"])?;
    user.wait_until_removed();
    let left: Vec<_> = user.files()?.difference(&before).cloned().collect();
    ensure!(left.is_empty(), "the uninstaller has left {left:?}");
    ensure!(user.home.join(SESSION).is_file(), "the uninstaller has removed the session");
    ensure!(user.entry().is_err(), "the uninstaller has left its entry in the registry");
    println!("    installed and removed under Wine: good, {size} bytes");
    Ok(())
}

impl User<'_> {
    fn check_installed(&self, built_for: &BuiltFor, secrets: &[String]) -> Result<()> {
        let mut files = Vec::new();
        scan::list(&self.programs, &mut files)?;
        let names: BTreeSet<_> =
            files.iter().filter_map(|file| file.strip_prefix(&self.programs).ok()?.to_str()).collect();
        let expected: BTreeSet<_> = nsis::INSTALLED.into_iter().chain([UNINSTALLER]).collect();
        ensure!(names == expected, "it has installed {names:?}, not {expected:?}");
        scan::expect_harmless(&files, secrets)?;

        let shortcut = fs::read(self.home.join(SHORTCUT)).context("there is no shortcut")?;
        ensure!(scan::contains(&shortcut, nsis::PROGRAM.as_bytes()), "the shortcut does not start the app");
        self.check_entry()?;

        let program = self.programs.join(nsis::PROGRAM);
        scan::expect_key(&program, &built_for.public_key)?;
        let version = self.expect_success(&program, &["--version"])?;
        ensure!(version.trim() == concat!("latchkey ", env!("CARGO_PKG_VERSION")), "it is {version:?}");
        let (status, printed) = self.wine.run(&program, &["--status"])?;
        scan::expect_server(status, &printed, &built_for.server_url)?;
        self.check_without_web_view(&program)
    }

    fn check_entry(&self) -> Result<()> {
        let entry = self.entry()?;
        let folder = self.programs_on_windows.as_str();
        for (name, value) in [
            ("DisplayName", "Latchkey"),
            ("DisplayVersion", env!("CARGO_PKG_VERSION")),
            ("Publisher", "The Latchkey developers"),
            ("InstallLocation", folder),
            ("DisplayIcon", folder),
            ("UninstallString", UNINSTALLER),
            ("QuietUninstallString", "/S"),
            ("EstimatedSize", "0x"),
        ] {
            let has = entry.lines().any(|line| line.trim().starts_with(name) && line.contains(value));
            ensure!(has, "its entry in the registry has no {name} with {value}: {entry}");
        }
        Ok(())
    }

    /// Wine has no WebView2 Runtime: the app says so, with the page that offers it, and ends.
    fn check_without_web_view(&self, program: &Path) -> Result<()> {
        let (status, printed) = self.wine.run(program, &[])?;
        let says = ["WebView2", "https://developer.microsoft.com"].iter().all(|word| printed.contains(word));
        ensure!(status.code() == Some(1) && says, "without WebView2: {status}, {printed}");
        Ok(())
    }

    /// While the app is open, neither the installer nor the uninstaller changes anything. Wine's
    /// command interpreter, which runs until its input ends, stands in for the app.
    fn check_while_open(&self, installer: &Path) -> Result<()> {
        let program = self.programs.join(nsis::PROGRAM);
        let app = fs::read(&program)?;
        fs::copy(self.wine.path_of(r"C:\windows\system32\cmd.exe")?, &program)
            .context("cannot copy cmd.exe")?;
        let before = self.files()?;
        let mut open = self.wine.command(&program);
        open.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut open = open.spawn().context("cannot start Wine")?;
        // It prints its version when it runs.
        let mut stdout = open.stdout.take().context("its output is closed")?;
        std::io::Read::read_exact(&mut stdout, &mut [0; 9]).context("the stand-in has ended")?;
        let (installed, _) = self.wine.run(installer, &["/S"])?;
        // In its folder, and not as a copy whose exit code is lost.
        let in_place = format!("_?={}", self.programs_on_windows);
        let (removed, _) = self.wine.run(&self.programs.join(UNINSTALLER), &["/S", &in_place])?;
        let after = self.files()?;
        drop(open.stdin.take());
        open.wait()?;
        ensure!(installed.code() == Some(1), "it was installed over an app that runs");
        ensure!(removed.code() == Some(1), "an app that runs was uninstalled");
        ensure!(after == before, "something was changed while the app was open");
        fs::write(&program, app).context("cannot restore the program")
    }

    /// The uninstaller has started a copy of itself, which removes the folder last.
    fn wait_until_removed(&self) {
        let end = Instant::now() + REMOVAL_TIMEOUT;
        while self.programs.exists() && Instant::now() < end {
            thread::park_timeout(Duration::from_millis(100));
        }
    }

    /// The values of the entry, one on each line.
    fn entry(&self) -> Result<String> {
        self.expect_success(Path::new("reg"), &["query", ENTRY])
    }

    fn expect_success(&self, program: &Path, arguments: &[&str]) -> Result<String> {
        let (status, printed) = self.wine.run(program, arguments)?;
        ensure!(status.success(), "{} {arguments:?}: {status}, {printed}", program.display());
        Ok(printed)
    }

    /// The user's files, except temporary ones: Windows removes the copy of the uninstaller at its
    /// next start.
    fn files(&self) -> Result<BTreeSet<PathBuf>> {
        let mut files = Vec::new();
        scan::list(&self.home, &mut files)?;
        let temporary = ["Temp", "AppData/Local/Temp"].map(|folder| self.home.join(folder));
        files.retain(|file| !temporary.iter().any(|folder| file.starts_with(folder)));
        Ok(files.into_iter().collect())
    }

    /// Removes what a run that was interrupted has left.
    fn remove_former(&self) -> Result<()> {
        if self.programs.exists() {
            fs::remove_dir_all(&self.programs)?;
        }
        let shortcut = self.home.join(SHORTCUT);
        if shortcut.exists() {
            fs::remove_file(shortcut)?;
        }
        if self.entry().is_ok() {
            self.expect_success(Path::new("reg"), &["delete", ENTRY, "/f"])?;
        }
        Ok(())
    }
}

fn write(path: &Path, text: &str) -> Result<()> {
    fs::create_dir_all(path.parent().unwrap_or(path))?;
    fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))
}
