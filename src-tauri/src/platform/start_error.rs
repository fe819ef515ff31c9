//! Why the app does not start.

#[cfg(all(unix, not(target_os = "macos")))]
use super::{display::DisplayError, instance::InstanceError};
use crate::settings::SettingsError;

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
    /// The window cannot be opened.
    #[error("the window cannot be opened: {0}")]
    Window(#[from] tauri::Error),
}
