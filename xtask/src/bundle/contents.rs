//! Checks the contents of Linux packages: required files, forbidden texts, and the program itself.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

use super::{BuiltFor, MAX_INSTALLER_BYTES, scan};
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
    scan::list(&opened, &mut files)?;
    let names = files.iter().filter_map(|file| file.strip_prefix(&opened).ok()?.to_str()).collect();
    scan::expect_files(&names, IN_BOTH.iter().chain(&IN_DEB))?;

    let scripts = command::read(Command::new("dpkg-deb").arg("--info").arg(package))?;
    ensure!(!scripts.contains("postinst"), "it has a script that runs at installation");
    if is_there("desktop-file-validate") {
        command::read(Command::new("desktop-file-validate").arg(opened.join(DESKTOP_ENTRY)))?;
    }
    if is_there("appstreamcli") {
        command::read(Command::new("appstreamcli").args(["validate-tree", "--no-net"]).arg(&opened))?;
    }
    scan::expect_harmless(&files, secrets)?;
    check_program(&opened.join(PROGRAM), built_for)
}

/// Checks that the program trusts the key and calls the server that it was built for.
fn check_program(program: &Path, built_for: &BuiltFor) -> Result<()> {
    scan::expect_key(program, &built_for.public_key)?;
    let home = super::folder()?.join("home");
    let mut status = Command::new(program);
    status.arg("--status").env("HOME", &home).env_remove("DBUS_SESSION_BUS_ADDRESS");
    status.env("XDG_RUNTIME_DIR", place::scratch("bundle/empty")?);
    for variable in ["XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "LATCHKEY_SERVER_URL"] {
        status.env_remove(variable);
    }
    let output = status.output().context("it does not start")?;
    scan::expect_server(output.status, &String::from_utf8_lossy(&output.stdout), &built_for.server_url)
}

fn check_rpm(package: &Path) -> Result<()> {
    if !is_there("rpm") {
        return Ok(());
    }
    let ask = |what: &str| command::read(Command::new("rpm").args(["-qp", what]).arg(package));
    let listing = ask("--list")?;
    let names = listing.lines().map(|line| line.trim_start_matches('/')).collect();
    scan::expect_files(&names, IN_BOTH.iter().chain(&IN_RPM))?;
    ensure!(ask("--requires")?.contains("webkit2gtk-4.1"), "it does not depend on the system's web view");
    ensure!(ask("--scripts")?.is_empty(), "it has a script");
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
