//! Why the app does not start.

#[cfg(all(unix, not(target_os = "macos")))]
use super::{display::DisplayError, instance::InstanceError};
use crate::settings::SettingsError;

/// Where Microsoft offers the runtime.
pub(crate) const WEBVIEW2_PAGE: &str = "https://developer.microsoft.com/microsoft-edge/webview2/";

/// Why the app did not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The settings are refused.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// The system has no folder for the app's data.
    #[error("there is no place for the app's data (is HOME set?)")]
    NoFolder,
    /// The identifier in `tauri.conf.json` differs from the identifier in `settings.rs`: the app
    /// would write its data to one folder and read it from another.
    #[error("`identifier` in tauri.conf.json is not APP_IDENTIFIER in src-tauri/src/settings.rs")]
    Identifier,
    /// There is no display to open a window on.
    #[cfg(all(unix, not(target_os = "macos")))]
    #[error(transparent)]
    Display(#[from] DisplayError),
    /// A window of the app is open already and cannot be shown to the user, or the session bus does
    /// not report whether one is open.
    #[cfg(all(unix, not(target_os = "macos")))]
    #[error(transparent)]
    Instance(#[from] InstanceError),
    /// The web view is not installed. Only Windows can lack it: elsewhere it is a library of the
    /// program, or part of the system.
    #[error(
        "the Microsoft Edge WebView2 Runtime, which draws the window, is not installed: get it from {WEBVIEW2_PAGE} \
         (`latchkey --status` needs none)"
    )]
    NoWebView,
    /// A window of the app is open already, and does not respond. Reported on macOS.
    #[error("the app is open already, but does not respond: end it, then start the app again")]
    Unresponsive,
    /// The window cannot be opened.
    #[error("the window cannot be opened: {0}")]
    Window(#[from] tauri::Error),
}

#[cfg(windows)]
impl StartError {
    /// The error of a system that has no web view, whose cause goes to the log.
    pub(crate) fn no_web_view(error: impl std::fmt::Display) -> Self {
        tracing::error!(%error, "the web view was not found");
        Self::NoWebView
    }
}
