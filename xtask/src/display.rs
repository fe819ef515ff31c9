//! Whether a window can be shown here, and what to do if not.

use std::ffi::OsStr;

use anyhow::{Result, bail};

/// A screen in memory that is large enough for the window.
pub(crate) const SCREEN: &str = "-screen 0 1280x900x24";

/// Says, before anything is built, how to get a display if there is none.
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
    fn either_kind_of_display_will_do() {
        let name = |text: &'static str| Some(OsStr::new(text));
        assert!(is_there(name(":0"), None));
        assert!(is_there(None, name("wayland-0")));
        assert!(!is_there(None, None));
        assert!(!is_there(name(""), name("")));
    }
}
