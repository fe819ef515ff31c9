//! `cargo xtask bundle`: makes the installers of a release, or makes and tests installers.
//!
//! Owns what installers contain. Refuses a development key, a private key, and paths of this
//! machine.

mod contents;
#[cfg(unix)]
mod debian;
#[cfg(unix)]
mod image;
mod kinds;
mod libc;
mod nsis;
mod scan;
#[cfg(unix)]
mod server;
mod server_url;
mod signing;
mod silent_install;
mod tauri;
mod trial;
mod windows;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::args::{BundleOptions, Bundled};
use crate::steps::Steps;
use crate::system::{self, Purpose};
use crate::{cargo, command, node, packages, place, ui};
use kinds::Kinds;

/// Maximum size of an installer, in bytes.
const MAX_INSTALLER_BYTES: u64 = 10_000_000;

/// The key and the server that an app is built for.
struct BuiltFor {
    public_key: PathBuf,
    server_url: String,
}

pub(crate) fn bundle(options: &BundleOptions) -> Result<()> {
    #[cfg(unix)]
    match options.what {
        Some(Bundled::Server) => return server::bundle(options.consent.yes),
        Some(Bundled::Image) => return image::bundle(options.consent.yes),
        None => {}
    }
    #[cfg(not(unix))]
    if let Some(Bundled::Server | Bundled::Image) = options.what {
        anyhow::bail!("the package and the image of the server are made on a Debian");
    }
    let kinds = Kinds::of(options.bundles.as_deref(), cfg!(target_os = "linux"));
    let yes = options.consent.yes;
    let mut steps = Steps::start();
    steps.step("Node", "", node::ensure)?;
    if kinds.native.is_some() {
        let purpose = if options.test { Purpose::BundleTest } else { Purpose::Bundle };
        steps.step("System packages", "", || system::ensure(purpose, yes))?;
    }
    steps.step("Packages of the page", "about 10 s the first time", ui::ensure_packages)?;
    steps.step("Page", "", ui::ensure_built)?;
    let windows = kinds.windows.then(|| windows::Tools::prepare(&mut steps, yes)).transpose()?;

    let trial = options.test.then(|| trial::Trial::prepare(&mut steps)).transpose()?;
    let built_for = match &trial {
        Some(trial) => trial.built_for(),
        None => BuiltFor {
            public_key: std::path::absolute(options.public_key.as_ref().context("--public-key is missing")?)?,
            server_url: server_url::of_release(options.server_url.as_deref())?,
        },
    };
    let secrets = trial.as_ref().map(trial::Trial::secrets).transpose()?.unwrap_or_default();
    let mut packages = Vec::new();
    if let Some(kinds) = &kinds.native {
        packages.extend(native(&mut steps, kinds, &built_for, trial.as_ref(), &secrets)?);
    }
    if let Some(tools) = windows {
        packages.push(windows::bundle(&mut steps, &tools, &built_for, trial.is_some(), &secrets)?);
    }
    let packages = match trial {
        Some(trial) => {
            let packages = trial::put_aside(packages)?;
            if kinds.native.is_some() {
                steps.step("Use", "installed, signed in with, removed", || trial.run(&packages))?;
            }
            packages
        }
        None => packages,
    };

    let note = "each crate compiled from its package";
    steps.step("Packages to publish", note, || packages::check(true))?;

    println!("\n{}\nFor {}:\n", steps.summary(), built_for.server_url);
    for package in packages {
        let size = package.metadata().with_context(|| package.display().to_string())?.len();
        println!("  {:5.2} MB  {}", size as f64 / 1e6, package.display());
    }
    Ok(())
}

/// Builds the app for this system and makes its installers.
fn native(
    steps: &mut Steps,
    kinds: &str,
    built_for: &BuiltFor,
    trial: Option<&trial::Trial>,
    secrets: &[String],
) -> Result<Vec<PathBuf>> {
    steps.step("Bundler", "about 5 s the first time", tauri::ensure)?;
    let build = |key: &Path| cargo::release_of_app(key, &built_for.server_url);
    if trial.is_some() {
        steps.step("Refusal of a development key", "", || trial::expect_refusal(build))?;
    }
    let mut build = build(&built_for.public_key)?;
    steps.step("App", "many minutes the first time", || command::run(&mut build))?;
    let packages = steps.step("Installers", "", || tauri::bundle(kinds))?;
    if cfg!(target_os = "linux") {
        steps.step("Contents", "", || contents::check(&packages, built_for, secrets))?;
    }
    Ok(packages)
}

/// The folder of this task's files.
fn folder() -> Result<PathBuf> {
    place::scratch("bundle")
}
