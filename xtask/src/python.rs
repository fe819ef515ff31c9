//! The Python packages of the tests for operators, in an environment of their own in the build
//! folder. Refuses to touch the system's packages.

use std::process::Command;

use anyhow::{Context, Result};

use crate::{command, place};

/// The packages with their versions.
const REQUIREMENTS: &str = "crates/server/tests/operators/python/requirements.txt";

/// Makes the environment, unless it has these packages already.
pub(crate) fn ensure_packages() -> Result<()> {
    let environment = place::scratch("python")?;
    let requirements = place::root().join(REQUIREMENTS);
    let wanted =
        std::fs::read_to_string(&requirements).with_context(|| format!("cannot read {REQUIREMENTS}"))?;
    let installed = environment.join("requirements.txt");
    if std::fs::read_to_string(&installed).is_ok_and(|installed| installed == wanted) {
        println!("    all there");
        return Ok(());
    }
    command::run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&environment))?;
    let mut install = Command::new(environment.join("bin/python3"));
    install.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--requirement"]);
    command::run(install.arg(&requirements))?;
    // Written last, so that an interrupted installation is repeated.
    std::fs::write(&installed, wanted).with_context(|| format!("cannot write {}", installed.display()))
}
