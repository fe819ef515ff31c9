//! Keys and certificates that change while the server runs. Checks the files once a second, and
//! immediately on request (SIGHUP). A file that cannot be used is logged, and the values in use
//! stay.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;

use crate::connections::Tls;
use latchkey_server_core::keys::{CurrentKeys, Watch};

const LOOK: Duration = Duration::from_secs(1);

/// Makes a server read its keys and certificates again.
#[derive(Clone, Debug, Default)]
pub struct Reload(Arc<Notify>);

impl Reload {
    /// Soon, even if no file seems to have changed.
    pub fn now(&self) {
        self.0.notify_one();
    }
}

/// The watched files.
pub(crate) struct Files {
    keys: Arc<CurrentKeys>,
    tls: Option<Arc<Tls>>,
}

impl Files {
    pub(crate) fn new(keys: Arc<CurrentKeys>, tls: Option<Arc<Tls>>) -> Self {
        Self { keys, tls }
    }

    /// Reloads the files when they change, while the server runs.
    pub(crate) async fn watch(self, reload: &Reload) {
        let mut keys = Watch::new(self.keys.files());
        let mut certificates = Watch::new(self.tls.iter().flat_map(|tls| tls.files()).collect());
        // Finds changes between the first reading and the first check.
        let mut told = true;
        loop {
            if keys.changed() || told {
                match self.keys.reload() {
                    Ok(()) => tracing::info!(signing = self.keys.signing_kid(), "keys read"),
                    Err(error) => tracing::error!(%error, "the keys stay as they are"),
                }
            }
            if let Some(tls) = &self.tls
                && (certificates.changed() || told)
            {
                match tls.reload() {
                    Ok(()) => tracing::info!("certificates read"),
                    Err(error) => tracing::error!(%error, "the certificates stay as they are"),
                }
            }
            told = tokio::time::timeout(LOOK, reload.0.notified()).await.is_ok();
        }
    }
}
