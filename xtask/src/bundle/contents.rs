//! Checks the contents of installers: required files, forbidden texts, and the program itself.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};

use super::{BuiltFor, MAX_INSTALLER_BYTES};
use crate::{command, place};

const PROGRAM: &str = "usr/bin/latchkey";
const DESKTOP_ENTRY: &str = "usr/share/applications/Latchkey.desktop";

/// The files of both kinds of package.
const IN_BOTH: [&str; 6] = [
    PROGRAM,
    DESKTOP_ENTRY,
    "usr/share/metainfo/app.latchkey.desktop.metainfo.xml",
    "usr/share/icons/hicolor/scalable/apps/latchkey.svg",
    "usr/share/icons/hicolor/32x32/apps/latchkey.png",
    "usr/share/icons/hicolor/512x512/apps/latchkey.png",
];
const IN_DEB: [&str; 2] = ["usr/share/doc/latchkey/copyright", "usr/share/doc/latchkey/LICENSE-APACHE"];
const IN_RPM: [&str; 2] =
    ["usr/share/licenses/latchkey/LICENSE-MIT", "usr/share/licenses/latchkey/LICENSE-APACHE"];

/// Checks each package that it can open. `secrets` are texts that no file may contain.
pub(crate) fn check(packages: &[PathBuf], built_for: &BuiltFor, secrets: &[String]) -> Result<()> {
    for package in packages {
        let name = package.file_name().unwrap_or_default().display();
        let size = package.metadata()?.len();
        ensure!(size < MAX_INSTALLER_BYTES, "{name} has {size} bytes; the maximum is {MAX_INSTALLER_BYTES}");
        match package.extension().and_then(|ending| ending.to_str()) {
            Some("deb") => check_deb(package, built_for, secrets),
            Some("rpm") => check_rpm(package),
            _ => {
                println!("    {name}: contents not checked, {size} bytes");
                continue;
            }
        }
        .with_context(|| name.to_string())?;
        println!("    {name}: good, {size} bytes");
    }
    Ok(())
}

fn check_deb(package: &Path, built_for: &BuiltFor, secrets: &[String]) -> Result<()> {
    if !is_there("dpkg-deb") {
        return Ok(());
    }
    let opened = super::folder()?.join("opened");
    if opened.exists() {
        fs::remove_dir_all(&opened)?;
    }
    command::read(Command::new("dpkg-deb").arg("--extract").arg(package).arg(&opened))?;
    let mut files = Vec::new();
    list(&opened, &mut files)?;
    let names = files.iter().filter_map(|file| file.strip_prefix(&opened).ok()?.to_str()).collect();
    expect_files(&names, IN_BOTH.iter().chain(&IN_DEB))?;

    let scripts = command::read(Command::new("dpkg-deb").arg("--info").arg(package))?;
    ensure!(!scripts.contains("postinst"), "it has a script that runs at installation");
    if is_there("desktop-file-validate") {
        command::read(Command::new("desktop-file-validate").arg(opened.join(DESKTOP_ENTRY)))?;
    }
    if is_there("appstreamcli") {
        command::read(Command::new("appstreamcli").args(["validate-tree", "--no-net"]).arg(&opened))?;
    }
    let forbidden = forbidden(secrets)?;
    for file in &files {
        let bytes = fs::read(file)?;
        let found = forbidden.iter().find(|text| contains(&bytes, text.as_bytes()));
        ensure!(found.is_none(), "{} contains “{}”", file.display(), found.map_or("", String::as_str));
        ensure!(!contains_private_key(&bytes), "{} contains a private key", file.display());
    }
    check_program(&opened.join(PROGRAM), built_for)
}

/// Checks that the program trusts the key and calls the server that it was built for.
fn check_program(program: &Path, built_for: &BuiltFor) -> Result<()> {
    let bytes = fs::read(program)?;
    let key = fs::read_to_string(&built_for.public_key)?;
    let mut lines = key.lines().filter(|line| line.len() == 64).peekable();
    ensure!(lines.peek().is_some(), "{} is not a public key in PEM form", built_for.public_key.display());
    ensure!(lines.all(|line| contains(&bytes, line.as_bytes())), "the public key is not in the program");

    let home = super::folder()?.join("home");
    let mut status = Command::new(program);
    status.arg("--status").env("HOME", &home).env_remove("DBUS_SESSION_BUS_ADDRESS");
    status.env("XDG_RUNTIME_DIR", place::scratch("bundle/empty")?);
    for variable in ["XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "LATCHKEY_SERVER_URL"] {
        status.env_remove(variable);
    }
    let output = status.output().context("it does not start")?;
    let stdout = String::from_utf8_lossy(&output.stdout);
    ensure!(output.status.code() == Some(3), "expected exit code 3 (signed out), and it printed: {stdout}");
    let url = built_for.server_url.trim_end_matches('/');
    ensure!(stdout.contains(&format!("\"{url}\"")), "its server is not {url}: {stdout}");
    Ok(())
}

fn check_rpm(package: &Path) -> Result<()> {
    if !is_there("rpm") {
        return Ok(());
    }
    let ask = |what: &str| command::read(Command::new("rpm").args(["-qp", what]).arg(package));
    let listing = ask("--list")?;
    let names = listing.lines().map(|line| line.trim_start_matches('/')).collect();
    expect_files(&names, IN_BOTH.iter().chain(&IN_RPM))?;
    ensure!(ask("--requires")?.contains("webkit2gtk-4.1"), "it does not depend on the system's web view");
    ensure!(ask("--scripts")?.is_empty(), "it has a script");
    Ok(())
}

fn expect_files<'a>(there: &BTreeSet<&str>, expected: impl Iterator<Item = &'a &'a str>) -> Result<()> {
    let missing: Vec<_> = expected.filter(|name| !there.contains(**name)).copied().collect();
    ensure!(missing.is_empty(), "it lacks {}", missing.join(", "));
    Ok(())
}

fn list(folder: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    for entry in folder.read_dir().with_context(|| folder.display().to_string())? {
        let path = entry?.path();
        if path.is_dir() { list(&path, files)? } else { files.push(path) }
    }
    Ok(())
}

/// Whether a program that checks packages is installed; prints a line if not. Not every
/// distribution has them.
fn is_there(program: &str) -> bool {
    let there = place::has_program(program);
    if !there {
        println!("    not checked with {program}, which is not installed");
    }
    there
}

/// The forbidden texts: paths of this machine and `secrets`.
fn forbidden(secrets: &[String]) -> Result<Vec<String>> {
    let folders = place::of_this_machine()?.map(|(folder, _)| folder);
    let home = std::env::home_dir().map(|home| home.join(""));
    let texts = folders.into_iter().chain(home).filter_map(|path| path.to_str().map(str::to_owned));
    let texts: Vec<_> = texts.filter(|path| path.len() > 2).chain(secrets.iter().cloned()).collect();
    if texts.is_empty() {
        bail!("there is no forbidden text");
    }
    Ok(texts)
}

/// Whether `bytes` contain a private key in PEM form. The label alone does not count: libraries
/// contain it.
fn contains_private_key(bytes: &[u8]) -> bool {
    const LABEL: &[u8] = b"PRIVATE KEY-----";
    let is_key = |rest: &[u8]| {
        let rest = rest.strip_prefix(b"\r").unwrap_or(rest);
        let body = rest.strip_prefix(b"\n").and_then(|rest| rest.get(..32));
        body.is_some_and(|body| body.iter().all(|byte| byte.is_ascii_alphanumeric() || b"+/=".contains(byte)))
    };
    positions(bytes, LABEL).any(|at| bytes.get(at + LABEL.len()..).is_some_and(is_key))
}

fn contains(bytes: &[u8], text: &[u8]) -> bool {
    positions(bytes, text).next().is_some()
}

pub(super) fn positions<'a>(bytes: &'a [u8], text: &'a [u8]) -> impl Iterator<Item = usize> + 'a {
    memchr::memmem::find_iter(bytes, text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_private_key_is_found_but_not_its_label_alone() {
        // Assembled here, so that scanners for secrets do not report it. Every key begins like
        // this.
        let block = |label: &str, end: &str| {
            format!("\0-----BEGIN {label}-----{end}MIIG/QIBADANBgkqhkiG9w0BAQEFAASC").into_bytes()
        };
        assert!(contains_private_key(&block("PRIVATE KEY", "\n")));
        assert!(contains_private_key(&block("EC PRIVATE KEY", "\r\n")));
        assert!(!contains_private_key(&block("PRIVATE KEY", "-----BEGIN PUBLIC KEY-----")));
        assert!(!contains_private_key(&block("PUBLIC KEY", "\n")));
    }

    #[test]
    fn the_error_names_the_missing_files() {
        let there = BTreeSet::from(["usr/bin/latchkey"]);
        assert!(expect_files(&there, ["usr/bin/latchkey"].iter()).is_ok());
        let error = expect_files(&there, ["usr/bin/latchkey", "licence"].iter()).unwrap_err();
        assert_eq!(error.to_string(), "it lacks licence");
    }
}
