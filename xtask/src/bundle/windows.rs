//! The installer for Windows, made and checked on Linux.

use std::path::{Path, PathBuf};

use anyhow::Result;

use super::{BuiltFor, nsis, silent_install, trial};
use crate::cross::{App, Wine};
use crate::steps::Steps;
use crate::{cargo, command};

/// What building and checking the installer needs.
pub(super) struct Tools {
    app: App,
    wine: Wine,
}

impl Tools {
    pub(super) fn prepare(steps: &mut Steps, yes: bool) -> Result<Self> {
        let app = App::prepare(steps, yes)?;
        let wine = steps.step("Wine", "", || app.wine())?;
        Ok(Self { app, wine })
    }
}

/// Builds the app, makes the installer and checks it.
pub(super) fn bundle(
    steps: &mut Steps,
    tools: &Tools,
    built_for: &BuiltFor,
    is_trial: bool,
    secrets: &[String],
) -> Result<PathBuf> {
    let build = |key: &Path| {
        let mut build = tools.app.release();
        cargo::as_release(&mut build, key, &built_for.server_url).map(|()| build)
    };
    if is_trial {
        steps.step("Refusal of a development key for Windows", "", || trial::expect_refusal(build))?;
    }
    let mut build = build(&built_for.public_key)?;
    steps.step("App for Windows", "20 min the first time", || command::run(&mut build))?;
    let built = tools.app.built();
    let installer = steps.step("Installer for Windows", "", || nsis::make(&built))?;
    steps.step("Silent installation", "", || {
        silent_install::check(&tools.wine, &installer, built_for, secrets)
    })?;
    Ok(installer)
}
