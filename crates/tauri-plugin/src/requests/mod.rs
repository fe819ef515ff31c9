//! Runs each command that changes something at most once. The web view can post one call twice:
//! when a reload aborts the request, Tauri's script sends the same message in another way. The page
//! gives every call an id; a repeat gets the outcome of the first run and runs nothing.
//!
//! Refuses an id that is used for anything else, and returns no outcome to the page of another
//! session. Stores a keyed hash of the arguments, never the arguments.

mod call;
mod table;

use std::any::Any;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use aws_lc_rs::{digest, hmac};
use serde::Deserialize;
use tokio::sync::watch;
use uuid::Uuid;
use zeroize::Zeroizing;

pub(crate) use call::{Call, Owner};

use latchkey_client::clock::Clock;

use crate::error::Error;
use table::{Begun, Fingerprint, Table};

/// The id that the page gives to one call: a new UUID for each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct RequestId(Uuid);

impl TryFrom<String> for RequestId {
    type Error = uuid::Error;

    fn try_from(text: String) -> Result<Self, uuid::Error> {
        Uuid::parse_str(&text).map(Self)
    }
}

/// The calls of the last minute.
pub(crate) struct Requests {
    clock: Arc<dyn Clock>,
    /// Random for each process, so that a hash reveals nothing about a password.
    key: hmac::Key,
    table: Mutex<Table>,
}

impl Requests {
    /// An empty table. `clock` measures how long a call is remembered.
    ///
    /// # Errors
    /// Returns an error if the system has no random numbers.
    pub(crate) fn new(clock: Arc<dyn Clock>) -> Result<Self, getrandom::Error> {
        // From the system itself: the crypto library first collects randomness of its own, for
        // longer than everything else that is done before the window.
        let mut key = Zeroizing::new([0; digest::SHA256_OUTPUT_LEN]);
        getrandom::fill(key.as_mut_slice())?;
        let key = hmac::Key::new(hmac::HMAC_SHA256, key.as_slice());
        Ok(Self { clock, key, table: Mutex::default() })
    }

    /// Describes a call of `command`; its arguments are added to what this returns.
    pub(crate) fn call(&self, command: &'static str, id: impl Into<Option<RequestId>>) -> Call<'_> {
        Call::new(self, command, id.into())
    }

    fn begin(&self, id: RequestId, fingerprint: Fingerprint) -> Result<Begun, Error> {
        self.table().begin(id, fingerprint, self.clock.steady())
    }

    /// Waits for the first run of a repeated call and returns its outcome, if that belongs to the
    /// session `current`.
    async fn joined(
        &self,
        id: RequestId,
        mut ended: watch::Receiver<()>,
        current: impl Fn() -> Option<String>,
    ) -> Result<Arc<dyn Any + Send + Sync>, Error> {
        // Ends when the first run does: its sender is dropped then.
        while ended.changed().await.is_ok() {}
        self.table().outcome(id, current().as_deref()).ok_or(Error::RequestIdReused)
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
