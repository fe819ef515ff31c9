//! The inputs of a build for another system: the pages that are compiled into the apps, and the key
//! pair that they trust.

use anyhow::Result;

use crate::cargo::{self, Program};
use crate::server::{self, Server};
use crate::steps::Steps;
use crate::{node, ui};

pub(super) fn ensure(steps: &mut Steps) -> Result<()> {
    steps.step("Node", "", node::ensure)?;
    steps.step("Packages of the page", "about 10 s the first time", ui::ensure_packages)?;
    steps.step("Page", "", ui::ensure_built)?;
    steps.step("Page of the notes", "", ui::ensure_notes_built)?;
    if !server::has_keys() {
        // The keys are made by this machine's server.
        let server =
            steps.step("Server", "minutes the first time", || cargo::build_linted(Program::Server))?;
        steps.step("Keys", "", || Server::new(server).ensure_keys())?;
    }
    Ok(())
}
