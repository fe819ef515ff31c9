//! Sends every change of the session to the pages: one channel per web view.
//!
//! Nothing reports that a page is closed: the channel of a page that was reloaded still accepts
//! messages. So a newer channel of the same web view replaces it, and a page that loads or a window
//! that closes drops it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tauri::ipc::Channel;
use tokio::sync::Notify;

use crate::dto::SessionView;

/// Returns the session as it is at that moment.
type Current = Arc<dyn Fn() -> SessionView + Send + Sync>;

struct Watcher {
    window: String,
    channel: Channel<SessionView>,
}

#[derive(Default)]
struct Inner {
    /// `None` until the session is open.
    current: Option<Current>,
    /// By the label of the web view.
    watchers: HashMap<String, Watcher>,
}

/// The channels of all pages.
#[derive(Default)]
pub(crate) struct Watchers {
    inner: Mutex<Inner>,
    /// Has a permit once a page has watched.
    watched: Notify,
}

impl Watchers {
    /// Adds the channel of a web view and replaces an earlier one. The first message is the
    /// session as it is now, or as soon as it is open.
    pub(crate) fn add(&self, window: String, webview: String, channel: Channel<SessionView>) {
        let mut inner = self.lock();
        // Sent under the lock, so that no change overtakes it.
        if let Some(current) = &inner.current {
            send(&channel, &current());
        }
        let replaced = inner.watchers.insert(webview, Watcher { window, channel });
        drop(inner);
        self.watched.notify_one();
        // A channel that is dropped runs a script in its page; not under the lock.
        drop(replaced);
    }

    /// Waits for the first page that watches. For one caller.
    pub(crate) async fn watched(&self) {
        self.watched.notified().await;
    }

    /// The session is open: sends it to the pages that wait for it.
    pub(crate) fn open(&self, current: Current) {
        let mut inner = self.lock();
        let view = current();
        inner.current = Some(current);
        inner.watchers.values().for_each(|watcher| send(&watcher.channel, &view));
    }

    /// Sends a changed session to all pages.
    pub(crate) fn send(&self, view: &SessionView) {
        self.lock().watchers.values().for_each(|watcher| send(&watcher.channel, view));
    }

    /// The page of a web view was closed or reloaded.
    pub(crate) fn remove(&self, webview: &str) {
        let removed = self.lock().watchers.remove(webview);
        drop(removed);
    }

    /// A window was closed, with all of its web views.
    pub(crate) fn remove_window(&self, window: &str) {
        let removed: Vec<_> =
            self.lock().watchers.extract_if(|_, watcher| watcher.window == window).collect();
        drop(removed);
    }

    #[cfg(test)]
    pub(crate) fn count(&self) -> usize {
        self.lock().watchers.len()
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn send(channel: &Channel<SessionView>, view: &SessionView) {
    // Fails only while the web view is being destroyed.
    if let Err(error) = channel.send(view.clone()) {
        tracing::debug!(%error, "the session could not be sent to a page");
    }
}
