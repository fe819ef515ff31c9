//! The package: the files that are made for it, and what it must and must not contain. Which files
//! are in it, and where, is in `crates/server/Cargo.toml`, for cargo-deb.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::bundle::scan;
use crate::{cargo, command, place};

/// The files that an operator looks for.
const FILES: [&str; 13] = [
    "etc/latchkey/server.toml",
    "usr/bin/latchkey-server",
    "usr/lib/systemd/system/latchkey-server.service",
    "usr/lib/systemd/system/latchkey-server.socket",
    "usr/share/bash-completion/completions/latchkey-server",
    "usr/share/doc/latchkey-server/changelog.gz",
    "usr/share/doc/latchkey-server/copyright",
    "usr/share/doc/latchkey-server/examples/fail2ban/filter.d/latchkey.conf",
    "usr/share/doc/latchkey-server/examples/proxies/nginx.conf",
    "usr/share/doc/latchkey-server/operating.md",
    "usr/share/fish/vendor_completions.d/latchkey-server.fish",
    "usr/share/man/man1/latchkey-server.1.gz",
    "usr/share/zsh/vendor-completions/_latchkey-server",
];

const SHELLS: [&str; 3] = ["bash", "zsh", "fish"];

/// The line of the sample that is set for the demo account.
const DEMO_LINE: &str = "min_length = 13";

/// Makes the package of a program that is built.
pub(super) fn make(cargo_deb: &Path, program: &Path) -> Result<PathBuf> {
    // Where `crates/server/Cargo.toml` names them, wherever the build folder is.
    let made = place::root().join("target/server-package");
    if made.exists() {
        fs::remove_dir_all(&made)?;
    }
    let completions = made.join("completions");
    fs::create_dir_all(&completions)?;
    for shell in SHELLS {
        let script = command::read(Command::new(program).args(["completions", shell]))?;
        fs::write(completions.join(format!("latchkey-server.{shell}")), script + "\n")?;
    }
    command::read(Command::new(program).arg("man").arg(made.join("man")))?;
    let sample = place::config().join("server.toml");
    let sample = fs::read_to_string(&sample).with_context(|| sample.display().to_string())?;
    fs::write(made.join("server.toml"), settings(&sample)?)?;

    let folder = place::scratch("release/bundle/server")?;
    let mut deb = cargo::of_this_repository(cargo_deb);
    deb.args(["deb", "--no-build", "--quiet", "--package", "latchkey-server", "--deb-revision", ""]);
    deb.arg("--output").arg(&folder);
    let printed = command::read(&mut deb)?;
    let package = printed.lines().next_back().context("cargo-deb names no package")?;
    Ok(place::root().join(package))
}

/// The settings of a package: the sample without what is set for the demo account.
fn settings(sample: &str) -> Result<String> {
    ensure!(sample.lines().any(|line| line == DEMO_LINE), "config/server.toml has no `{DEMO_LINE}`");
    let line = |line: &str| if line == DEMO_LINE { "#min_length = 15\n".into() } else { format!("{line}\n") };
    Ok(sample.lines().map(line).collect())
}

/// Checks that the package has what it should, and neither a key nor a path of this machine.
pub(super) fn check(package: &Path) -> Result<()> {
    let opened = place::scratch("server-package-opened")?;
    fs::remove_dir_all(&opened)?;
    command::read(Command::new("dpkg-deb").arg("--extract").arg(package).arg(&opened))?;
    let mut files = Vec::new();
    scan::list(&opened, &mut files)?;
    let names = files.iter().filter_map(|file| file.strip_prefix(&opened).ok()?.to_str()).collect();
    scan::expect_files(&names, FILES.iter())?;
    let key = names.iter().find(|name| name.ends_with(".key"));
    ensure!(key.is_none(), "the package has a key, {}", key.unwrap_or(&""));
    scan::expect_harmless(&files, &[])?;
    let field = |name: &str| command::read(Command::new("dpkg-deb").arg("--field").arg(package).arg(name));
    ensure!(field("Depends")?.contains("libc6 (>= "), "the package does not say which libc it needs");
    println!("    {} files; it needs {}", files.len(), field("Depends")?);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_setting_of_the_demo_account_is_not_in_a_package() {
        let sample = "# a\nmin_length = 13\n#max = 1\n";
        assert_eq!(settings(sample).unwrap(), "# a\n#min_length = 15\n#max = 1\n");
        assert!(settings("#min_length = 15\n").is_err());
    }

    /// Debian's tools read the version of a package from its changelog too.
    #[test]
    fn the_changelog_of_the_package_begins_with_this_version() {
        let read = |file: &str| fs::read_to_string(place::root().join(file)).unwrap();
        let manifest = read("Cargo.toml");
        let version = manifest.lines().find_map(|line| line.strip_prefix("version = \"")?.strip_suffix('"'));
        let first = format!("latchkey-server ({}) ", version.unwrap());
        assert!(read("deploy/debian-changelog").starts_with(&first), "{first}");
    }

    /// Each file that the manifest names for the package is in the repository, or made here.
    #[test]
    fn the_files_of_the_package_exist() {
        let manifest = fs::read_to_string(place::root().join("crates/server/Cargo.toml")).unwrap();
        let named: Vec<_> =
            manifest.lines().filter_map(|line| line.trim().strip_prefix("[\"../../")).collect();
        assert!(named.len() > 10);
        for line in named {
            let path = line.split('"').next().unwrap();
            let path = path.strip_suffix('*').unwrap_or(path);
            assert!(
                path.starts_with("target/server-package/") || place::root().join(path).exists(),
                "{path}"
            );
        }
    }
}
