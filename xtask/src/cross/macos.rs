//! `cargo xtask macos`: type-checks everything for macOS on Debian. Refuses to link: Apple's
//! libraries are not here, and C code is not compiled.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use super::debian_rust::DebianRust;
use super::inputs;
use crate::args::MacosOptions;
use crate::steps::Steps;
use crate::system::{self, Purpose};
use crate::{cargo, command, place};

const TRIPLE: &str = "aarch64-apple-darwin";

/// Programs that build scripts for macOS call. The first two have names of their own: build scripts
/// themselves are linked by this machine's `cc`.
const STAND_INS: [(&str, &str); 3] = [
    ("apple-cc", include_str!("stand_ins/cc.sh")),
    ("apple-ar", include_str!("stand_ins/ar.sh")),
    ("xcrun", include_str!("stand_ins/xcrun.sh")),
];

pub(crate) fn macos(options: &MacosOptions) -> Result<()> {
    if !cfg!(target_os = "linux") {
        bail!("this check is for Debian; on a Mac, `cargo xtask test` does it");
    }
    let mut steps = Steps::start();
    steps.step("System packages", "", || system::ensure(Purpose::Run, options.consent.yes))?;
    let rust =
        steps.step("Rust for macOS", "150 MB the first time", || DebianRust::ensure(options.consent.yes))?;
    inputs::ensure(&mut steps)?;
    let folder = place::scratch("macos")?;
    let tools = write_stand_ins(&folder)?;
    steps.step("Types and lints for macOS", "20 min the first time", || check(&rust, &folder, &tools))?;
    println!("\nAll passed.\n\n{}", steps.summary());
    Ok(())
}

/// Checks the product and this tool, each with its tests.
fn check(rust: &DebianRust, folder: &Path, tools: &Path) -> Result<()> {
    for packages in [&[][..], &["--package", cargo::XTASK]] {
        let mut check = rust.cargo("check", TRIPLE, folder);
        check.arg("--all-targets").args(packages);
        for (variable, program) in [("CC", "apple-cc"), ("CXX", "apple-cc"), ("AR", "apple-ar")] {
            check.env(format!("{variable}_aarch64_apple_darwin"), tools.join(program));
        }
        check.env("RANLIB_aarch64_apple_darwin", "true").env("SDKROOT", folder.join("sdk"));
        let path = std::env::var_os("PATH").unwrap_or_default();
        let path = std::iter::once(tools.to_owned()).chain(std::env::split_paths(&path));
        command::run(check.env("PATH", std::env::join_paths(path)?))?;
    }
    Ok(())
}

/// Writes the stand-ins into a folder of their own, and returns it.
fn write_stand_ins(folder: &Path) -> Result<PathBuf> {
    let tools = folder.join("tools");
    for folder in [&tools, &folder.join("sdk")] {
        std::fs::create_dir_all(folder).with_context(|| format!("cannot create {}", folder.display()))?;
    }
    for (name, script) in STAND_INS {
        let path = tools.join(name);
        std::fs::write(&path, script).with_context(|| format!("cannot write {}", path.display()))?;
        #[cfg(unix)]
        std::fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o755))?;
    }
    Ok(tools)
}
