//! `cargo xtask bundle image`: builds the image of `deploy/Containerfile` and runs it, in a store
//! of images of its own, and says what stood in for a base image that could not be fetched.

use std::fs;
use std::path::Path;

use anyhow::Result;

use super::debian;
use crate::cargo::{self, Program};
use crate::steps::Steps;
use crate::system::{self, Purpose, as_root};
use crate::{command, place};

const SCRIPT: &str = "xtask/src/bundle/image/trial.sh";

/// The packages of Debian that the base image is made of.
const BASE: [&str; 6] = ["base-files", "ca-certificates", "libc6", "libgcc-s1", "netbase", "tzdata"];

pub(crate) fn bundle(yes: bool) -> Result<()> {
    let mut steps = Steps::start();
    steps.step("System packages", "", || system::ensure(Purpose::Image, yes))?;
    let program =
        steps.step("Server", "minutes the first time", || cargo::build_released(Program::Server))?;
    let debian = steps.step("A small Debian", "about a minute the first time", debian::system)?;
    let folder = place::scratch("server-image-trial")?;
    let base = folder.join("base");
    steps.step("Packages of the base image", "", || make_base(&base))?;
    steps.step("Image", "built, inspected, run", || {
        let mut trial = as_root("bash");
        trial.arg(place::root().join(SCRIPT)).args([&folder, &debian, &program, &base]);
        command::run(trial.current_dir(place::root()))
    })?;
    debian::remove(&folder)?;
    println!("\n{}", steps.summary());
    Ok(())
}

/// What the base image has, for a machine that cannot fetch it.
fn make_base(base: &Path) -> Result<()> {
    debian::remove(base)?;
    debian::unpack(&BASE, base)?;
    let etc = base.join("etc");
    fs::write(
        etc.join("passwd"),
        "root:x:0:0:root:/root:/sbin/nologin\nnonroot:x:65532:65532:nonroot:/home/nonroot:/sbin/nologin\n",
    )?;
    Ok(fs::write(etc.join("group"), "root:x:0:\nnonroot:x:65532:\n")?)
}
