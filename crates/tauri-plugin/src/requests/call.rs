//! One call of a command: a keyed hash of its arguments, and its only run.

use aws_lc_rs::hmac;
use tokio::sync::watch;

use super::table::{Begun, Fingerprint};
use super::{RequestId, Requests};
use crate::error::Error;

/// The session that an outcome belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Owner {
    /// The one before the call, in whose name it was made.
    SessionBefore,
    /// The one after it: the outcome shows that session.
    SessionAfter,
}

/// A call whose arguments are being added.
pub(crate) struct Call<'a> {
    requests: &'a Requests,
    /// `None`: a call that the page does not repeat.
    id: Option<RequestId>,
    hash: hmac::Context,
}

impl<'a> Call<'a> {
    pub(super) fn new(requests: &'a Requests, command: &str, id: Option<RequestId>) -> Self {
        Self { requests, id, hash: hmac::Context::with_key(&requests.key) }.with(command)
    }

    /// Adds an argument that may be missing.
    pub(crate) fn with_option(self, argument: Option<impl AsRef<[u8]>>) -> Self {
        match argument {
            Some(argument) => self.with([1]).with(argument),
            None => self.with([0]),
        }
    }

    /// Adds an argument.
    pub(crate) fn with(mut self, argument: impl AsRef<[u8]>) -> Self {
        let argument = argument.as_ref();
        // The length first, so that no two lists of arguments are one text.
        self.hash.update(&u64::try_from(argument.len()).unwrap_or(u64::MAX).to_be_bytes());
        self.hash.update(argument);
        self
    }

    pub(super) fn fingerprint(self) -> Fingerprint {
        self.hash.sign().into()
    }

    /// Runs `work`, or waits for its run if this call is a repeat. `current` returns the id of the
    /// session.
    ///
    /// # Errors
    /// The error of `work`; [`Error::RequestIdReused`] if the id belongs to another call, or to one
    /// whose session is over; [`Error::TooManyRequests`] if too many calls are in progress.
    pub(crate) async fn once<T: Clone + Send + Sync + 'static>(
        self,
        owner: Owner,
        current: impl Fn() -> Option<String>,
        work: impl Future<Output = Result<T, Error>>,
    ) -> Result<T, Error> {
        let Some(id) = self.id else { return work.await };
        let requests = self.requests;
        match requests.begin(id, self.fingerprint())? {
            Begun::First(end) => {
                let run = Run { requests, id, _end: end };
                let before = current();
                let outcome = work.await;
                let after = current();
                let owner = if owner == Owner::SessionBefore { before } else { after.clone() };
                let mut table = run.requests.table();
                table.end(id, owner, outcome.clone());
                table.drop_outcomes_of_others(after.as_deref());
                drop(table);
                outcome
            }
            Begun::Repeat(ended) => {
                tracing::debug!("a repeated call joins the first");
                let outcome = requests.joined(id, ended, current).await?;
                let outcome = outcome.downcast_ref::<Result<T, Error>>();
                outcome.cloned().unwrap_or(Err(Error::RequestIdReused))
            }
        }
    }

    /// Like [`Self::once`], for an outcome with secrets: it is stored nowhere, so a repeat is
    /// refused. What it asks for can be asked for again with another id.
    ///
    /// # Errors
    /// As [`Self::once`].
    pub(crate) async fn once_unstored<T>(
        self,
        work: impl Future<Output = Result<T, Error>>,
    ) -> Result<T, Error> {
        let Some(id) = self.id else { return work.await };
        let requests = self.requests;
        match requests.begin(id, self.fingerprint())? {
            Begun::First(end) => {
                let _run = Run { requests, id, _end: end };
                work.await
            }
            Begun::Repeat(_) => Err(Error::RequestIdReused),
        }
    }
}

/// A run in progress. When it is dropped, with or without an outcome, the repeats that wait for it
/// continue.
struct Run<'a> {
    requests: &'a Requests,
    id: RequestId,
    _end: watch::Sender<()>,
}

impl Drop for Run<'_> {
    fn drop(&mut self) {
        self.requests.table().stop(self.id);
    }
}
