//! What is in the installers, and what must not be.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};

use super::{BuiltFor, LARGEST};
use crate::{command, place};

const PROGRAM: &str = "usr/bin/latchkey";
const DESKTOP_ENTRY: &str = "usr/share/applications/Latchkey.desktop";

/// What both packages bring.
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

/// Looks into each package that it can open. `secrets` are texts that must be nowhere in it.
pub(crate) fn check(packages: &[PathBuf], built_for: &BuiltFor, secrets: &[String]) -> Result<()> {
    for package in packages {
        let name = package.file_name().unwrap_or_default().display();
        let size = package.metadata()?.len();
        ensure!(size < LARGEST, "{name} has {size} bytes, and {LARGEST} is the most that it may have");
        match package.extension().and_then(|ending| ending.to_str()) {
            Some("deb") => check_deb(package, built_for, secrets),
            Some("rpm") => check_rpm(package),
            _ => {
                println!("    {name}: not looked into, {size} bytes");
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
    ensure!(!scripts.contains("postinst"), "it runs a script of its own when it is installed");
    if is_there("desktop-file-validate") {
        command::read(Command::new("desktop-file-validate").arg(opened.join(DESKTOP_ENTRY)))?;
    }
    if is_there("appstreamcli") {
        command::read(Command::new("appstreamcli").args(["validate-tree", "--no-net"]).arg(&opened))?;
    }
    let forbidden = forbidden(secrets)?;
    for file in &files {
        let bytes = fs::read(file)?;
        let found = forbidden.iter().find(|text| holds(&bytes, text.as_bytes()));
        ensure!(found.is_none(), "{} holds “{}”", file.display(), found.map_or("", String::as_str));
        ensure!(!holds_private_key(&bytes), "{} holds a private key", file.display());
    }
    check_program(&opened.join(PROGRAM), built_for)
}

/// The program believes the key and asks the server that it was built for.
fn check_program(program: &Path, built_for: &BuiltFor) -> Result<()> {
    let bytes = fs::read(program)?;
    let key = fs::read_to_string(&built_for.public_key)?;
    let mut lines = key.lines().filter(|line| line.len() == 64).peekable();
    ensure!(lines.peek().is_some(), "{} is no public key in PEM form", built_for.public_key.display());
    ensure!(lines.all(|line| holds(&bytes, line.as_bytes())), "the public key is not in the program");

    let home = super::folder()?.join("home");
    let mut status = Command::new(program);
    status.arg("--status").env("HOME", &home).env_remove("DBUS_SESSION_BUS_ADDRESS");
    status.env("XDG_RUNTIME_DIR", place::scratch("bundle/empty")?);
    for variable in ["XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "LATCHKEY_SERVER_URL"] {
        status.env_remove(variable);
    }
    let output = status.output().context("it does not start")?;
    let said = String::from_utf8_lossy(&output.stdout);
    ensure!(output.status.code() == Some(3), "nobody is signed in, and it says: {said}");
    let url = built_for.server_url.trim_end_matches('/');
    ensure!(said.contains(&format!("\"{url}\"")), "its server is not {url}: {said}");
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
    ensure!(ask("--requires")?.contains("webkit2gtk-4.1"), "it does not ask for the system's web view");
    ensure!(ask("--scripts")?.is_empty(), "it runs a script of its own");
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

/// Other kinds of Linux may lack a program that looks: then it is said, and not looked.
fn is_there(program: &str) -> bool {
    let there = place::has_program(program);
    if !there {
        println!("    not checked with {program}, which is not here");
    }
    there
}

/// Paths of this machine, and what the caller keeps secret.
fn forbidden(secrets: &[String]) -> Result<Vec<String>> {
    let folders = place::of_this_machine()?.map(|(folder, _)| folder);
    let home = std::env::home_dir().map(|home| home.join(""));
    let texts = folders.into_iter().chain(home).filter_map(|path| path.to_str().map(str::to_owned));
    let texts: Vec<_> = texts.filter(|path| path.len() > 2).chain(secrets.iter().cloned()).collect();
    if texts.is_empty() {
        bail!("nothing to look for");
    }
    Ok(texts)
}

/// Whether a private key in PEM form is there: with something in it, since the libraries know its first line.
fn holds_private_key(bytes: &[u8]) -> bool {
    const LABEL: &[u8] = b"PRIVATE KEY-----";
    let is_key = |rest: &[u8]| {
        let rest = rest.strip_prefix(b"\r").unwrap_or(rest);
        let body = rest.strip_prefix(b"\n").and_then(|rest| rest.get(..32));
        body.is_some_and(|body| body.iter().all(|byte| byte.is_ascii_alphanumeric() || b"+/=".contains(byte)))
    };
    places(bytes, LABEL).any(|place| bytes.get(place + LABEL.len()..).is_some_and(is_key))
}

fn holds(bytes: &[u8], text: &[u8]) -> bool {
    places(bytes, text).next().is_some()
}

pub(super) fn places<'a>(bytes: &'a [u8], text: &'a [u8]) -> impl Iterator<Item = usize> + 'a {
    memchr::memmem::find_iter(bytes, text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_private_key_is_found_and_its_mere_name_is_not() {
        // Put together here, so that nobody who searches the repository takes this for a key. It is the beginning of any.
        let block = |label: &str, end: &str| {
            format!("\0-----BEGIN {label}-----{end}MIIG/QIBADANBgkqhkiG9w0BAQEFAASC").into_bytes()
        };
        assert!(holds_private_key(&block("PRIVATE KEY", "\n")));
        assert!(holds_private_key(&block("EC PRIVATE KEY", "\r\n")));
        assert!(!holds_private_key(&block("PRIVATE KEY", "-----BEGIN PUBLIC KEY-----")));
        assert!(!holds_private_key(&block("PUBLIC KEY", "\n")));
    }

    #[test]
    fn what_is_missing_is_named() {
        let there = BTreeSet::from(["usr/bin/latchkey"]);
        assert!(expect_files(&there, ["usr/bin/latchkey"].iter()).is_ok());
        let error = expect_files(&there, ["usr/bin/latchkey", "licence"].iter()).unwrap_err();
        assert_eq!(error.to_string(), "it lacks licence");
    }
}
