//! Opens the session of this device, with the real clock, disk, keychain and network.

use std::path::Path;
use std::sync::Arc;

use latchkey_client::AuthClient;
use latchkey_client::api::HttpApi;
use latchkey_client::clock::SystemClock;
use latchkey_client::device::{Device as _, DeviceId, Machine};
use latchkey_client::offline_cache::OfflineCache;
use latchkey_client::settings::Settings;
use latchkey_client::storage::DeviceFiles;

/// The values for opening a session.
pub(crate) struct Opening {
    pub(crate) settings: Settings,
    pub(crate) api: HttpApi,
}

/// The open session, and its cached responses.
#[derive(Clone)]
pub(crate) struct Opened {
    pub(crate) client: Arc<AuthClient<HttpApi>>,
    pub(crate) cache: Arc<OfflineCache>,
}

impl Opening {
    /// Reads the disk, which has no deadline, and the keychain, for two seconds at most.
    pub(crate) fn open(self, identifier: &str, folder: &Path) -> Opened {
        let machine = Machine::new(folder, identifier);
        let files = DeviceFiles::new(folder, machine.id().ok().as_ref().map(DeviceId::as_str));
        let cache = Arc::new(files.offline_cache());
        let (files, machine, clock) = (Arc::new(files), Arc::new(machine), Arc::new(SystemClock::default()));
        let client = Arc::new(AuthClient::open(self.settings, self.api, files, machine, clock));
        Opened { client, cache }
    }
}
