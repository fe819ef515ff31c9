//! What differs from system to system: displays, the session bus, languages, and messages outside
//! the window.

#[cfg(all(unix, not(target_os = "macos")))]
pub(crate) mod display;
#[cfg(all(unix, not(target_os = "macos")))]
pub(crate) mod instance;
mod language;
pub(crate) mod locale;
pub(crate) mod message;
pub(crate) mod report;
