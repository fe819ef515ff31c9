//! Sign-in for Tauri apps that keeps working when the server is unreachable.
//!
//! Glue between Tauri and `latchkey-client`: configuration, commands, permissions and the types
//! that a window gets. Decides nothing about sessions, and shows no window.
//!
//! ```no_run
//! tauri::Builder::default()
//!     // .plugin(tauri_plugin_single_instance::init(…)) goes first: see the README.
//!     .plugin(tauri_plugin_latchkey::init());
//! ```

mod account_commands;
mod browser_commands;
mod builder;
mod checked_config;
mod commands;
mod config;
pub mod dto;
mod error;
mod handle;
mod link_commands;
mod opening;
mod passkey_commands;
mod plugin;
mod qr;
mod requests;
mod scope;
mod shown_address;
mod sign_in_commands;
mod system_browser;
mod watch;

use tauri::plugin::TauriPlugin;
use tauri::{Manager, Runtime};

pub use builder::Builder;
pub use checked_config::CheckedConfig;
pub use config::{Config, ConfigError};
pub use error::Error;
pub use handle::Latchkey;
/// Sessions without Tauri: the types that [`Latchkey`] accepts and returns.
pub use latchkey_client as client;

/// The plugin, configured by `plugins > latchkey` in `tauri.conf.json`: see [`Config`].
///
/// An app that knows its server when it is compiled uses [`Builder`] instead.
#[must_use]
pub fn init<R: Runtime>() -> TauriPlugin<R, Option<Config>> {
    Builder::new().build()
}

/// Access to the session from Rust: from an `App`, an `AppHandle` or a window.
pub trait LatchkeyExt<R: Runtime> {
    /// The handle of the plugin.
    ///
    /// # Panics
    /// Panics if the plugin was not added to the app.
    fn latchkey(&self) -> &Latchkey;
}

impl<R: Runtime, T: Manager<R>> LatchkeyExt<R> for T {
    fn latchkey(&self) -> &Latchkey {
        self.state::<Latchkey>().inner()
    }
}
