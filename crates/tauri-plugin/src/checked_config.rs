//! A configuration without a fault, for an app that also opens the session without a window.

use std::path::Path;

use latchkey_client::settings::Settings;
use tauri::Runtime;
use tauri::plugin::TauriPlugin;

use crate::config::Config;
use crate::dto::SessionView;
use crate::opening::Opening;
use crate::plugin;

/// A configuration without a fault: [`Builder::check`](crate::Builder::check).
pub struct CheckedConfig(pub(crate) Opening);

impl CheckedConfig {
    /// Makes the plugin.
    #[must_use]
    pub fn build<R: Runtime>(self) -> TauriPlugin<R, Option<Config>> {
        plugin::make(|_, _| Ok(self.0))
    }

    /// Opens the stored session and returns it as a window would get it, without a window and
    /// without the network. `identifier` is the app's, `folder` is the path that Tauri calls
    /// `app_local_data_dir`.
    #[must_use]
    pub fn read_session(self, identifier: &str, folder: &Path) -> SessionView {
        self.0.open(identifier, folder).client.snapshot().into()
    }

    /// The settings that follow from the configuration.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.0.settings
    }
}
