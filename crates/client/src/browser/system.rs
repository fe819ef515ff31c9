//! The port to the system's browser, and why it could not be opened.

use std::fmt;

/// Opens addresses in the system's browser.
pub trait SystemBrowser: Send + Sync + 'static {
    /// Opens `url`. Runs on a thread that may block for a few seconds.
    ///
    /// # Errors
    /// See [`NotOpened`].
    fn open(&self, url: &str) -> Result<(), NotOpened>;
}

/// Why the browser could not be opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotOpened {
    /// There is no program that opens addresses.
    NoBrowser,
    /// There is no display, and the user works on this computer over the network (SSH).
    OverSsh,
    /// There is no display.
    NoDisplay,
    /// Linux runs inside Windows (WSL), and nothing opens Windows' browser.
    InsideWindows,
    /// The program that opens addresses reports a failure.
    Failed,
}

impl fmt::Display for NotOpened {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoBrowser => "no program opens addresses",
            Self::OverSsh => "this computer is used over the network, without a display",
            Self::NoDisplay => "there is no display",
            Self::InsideWindows => "nothing opens the browser of Windows",
            Self::Failed => "the program that opens addresses has failed",
        })
    }
}
