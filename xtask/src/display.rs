//! Checks whether a window can be shown, and prints what to do if not.

use std::ffi::OsStr;

use anyhow::{Result, bail};

/// The advised screen in memory.
const SCREEN: &str = "-screen 0 1280x900x24";

/// Fails if there is no display, and prints how to get one. Called before anything is built.
pub(crate) fn ensure() -> Result<()> {
    let x11 = std::env::var_os("DISPLAY");
    let wayland = std::env::var_os("WAYLAND_DISPLAY");
    if cfg!(target_os = "linux") && !is_there(x11.as_deref(), wayland.as_deref()) {
        bail!(
            "there is no display to open a window on (neither DISPLAY nor WAYLAND_DISPLAY is set).\n\
             Start it from a desktop session, over `ssh -X`, or on a screen in memory:\n\n    \
             sudo apt-get install --no-install-recommends xvfb xauth\n    \
             xvfb-run -a -s \"{SCREEN}\" cargo xtask run"
        );
    }
    Ok(())
}

fn is_there(x11: Option<&OsStr>, wayland: Option<&OsStr>) -> bool {
    [x11, wayland].into_iter().flatten().any(|name| !name.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_display_of_either_kind_is_enough() {
        let name = |text: &'static str| Some(OsStr::new(text));
        assert!(is_there(name(":0"), None));
        assert!(is_there(None, name("wayland-0")));
        assert!(!is_there(None, None));
        assert!(!is_there(name(""), name("")));
    }
}
