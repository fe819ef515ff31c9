//! The test of the installers. It has its own key pair, because the private key of a release is
//! only on its server.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use super::BuiltFor;
use crate::cargo::{self, Program};
use crate::steps::Steps;
use crate::{command, place};

/// A reserved name without a server (RFC 2606, section 2). The test gives the app the address of
/// its own server.
const SERVER_URL: &str = "https://sign-in.latchkey.example";

/// Part of the build script's error for a development key.
const REFUSAL: &str = "is marked as a development key";

pub(crate) struct Trial {
    /// The key pair of the test's server.
    keys: PathBuf,
    /// Its public key alone, which is all that making a release needs.
    public_key: PathBuf,
}

impl Trial {
    /// Makes the keys and builds the server.
    pub(crate) fn prepare(steps: &mut Steps) -> Result<Self> {
        if !cfg!(target_os = "linux") {
            bail!(
                "only Linux has a WebDriver for the system's web view: the installers cannot be tested here"
            );
        }
        let server =
            steps.step("Server", "minutes the first time", || cargo::build(Program::Server, false))?;
        steps.step("Keys", "", || {
            let keys = super::folder()?.join("server-keys");
            let public_key = super::folder()?.join("auth-public.key");
            generate(&server, &keys, &[])?;
            generate(&server, &development_keys()?, &["--development"])?;
            copy(&keys.join("auth-public.key"), &public_key)?;
            // Apart from its private key, so that only the mark is refused.
            copy(&development_keys()?.join("auth-public.key"), &development_key()?)?;
            Ok(Self { keys, public_key })
        })
    }

    pub(crate) fn built_for(&self) -> BuiltFor {
        BuiltFor { public_key: self.public_key.clone(), server_url: SERVER_URL.to_owned() }
    }

    /// The texts that no installer may contain: the lines of the private key.
    pub(crate) fn secrets(&self) -> Result<Vec<String>> {
        let private = fs::read_to_string(self.keys.join("auth-private.key"))?;
        Ok(private.lines().filter(|line| line.len() == 64).map(str::to_owned).collect())
    }

    /// Installs the Debian package, signs in with it, removes it.
    pub(crate) fn run(&self, packages: &[PathBuf]) -> Result<()> {
        let Some(package) =
            packages.iter().find(|path| path.extension().is_some_and(|ending| ending == "deb"))
        else {
            bail!("there is no Debian package to test");
        };
        if !place::has_program("dpkg") {
            bail!("dpkg, which installs {}, is missing", package.display());
        }
        let mut test = cargo::on(cargo::WINDOW_TESTS, "run");
        test.args(["--example", "installed", "--"]).arg(package);
        test.env("LATCHKEY_E2E_APP", "/usr/bin/latchkey");
        command::run(test.env("LATCHKEY_E2E_KEYS", &self.keys))
    }
}

/// Checks that a release with a development key does not build with the command that `build` makes
/// for a key.
pub(super) fn expect_refusal(build: impl FnOnce(&Path) -> Result<Command>) -> Result<()> {
    let mut build = build(&development_key()?)?;
    println!("    $ {}", command::shown(&build));
    let output = build.output().context("cannot start cargo")?;
    let stderr = String::from_utf8_lossy(&output.stderr);
    if output.status.success() {
        bail!("a release with a development key was built");
    }
    let Some(sentence) = stderr.lines().find(|line| line.contains(REFUSAL)) else {
        bail!("the build failed, but not because of the key: {stderr}");
    };
    println!("    {}", sentence.trim());
    Ok(())
}

/// Moves the installers, so that they cannot be mistaken for a release.
pub(crate) fn put_aside(packages: Vec<PathBuf>) -> Result<Vec<PathBuf>> {
    let aside = super::folder()?.join("test");
    fs::create_dir_all(&aside)?;
    let moved = packages.into_iter().map(|package| {
        let path = aside.join(package.file_name().unwrap_or_default());
        fs::rename(&package, &path).with_context(|| format!("cannot move {}", package.display()))?;
        Ok(path)
    });
    moved.collect()
}

fn development_keys() -> Result<PathBuf> {
    Ok(super::folder()?.join("development-keys"))
}

fn development_key() -> Result<PathBuf> {
    Ok(super::folder()?.join("development.key"))
}

/// Makes a key pair unless it exists: with the same key, the app is not built again.
fn generate(server: &Path, keys: &Path, options: &[&str]) -> Result<()> {
    if keys.join("auth-private.key").is_file() {
        return Ok(());
    }
    let mut command = Command::new(server);
    command.current_dir(super::folder()?).arg("--keys").arg(keys).args(["keys", "generate"]).args(options);
    command::run(&mut command)
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    if matches!((fs::read(from), fs::read(to)), (Ok(from), Ok(to)) if from == to) {
        return Ok(());
    }
    fs::copy(from, to).map(drop).with_context(|| format!("cannot copy {}", from.display()))
}
