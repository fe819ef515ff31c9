//! Opens addresses in the system's browser. The client passes only addresses of the configured
//! server.

#[cfg(all(unix, not(target_os = "macos")))]
mod environment;
#[cfg(all(unix, not(target_os = "macos")))]
mod programs;

use std::sync::Arc;

use latchkey_client::browser::{NotOpened, SystemBrowser};

/// The browser that the user has chosen.
struct System;

/// The browser that the user has chosen.
pub(crate) fn system() -> Arc<dyn SystemBrowser> {
    Arc::new(System)
}

impl SystemBrowser for System {
    #[cfg(all(unix, not(target_os = "macos")))]
    fn open(&self, url: &str) -> Result<(), NotOpened> {
        programs::open(url, |name| std::env::var_os(name), std::env::vars_os())
    }

    #[cfg(any(windows, target_os = "macos"))]
    fn open(&self, url: &str) -> Result<(), NotOpened> {
        open::that_detached(url).map_err(|error| {
            tracing::warn!(%error, "the system does not open the browser");
            NotOpened::Failed
        })
    }
}
