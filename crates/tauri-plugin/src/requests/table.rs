//! The remembered calls: at most [`MAX_ENTRIES`], each for [`REMEMBERED`]. Decides whether a call
//! is new, a repeat, or another one under a known id.

use std::any::Any;
use std::sync::Arc;
use std::time::Duration;

use aws_lc_rs::hmac;
use tokio::sync::watch;

use super::RequestId;
use crate::error::Error;

/// How long a call is remembered after it began. One that is still in progress stays.
pub(super) const REMEMBERED: Duration = Duration::from_secs(60);

/// Maximum number of remembered calls.
pub(super) const MAX_ENTRIES: usize = 256;

/// The keyed hash of a command and its arguments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fingerprint(Vec<u8>);

impl From<hmac::Tag> for Fingerprint {
    fn from(tag: hmac::Tag) -> Self {
        Self(tag.as_ref().to_vec())
    }
}

/// The kind of a call.
pub(super) enum Begun {
    /// The first call with its id. Dropping the sender reports its end.
    First(watch::Sender<()>),
    /// One more with the same id and arguments; the receiver ends with the first.
    Repeat(watch::Receiver<()>),
}

struct Entry {
    id: RequestId,
    fingerprint: Fingerprint,
    began: Duration,
    under_way: bool,
    ended: watch::Receiver<()>,
    /// `None` while it is in progress, and after its session has ended: then the id stays known and
    /// is refused.
    outcome: Option<Outcome>,
}

struct Outcome {
    /// The id of the session that it belongs to; `None`: there was no session.
    owner: Option<String>,
    value: Arc<dyn Any + Send + Sync>,
}

/// The remembered calls, the oldest first.
#[derive(Default)]
pub(super) struct Table(Vec<Entry>);

impl Table {
    /// Adds a call, or finds the call that it repeats.
    pub(super) fn begin(
        &mut self,
        id: RequestId,
        fingerprint: Fingerprint,
        now: Duration,
    ) -> Result<Begun, Error> {
        self.0.retain(|entry| entry.under_way || now.saturating_sub(entry.began) < REMEMBERED);
        if let Some(known) = self.0.iter().find(|entry| entry.id == id) {
            return if known.fingerprint == fingerprint {
                Ok(Begun::Repeat(known.ended.clone()))
            } else {
                Err(Error::RequestIdReused)
            };
        }
        if self.0.len() >= MAX_ENTRIES {
            // A repeat follows its call closely, so the oldest that has ended is the least likely
            // to be repeated.
            let oldest = self.0.iter().position(|entry| !entry.under_way);
            self.0.remove(oldest.ok_or(Error::TooManyRequests)?);
        }
        let (sender, ended) = watch::channel(());
        self.0.push(Entry { id, fingerprint, began: now, under_way: true, ended, outcome: None });
        Ok(Begun::First(sender))
    }

    /// Stores the outcome of a call.
    pub(super) fn end<T: Send + Sync + 'static>(&mut self, id: RequestId, owner: Option<String>, value: T) {
        if let Some(entry) = self.entry(id) {
            entry.outcome = Some(Outcome { owner, value: Arc::new(value) });
        }
    }

    /// Records that a call is no longer in progress.
    pub(super) fn stop(&mut self, id: RequestId) {
        if let Some(entry) = self.entry(id) {
            entry.under_way = false;
        }
    }

    /// Deletes the outcomes that belong to other sessions than `current`.
    pub(super) fn drop_outcomes_of_others(&mut self, current: Option<&str>) {
        for entry in &mut self.0 {
            entry.outcome.take_if(|outcome| outcome.owner.as_deref() != current);
        }
    }

    /// The outcome of a call, if it belongs to the session `current`.
    pub(super) fn outcome(
        &mut self,
        id: RequestId,
        current: Option<&str>,
    ) -> Option<Arc<dyn Any + Send + Sync>> {
        self.drop_outcomes_of_others(current);
        self.entry(id)?.outcome.as_ref().map(|outcome| Arc::clone(&outcome.value))
    }

    fn entry(&mut self, id: RequestId) -> Option<&mut Entry> {
        self.0.iter_mut().find(|entry| entry.id == id)
    }
}
