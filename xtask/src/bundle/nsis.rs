//! Makes the installer for Windows on Linux, with `makensis` and the script in
//! `src-tauri/packaging/windows`. Nothing is downloaded.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use super::signing::Signing;
use crate::{command, place};

/// All packages of the workspace have this version.
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The installed files, apart from the uninstaller.
pub(super) const PROGRAM: &str = "latchkey.exe";
const LOADER: &str = "WebView2Loader.dll";
pub(super) const INSTALLED: [&str; 5] =
    [PROGRAM, LOADER, "LICENSE-MIT.txt", "LICENSE-APACHE.txt", "LICENSE-WebView2Loader.txt"];

/// Makes the installer of the program in the folder `built`, and returns its path.
pub(super) fn make(built: &Path) -> Result<PathBuf> {
    let signing = Signing::of_the_environment()?;
    let packaging = place::root().join("src-tauri/packaging/windows");
    let staged = place::scratch("bundle/windows")?;
    for program in [PROGRAM, LOADER] {
        copy(&built.join(program), &staged.join(program))?;
    }
    for licence in ["LICENSE-MIT", "LICENSE-APACHE"] {
        write_text(&place::root().join(licence), &staged.join(format!("{licence}.txt")))?;
    }
    let licence = "LICENSE-WebView2Loader.txt";
    write_text(&packaging.join(licence), &staged.join(licence))?;
    signing.sign(&staged.join(PROGRAM))?;

    let installer = place::scratch("release/bundle/nsis")?.join(format!("Latchkey_{VERSION}_x64-setup.exe"));
    let mut makensis = Command::new("makensis");
    // Warnings are errors.
    makensis.args(["-V2", "-WX", "-INPUTCHARSET", "UTF8"]);
    let icon = place::root().join("src-tauri/icons/icon.ico");
    for (name, path) in [("STAGED", &staged), ("ICON", &icon), ("OUT", &installer)] {
        makensis.arg(format!("-D{name}={}", path.display()));
    }
    makensis.arg(format!("-DVERSION={VERSION}"));
    if let Some(command) = signing.command() {
        makensis.arg(format!("-DSIGN={command}"));
    }
    command::run(makensis.arg(packaging.join("installer.nsi")))?;
    signing.sign(&installer)?;
    Ok(installer)
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    fs::copy(from, to).map(drop).with_context(|| format!("cannot copy {}", from.display()))
}

/// Copies a text with the line ends of Windows.
fn write_text(from: &Path, to: &Path) -> Result<()> {
    let text = fs::read_to_string(from).with_context(|| from.display().to_string())?;
    let lines: String = text.lines().map(|line| format!("{line}\r\n")).collect();
    fs::write(to, lines).with_context(|| format!("cannot write {}", to.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(path: &str) -> String {
        fs::read_to_string(place::root().join("src-tauri").join(path)).unwrap()
    }

    #[test]
    fn the_installer_describes_the_app_as_tauri_does() {
        let script = source("packaging/windows/installer.nsi");
        let settings = source("tauri.conf.json");
        for (name, key) in [
            ("PRODUCT", "productName"),
            ("IDENTIFIER", "identifier"),
            ("PUBLISHER", "publisher"),
            ("HOMEPAGE", "homepage"),
        ] {
            let prefix = format!("!define {name} ");
            let value = script.lines().find_map(|line| line.strip_prefix(&prefix)).unwrap();
            assert!(settings.contains(&format!("\"{key}\": {value},")), "{key} is not {value}");
        }
        assert!(script.contains(&format!("!define PROGRAM \"{PROGRAM}\"")));
        assert!(script.contains(&format!("!define LOADER \"{LOADER}\"")));
    }

    #[test]
    fn the_uninstaller_removes_each_file_that_the_installer_adds() {
        let script = source("packaging/windows/installer.nsi");
        let added: Vec<_> =
            script.lines().filter_map(|line| line.trim().strip_prefix(r#"File "${STAGED}\"#)).collect();
        assert_eq!(added.len(), INSTALLED.len());
        for file in added {
            assert!(script.contains(&format!(r#"Delete "$INSTDIR\{file}"#)), "{file} stays");
        }
    }

    #[test]
    fn a_text_gets_the_line_ends_of_windows() {
        let folder = tempfile::tempdir().unwrap();
        let (from, to) = (folder.path().join("from"), folder.path().join("to"));
        fs::write(&from, "one\n\r\ntwo").unwrap();
        write_text(&from, &to).unwrap();
        assert_eq!(fs::read_to_string(to).unwrap(), "one\r\n\r\ntwo\r\n");
    }
}
