//! What no installer may contain, and what each must: forbidden texts and private keys; required
//! files, the key and the server that the program is built for.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitStatus;

use anyhow::{Context, Result, bail, ensure};

use crate::place;

/// Fails if a file contains a path of this machine, a private key, or one of `secrets`.
pub(super) fn expect_harmless(files: &[PathBuf], secrets: &[String]) -> Result<()> {
    let forbidden = forbidden(secrets)?;
    for file in files {
        let bytes = fs::read(file)?;
        let found = forbidden.iter().find(|text| contains(&bytes, text.as_bytes()));
        ensure!(found.is_none(), "{} contains “{}”", file.display(), found.map_or("", String::as_str));
        ensure!(!contains_private_key(&bytes), "{} contains a private key", file.display());
    }
    Ok(())
}

/// Fails unless the program trusts the public key.
pub(super) fn expect_key(program: &Path, public_key: &Path) -> Result<()> {
    let bytes = fs::read(program)?;
    let key = fs::read_to_string(public_key)?;
    let mut lines = key.lines().filter(|line| line.len() == 64).peekable();
    ensure!(lines.peek().is_some(), "{} is not a public key in PEM form", public_key.display());
    ensure!(lines.all(|line| contains(&bytes, line.as_bytes())), "the public key is not in the program");
    Ok(())
}

/// Fails unless this is the result of `--status` without a session, by a program for this server.
pub(super) fn expect_server(status: ExitStatus, printed: &str, server_url: &str) -> Result<()> {
    ensure!(status.code() == Some(3), "expected exit code 3 (signed out), and it printed: {printed}");
    let url = server_url.trim_end_matches('/');
    ensure!(printed.contains(&format!("\"{url}\"")), "its server is not {url}: {printed}");
    Ok(())
}

pub(super) fn expect_files<'a>(
    there: &BTreeSet<&str>,
    expected: impl Iterator<Item = &'a &'a str>,
) -> Result<()> {
    let missing: Vec<_> = expected.filter(|name| !there.contains(**name)).copied().collect();
    ensure!(missing.is_empty(), "it lacks {}", missing.join(", "));
    Ok(())
}

/// Adds all files below a folder to `files`. Follows no link: in Wine's user folder some lead to
/// the folders of this machine's user.
pub(super) fn list(folder: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    for entry in folder.read_dir().with_context(|| folder.display().to_string())? {
        let entry = entry?;
        if entry.file_type()?.is_dir() { list(&entry.path(), files)? } else { files.push(entry.path()) }
    }
    Ok(())
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

pub(super) fn contains(bytes: &[u8], text: &[u8]) -> bool {
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

    #[cfg(unix)]
    #[test]
    fn a_link_to_a_folder_is_listed_and_not_followed() {
        let folder = tempfile::tempdir().unwrap();
        let inner = folder.path().join("inner");
        fs::create_dir(&inner).unwrap();
        fs::write(inner.join("file"), "").unwrap();
        std::os::unix::fs::symlink(folder.path(), inner.join("link")).unwrap();
        let mut files = Vec::new();
        list(folder.path(), &mut files).unwrap();
        files.sort();
        assert_eq!(files, [inner.join("file"), inner.join("link")]);
    }

    #[test]
    fn the_error_names_the_missing_files() {
        let there = BTreeSet::from(["usr/bin/latchkey"]);
        assert!(expect_files(&there, ["usr/bin/latchkey"].iter()).is_ok());
        let error = expect_files(&there, ["usr/bin/latchkey", "licence"].iter()).unwrap_err();
        assert_eq!(error.to_string(), "it lacks licence");
    }
}
