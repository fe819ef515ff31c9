//! The system around the window: displays, the session bus, languages, variables, the terminal, the
//! log and the web view; and messages without a window.

#[cfg(all(unix, not(target_os = "macos")))]
pub(crate) mod display;
mod environment;
#[cfg(all(unix, not(target_os = "macos")))]
pub(crate) mod instance;
#[cfg(all(unix, any(target_os = "macos", test)))]
pub(crate) mod instance_socket;
mod language;
pub(crate) mod locale;
pub mod log;
pub(crate) mod message;
pub mod output;
pub(crate) mod report;
pub(crate) mod start_error;
#[cfg(all(unix, not(target_os = "macos")))]
pub(crate) mod web_view;
