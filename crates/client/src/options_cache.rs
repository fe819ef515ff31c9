//! The ways to sign in, remembered for five minutes, and for as long as the server is unreachable.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::api::SignInOptions;

/// How long the server's answer is used without asking again.
const FRESH: Duration = Duration::from_secs(300);

/// The last answer, and when it was received by the steady clock.
#[derive(Default)]
pub(crate) struct OptionsCache(Mutex<Option<(Duration, SignInOptions)>>);

impl OptionsCache {
    /// The last answer, if it is fresh.
    pub(crate) fn fresh(&self, steady: Duration) -> Option<SignInOptions> {
        let last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (received, options) = last.as_ref()?;
        (steady.saturating_sub(*received) < FRESH).then(|| options.clone())
    }

    /// The last answer, however old.
    pub(crate) fn any(&self) -> Option<SignInOptions> {
        let last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        last.as_ref().map(|(_, options)| options.clone())
    }

    /// Forgets the answer: something else of the server contradicts it.
    pub(crate) fn forget(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// Remembers an answer that was received at `steady`.
    pub(crate) fn put(&self, steady: Duration, options: SignInOptions) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some((steady, options));
    }
}
