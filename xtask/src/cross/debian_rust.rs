//! Debian's Rust, unpacked into the build folder: a compiler, cargo, clippy and the sources of the
//! standard library in one version. With the sources, cargo builds for systems whose standard
//! library this machine's own Rust does not have. Installs nothing.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::{cargo, command, place, system};

/// The packages, which apt completes with the libraries that this machine lacks.
const PACKAGES: [&str; 4] = ["rustc-web", "cargo-web", "rust-web-clippy", "rust-web-src"];

/// The file that lists the unpacked packages. It is written last.
const COMPLETE: &str = "packages.txt";

/// Makes the compiler's warnings errors, and the lints of clippy that `Cargo.toml` lists by name.
/// Clippy's own choice of lints is left out: this clippy is newer than the one that the sources
/// follow.
const LINTS: [&str; 4] = ["--deny", "warnings", "--allow", "clippy::all"];

/// The parts of the standard library to build.
const STANDARD_LIBRARY: &str = "-Zbuild-std=std,panic_abort,test";

/// An unpacked toolchain.
pub(crate) struct DebianRust {
    folder: PathBuf,
}

impl DebianRust {
    /// Downloads and unpacks the toolchain, unless that was done before.
    pub(crate) fn ensure(yes: bool) -> Result<Self> {
        let cache = place::scratch(place::DEBIAN_RUST)?;
        let rust = Self { folder: cache.join("unpacked") };
        if !cache.join(COMPLETE).is_file() {
            let archives = archives()?;
            println!("    to download from Debian and unpack into {}:", cache.display());
            archives.iter().for_each(|archive| println!("      {archive}"));
            if !system::has_consent(yes, "Download them now (about 150 MB)?")? {
                bail!("add `--yes`, or agree on a terminal");
            }
            unpack(&cache, &rust.folder, &archives)?;
        }
        println!("    {}, with the sources of its standard library", rust.one_version()?);
        Ok(rust)
    }

    /// A cargo subcommand of this toolchain for another system. Builds into `target`.
    pub(crate) fn cargo(&self, subcommand: &str, triple: &str, target: &Path) -> Command {
        let mut command = cargo::of_this_repository(self.program("cargo"));
        command.args([subcommand, "--locked", STANDARD_LIBRARY, "--target", triple]);
        command.env("LD_LIBRARY_PATH", self.libraries()).env("RUSTC", self.program("rustc"));
        command.env("RUSTDOC", self.program("rustdoc")).env_remove("RUSTUP_TOOLCHAIN");
        // `-Z` options are for development versions of cargo only.
        command.env("RUSTC_BOOTSTRAP", "1").env("CARGO_TARGET_DIR", target);
        command.env("CARGO_PROFILE_DEV_DEBUG", "0");
        cargo::lint_with(&mut command, &self.program("clippy-driver"), &LINTS);
        command
    }

    fn program(&self, name: &str) -> PathBuf {
        self.folder.join("usr/bin").join(name)
    }

    fn libraries(&self) -> PathBuf {
        self.folder.join("usr/lib").join(format!("{}-linux-gnu", std::env::consts::ARCH))
    }

    /// The version of the compiler, which the other parts must have too.
    fn one_version(&self) -> Result<String> {
        let version = |name| {
            let mut command = Command::new(self.program(name));
            command.arg("--version").env("LD_LIBRARY_PATH", self.libraries());
            command::read(&mut command)
        };
        let (rustc, cargo) = (version("rustc")?, version("cargo")?);
        let sources = self.folder.join("usr/lib/rustlib/src/rust/src/version");
        let sources = std::fs::read_to_string(&sources)
            .with_context(|| format!("cannot read {}", sources.display()))?;
        let numbers = [number(&rustc), number(&cargo), sources.trim()];
        if numbers.iter().any(|number| *number != numbers[0]) {
            bail!(
                "rustc, cargo and the sources have different versions: {numbers:?}; remove {}",
                self.folder.display()
            );
        }
        Ok(rustc)
    }
}

/// The number in `rustc 1.96.0 (…)`.
fn number(version: &str) -> &str {
    version.split_whitespace().nth(1).unwrap_or_default()
}

/// The file names of the packages and of those that they need here.
fn archives() -> Result<Vec<String>> {
    let mut plan = Command::new("apt-get");
    plan.args(["--quiet=2", "--print-uris", "install", "--no-install-recommends"]).args(PACKAGES);
    let plan = command::read(&mut plan).context(
        "apt does not offer this toolchain: run `sudo apt-get update`; Debian 12 has it in its security archive",
    )?;
    let archives: Vec<_> = plan.lines().filter_map(archive).map(str::to_owned).collect();
    match PACKAGES.iter().find(|package| !archives.iter().any(|archive| package_of(archive) == **package)) {
        Some(package) => {
            bail!("{package} is installed on this system: remove it, so that it can be unpacked")
        }
        None => Ok(archives),
    }
}

/// The file name in a line of `--print-uris`: the address in quotes, the name, the size, a hash.
fn archive(line: &str) -> Option<&str> {
    line.split_whitespace().nth(1).filter(|name| line.starts_with('\'') && name.ends_with(".deb"))
}

fn package_of(archive: &str) -> &str {
    archive.split('_').next().unwrap_or(archive)
}

/// Downloads the packages, whose signatures apt checks, and unpacks them.
fn unpack(cache: &Path, folder: &Path, archives: &[String]) -> Result<()> {
    let downloads = cache.join("downloads");
    for folder in [&downloads, &folder.to_owned()] {
        if folder.exists() {
            std::fs::remove_dir_all(folder).with_context(|| format!("cannot empty {}", folder.display()))?;
        }
        std::fs::create_dir_all(folder).with_context(|| format!("cannot create {}", folder.display()))?;
    }
    let packages = archives.iter().map(|archive| package_of(archive));
    command::run(
        Command::new("apt-get").args(["--quiet", "download"]).args(packages).current_dir(&downloads),
    )?;
    for entry in downloads.read_dir()? {
        command::run(Command::new("dpkg").arg("--extract").arg(entry?.path()).arg(folder))?;
    }
    std::fs::remove_dir_all(&downloads)?;
    std::fs::write(cache.join(COMPLETE), archives.join("\n"))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_packages_are_read_from_the_plan_of_apt() {
        let line = "'http://deb.example/pool/r/rustc-web_1.96.0%2bdfsg1_amd64.deb' \
                    rustc-web_1.96.0+dfsg1_amd64.deb 4450500 SHA256:00";
        assert_eq!(archive(line).map(package_of), Some("rustc-web"));
        assert_eq!(archive("Reading package lists..."), None);
        assert_eq!(archive(""), None);
    }

    #[test]
    fn the_number_of_a_version_is_its_second_word() {
        assert_eq!(number("rustc 1.96.0 (ac68faa20 2026-05-25) (built from a source tarball)"), "1.96.0");
        assert_eq!(number(""), "");
    }
}
