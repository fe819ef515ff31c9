//! Keys and certificates that change while the server runs. Checks the files once a second, and
//! immediately on request (SIGHUP). A file that cannot be used is logged, and the values in use
//! stay.

use std::fmt::Display;
use std::path::PathBuf;
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

/// Files that are read together, and why they could not be read the last time.
struct Watched {
    files: Watch,
    fault: Option<String>,
}

impl Watched {
    fn new(files: Vec<PathBuf>) -> Self {
        Self { files: Watch::new(files), fault: None }
    }

    /// Whether to read the files now. After a fault, reads them at each look: its cause may be the
    /// folder around them, which is not watched.
    fn is_due(&mut self, told: bool) -> bool {
        self.files.changed() || told || self.fault.is_some()
    }

    /// Records the outcome of a read. Returns the error to log: `None` if it was logged before,
    /// unless a signal asked for this read.
    fn outcome<E: Display>(&mut self, told: bool, outcome: Result<(), E>) -> Result<(), Option<String>> {
        let before = self.fault.take();
        let Err(error) = outcome else { return Ok(()) };
        let error = self.fault.insert(error.to_string());
        Err((told || before.as_ref() != Some(error)).then(|| error.clone()))
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
        let mut keys = Watched::new(self.keys.files());
        let mut certificates = Watched::new(self.tls.iter().flat_map(|tls| tls.files()).collect());
        // Finds changes between the first reading and the first check.
        let mut told = true;
        loop {
            if keys.is_due(told) {
                match keys.outcome(told, self.keys.reload()) {
                    Ok(()) => tracing::info!(signing = self.keys.signing_kid(), "keys read"),
                    Err(Some(error)) => tracing::error!(error, "the keys stay as they are"),
                    Err(None) => {}
                }
            }
            if let Some(tls) = &self.tls
                && certificates.is_due(told)
            {
                match certificates.outcome(told, tls.reload()) {
                    Ok(()) => tracing::info!("certificates read"),
                    Err(Some(error)) => tracing::error!(error, "the certificates stay as they are"),
                    Err(None) => {}
                }
            }
            told = tokio::time::timeout(LOOK, reload.0.notified()).await.is_ok();
        }
    }
}
