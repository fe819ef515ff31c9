//! A configuration that was found good: opens the session, with a window or without.

use std::path::Path;
use std::sync::Arc;

use latchkey_client::AuthClient;
use latchkey_client::api::HttpApi;
use latchkey_client::clock::SystemClock;
use latchkey_client::device::{Device as _, DeviceId, Machine};
use latchkey_client::offline_cache::OfflineCache;
use latchkey_client::settings::Settings;
use latchkey_client::storage::DeviceFiles;
use tauri::Runtime;
use tauri::plugin::TauriPlugin;

use crate::config::Config;
use crate::dto::SessionView;
use crate::plugin::{self, Source};

/// A configuration that [`Builder::check`](crate::Builder::check) has found good.
pub struct CheckedConfig {
    pub(crate) settings: Settings,
    pub(crate) api: HttpApi,
}

/// The session of this device, with the real clock, disk, keychain and network.
#[derive(Clone)]
pub(crate) struct Opened {
    pub(crate) client: Arc<AuthClient<HttpApi>>,
    pub(crate) cache: Arc<OfflineCache>,
}

impl CheckedConfig {
    /// Makes the plugin.
    #[must_use]
    pub fn build<R: Runtime>(self) -> TauriPlugin<R, Option<Config>> {
        plugin::make(Source::Checked(Box::new(self)))
    }

    /// Opens the stored session and returns it as a window would see it, without a window and
    /// without the network. `identifier` is that of the app, `folder` what Tauri calls
    /// `app_local_data_dir`.
    #[must_use]
    pub fn read_session(self, identifier: &str, folder: &Path) -> SessionView {
        self.open(identifier, folder).client.snapshot().into()
    }

    /// The settings that follow from it.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Reads the disk and the keychain, which may take two seconds.
    pub(crate) fn open(self, identifier: &str, folder: &Path) -> Opened {
        let machine = Machine::new(folder, identifier);
        let files = DeviceFiles::new(folder, machine.id().ok().as_ref().map(DeviceId::as_str));
        let cache = Arc::new(files.offline_cache());
        let (files, machine, clock) = (Arc::new(files), Arc::new(machine), Arc::new(SystemClock::default()));
        let client = Arc::new(AuthClient::open(self.settings, self.api, files, machine, clock));
        Opened { client, cache }
    }
}
