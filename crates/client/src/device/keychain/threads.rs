//! Runs calls that may never return on separate threads. Owns their number; refuses to start more
//! when too many hang.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::time::Instant;

use crate::device::port::Interaction;
use crate::secret_error::SecretError;

/// Maximum number of concurrent calls: without a prompt, and with one. The keychain is read every
/// few seconds in the background; a keychain that hangs must not cost a thread each time.
const MAX_SILENT: usize = 2;
const MAX_PROMPTING: usize = 8;

/// The calls in progress.
#[derive(Debug, Default)]
pub(super) struct Threads(Arc<AtomicUsize>);

/// One call in progress, until it is dropped.
struct Call(Arc<AtomicUsize>);

impl Threads {
    /// Runs `work` until `deadline` at the latest. A thread that has not returned by then is
    /// abandoned, with what `work` owns.
    pub(super) fn run<T: Send + 'static>(
        &self,
        interaction: Interaction,
        deadline: Instant,
        work: impl FnOnce() -> Result<T, SecretError> + Send + 'static,
    ) -> Result<T, SecretError> {
        let max = if interaction == Interaction::Silent { MAX_SILENT } else { MAX_PROMPTING };
        let call = Call::begin(&self.0, max).ok_or(SecretError::NoAnswer)?;
        let (sender, receiver) = mpsc::channel();
        let spawned = std::thread::Builder::new().name("keychain".into()).spawn(move || {
            let outcome = work();
            drop(call);
            let _ = sender.send(outcome);
        });
        if spawned.is_err() {
            return Err(SecretError::Failed);
        }
        match receiver.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
            Ok(outcome) => outcome,
            Err(mpsc::RecvTimeoutError::Timeout) => Err(SecretError::NoAnswer),
            Err(mpsc::RecvTimeoutError::Disconnected) => Err(SecretError::Failed),
        }
    }
}

impl Call {
    fn begin(calls: &Arc<AtomicUsize>, max: usize) -> Option<Self> {
        let add = |calls| (calls < max).then_some(calls + 1);
        calls.fetch_update(Ordering::SeqCst, Ordering::SeqCst, add).ok()?;
        Some(Self(Arc::clone(calls)))
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::device::ProcessLock;

    #[test]
    fn a_prompt_is_shown_while_the_maximum_of_silent_calls_hangs() {
        let threads = Threads::default();
        let (hold, held) = mpsc::channel::<()>();
        let held = Arc::new(std::sync::Mutex::new(held));
        let hang = |interaction| {
            let held = Arc::clone(&held);
            threads.run(interaction, Instant::now() + Duration::from_millis(20), move || {
                let _ = held.lock().map(|held| held.recv());
                Ok(())
            })
        };
        for _ in 0..20 {
            assert_eq!(hang(Interaction::Silent), Err(SecretError::NoAnswer));
        }
        assert_eq!(threads.0.load(Ordering::SeqCst), MAX_SILENT);
        let soon = || Instant::now() + Duration::from_secs(60);
        assert_eq!(threads.run(Interaction::Silent, soon(), || Ok(7)), Err(SecretError::NoAnswer));
        assert_eq!(threads.run(Interaction::Prompt, soon(), || Ok(7)), Ok(7));

        drop(hold);
        while threads.0.load(Ordering::SeqCst) > 0 {
            std::thread::yield_now();
        }
        assert_eq!(threads.run(Interaction::Silent, soon(), || Ok(7)), Ok(7), "free again");
    }

    #[test]
    fn a_call_that_is_abandoned_holds_its_lock_until_it_ends() {
        let folder = tempfile::tempdir().unwrap();
        let lock = ProcessLock::wait(folder.path());
        let (end, ended) = mpsc::channel::<()>();
        let owned = lock.clone();
        let deadline = Instant::now() + Duration::from_millis(20);
        let outcome = Threads::default().run(Interaction::Silent, deadline, move || {
            let _lock = owned;
            let _ = ended.recv();
            Ok(())
        });
        assert_eq!(outcome, Err(SecretError::NoAnswer));
        drop(lock);
        let other = std::fs::File::open(folder.path().join("device.lock")).unwrap();
        assert!(other.try_lock().is_err(), "another process can change the secret");
        drop(end);
        other.lock().unwrap();
    }
}
