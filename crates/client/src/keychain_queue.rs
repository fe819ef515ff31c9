//! Work on the device's secret, one item after another in the order in which it was added. Each may
//! wait for the user to type a password, so none runs under the write lock.

use std::sync::{Mutex, PoisonError};

use tokio::sync::oneshot;

/// The queue. It must be used within a Tokio runtime.
#[derive(Default)]
pub(crate) struct KeychainQueue {
    /// Resolves when the last piece has ended.
    last: Mutex<Option<oneshot::Receiver<()>>>,
}

impl KeychainQueue {
    /// Adds `work` at the end of the queue, and returns immediately. It runs in a blocking thread,
    /// whether or not the caller waits for the outcome; an error means that it panicked.
    pub(crate) fn add<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> oneshot::Receiver<T> {
        let (ended, this_end) = oneshot::channel();
        let (sender, outcome) = oneshot::channel();
        let before = self.last.lock().unwrap_or_else(PoisonError::into_inner).replace(this_end);
        tokio::spawn(async move {
            if let Some(before) = before {
                let _ = before.await;
            }
            let done = tokio::task::spawn_blocking(work).await;
            drop(ended);
            if let Ok(done) = done {
                let _ = sender.send(done);
            }
        });
        outcome
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[tokio::test]
    async fn work_runs_in_the_order_in_which_it_was_added_and_outlives_its_caller() {
        let queue = KeychainQueue::default();
        let order = Arc::new(Mutex::new(Vec::new()));
        let note = |number: u32, pause| {
            let order = Arc::clone(&order);
            move || {
                std::thread::park_timeout(std::time::Duration::from_millis(pause));
                order.lock().unwrap().push(number);
            }
        };
        drop(queue.add(note(1, 40)));
        drop(queue.add(|| panic!("a piece that fails does not stop the queue")));
        drop(queue.add(note(2, 10)));
        queue.add(note(3, 0)).await.unwrap();
        assert_eq!(*order.lock().unwrap(), [1, 2, 3]);
    }
}
