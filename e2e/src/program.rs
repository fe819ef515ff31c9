//! Where the programs, keys and pictures are.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::identity::AppIdentity;

/// The variable that names another app to drive: an installed one.
const APP_VARIABLE: &str = "LATCHKEY_E2E_APP";

/// The variable that names the folder of the key pair whose public key that app contains.
const KEYS_VARIABLE: &str = "LATCHKEY_E2E_KEYS";

/// The repository's root.
pub(crate) fn root() -> &'static Path {
    let e2e = Path::new(env!("CARGO_MANIFEST_DIR"));
    e2e.parent().unwrap_or(e2e)
}

/// The folder that cargo builds this profile's programs into. Tests and examples are one folder
/// below it.
fn built() -> Result<PathBuf> {
    let own = std::env::current_exe()?;
    let folder = own.parent().context("this program is in no build folder")?;
    let is_below = folder.ends_with("deps") || folder.ends_with("examples");
    Ok(folder.parent().filter(|_| is_below).unwrap_or(folder).to_owned())
}

/// The app.
pub(crate) fn app() -> Result<PathBuf> {
    match std::env::var_os(APP_VARIABLE).map(PathBuf::from) {
        Some(app) if app.is_file() => Ok(app),
        Some(app) => bail!("{APP_VARIABLE} is {}, which is not a file", app.display()),
        None => find(AppIdentity::LATCHKEY.program),
    }
}

/// The program of that name in this build.
pub(crate) fn find(name: &str) -> Result<PathBuf> {
    let path = built()?.join(name);
    if !path.is_file() {
        bail!("{} is not built: run `cargo xtask test`", path.display());
    }
    Ok(path)
}

/// The folder of the key pair whose public key the app contains.
pub(crate) fn keys() -> Result<PathBuf> {
    let folder = std::env::var_os(KEYS_VARIABLE).map_or_else(|| root().join("config"), PathBuf::from);
    if !folder.join("auth-private.key").is_file() {
        bail!("there is no key pair in {}: run `cargo xtask test`", folder.display());
    }
    Ok(folder)
}

/// The folder for pictures of windows and for the output of their programs.
pub(crate) fn pictures() -> Result<PathBuf> {
    let folder = built()?.parent().context("the build folder is a root")?.join("e2e");
    std::fs::create_dir_all(&folder)?;
    Ok(folder)
}

/// The folder for the shaders of the software renderer: each new user's first window would compile
/// them again.
pub(crate) fn shaders() -> Result<PathBuf> {
    let folder = built()?.parent().context("the build folder is a root")?.join("shaders");
    std::fs::create_dir_all(&folder)?;
    Ok(folder)
}

/// The packages for Node that tests run beside the server.
pub(crate) fn node_packages() -> Result<PathBuf> {
    let packages = built()?.parent().context("the build folder is a root")?.join("node/node_modules");
    if !packages.join("oidc-provider").is_dir() {
        bail!("there is no oidc-provider in {}: run `cargo xtask test`", packages.display());
    }
    Ok(packages)
}
