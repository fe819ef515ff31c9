//! The kinds of installers, and who makes them: Tauri's command line, or for Windows on Linux this
//! tool with `makensis`. Tauri's would download a part of the installer.

/// The default kinds on Linux. An AppImage is not among them: making one downloads its run time.
const ON_LINUX: &str = "deb,rpm";

/// The kind that this tool makes itself on Linux.
const NSIS: &str = "nsis";

/// The kinds to make.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Kinds {
    /// Those of this system, for Tauri's command line: a list, empty for all that it can make here.
    /// `None`: there are none to make.
    pub(super) native: Option<String>,
    /// Whether to make the installer for Windows on Linux.
    pub(super) windows: bool,
}

impl Kinds {
    /// The kinds in a list that is separated by commas, or the system's own.
    pub(super) fn of(requested: Option<&str>, is_linux: bool) -> Self {
        if !is_linux {
            return Self { native: Some(requested.unwrap_or_default().to_owned()), windows: false };
        }
        let all = requested.unwrap_or(ON_LINUX).split(',').map(str::trim);
        let (windows, native): (Vec<_>, Vec<_>) = all.partition(|kind| *kind == NSIS);
        let native = native.join(",");
        Self { native: (!native.is_empty()).then_some(native), windows: !windows.is_empty() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(native: Option<&str>, windows: bool) -> Kinds {
        Kinds { native: native.map(str::to_owned), windows }
    }

    #[test]
    fn only_linux_makes_the_installer_for_windows_itself() {
        assert_eq!(Kinds::of(None, true), kinds(Some("deb,rpm"), false));
        assert_eq!(Kinds::of(Some("nsis"), true), kinds(None, true));
        assert_eq!(Kinds::of(Some("deb, nsis,appimage"), true), kinds(Some("deb,appimage"), true));
        assert_eq!(Kinds::of(None, false), kinds(Some(""), false));
        assert_eq!(Kinds::of(Some("nsis,msi"), false), kinds(Some("nsis,msi"), false));
    }
}
