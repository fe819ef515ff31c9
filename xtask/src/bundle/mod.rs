//! `cargo xtask bundle`: makes the installers of a release, or makes and tests installers.
//!
//! Owns what installers contain. Refuses a development key, a private key, and paths of this
//! machine.

mod contents;
mod libc;
mod server_url;
mod tauri;
mod trial;

use std::path::PathBuf;

use anyhow::{Context, Result};

use crate::args::BundleOptions;
use crate::steps::Steps;
use crate::system::{self, Purpose};
use crate::{cargo, command, node, packages, place, ui};

/// Maximum size of an installer, in bytes.
const MAX_INSTALLER_BYTES: u64 = 10_000_000;

/// The key and the server that an app is built for.
struct BuiltFor {
    public_key: PathBuf,
    server_url: String,
}

pub(crate) fn bundle(options: &BundleOptions) -> Result<()> {
    let mut steps = Steps::start();
    let purpose = if options.test { Purpose::BundleTest } else { Purpose::Bundle };
    steps.step("Node", "", node::ensure)?;
    steps.step("System packages", "", || system::ensure(purpose, options.consent.yes))?;
    steps.step("Packages of the page", "about 10 s the first time", ui::ensure_packages)?;
    steps.step("Page", "", ui::ensure_built)?;
    steps.step("Bundler", "about 5 s the first time", tauri::ensure)?;

    let trial = options.test.then(|| trial::Trial::prepare(&mut steps)).transpose()?;
    let built_for = match &trial {
        Some(trial) => trial.built_for(),
        None => BuiltFor {
            public_key: std::path::absolute(options.public_key.as_ref().context("--public-key is missing")?)?,
            server_url: server_url::of_release(options.server_url.as_deref())?,
        },
    };
    let mut build = cargo::release_of_app(&built_for.public_key, Some(&built_for.server_url))?;
    if trial.is_some() {
        steps.step("Refusal of a development key", "", || trial::expect_refusal(&built_for.server_url))?;
    }
    steps.step("App", "many minutes the first time", || command::run(&mut build))?;
    let packages = steps.step("Installers", "", || tauri::bundle(options.bundles.as_deref()))?;
    if cfg!(target_os = "linux") {
        let secrets = trial.as_ref().map(trial::Trial::secrets).transpose()?.unwrap_or_default();
        steps.step("Contents", "", || contents::check(&packages, &built_for, &secrets))?;
    }
    let packages = match trial {
        Some(trial) => {
            let packages = trial::put_aside(packages)?;
            steps.step("Use", "installed, signed in with, removed", || trial.run(&packages))?;
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

/// The folder of this task's files.
fn folder() -> Result<PathBuf> {
    place::scratch("bundle")
}
