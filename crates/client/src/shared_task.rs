//! A task that several callers wait for. It continues when they are dropped; a caller that comes
//! after its end starts a new one.

use std::sync::{Mutex, PoisonError};

use tokio::sync::watch;

/// At most one task for each key at a time.
pub(crate) struct SharedTask<K, T> {
    running: Mutex<Option<(K, watch::Receiver<Option<T>>)>>,
}

impl<K, T> Default for SharedTask<K, T> {
    fn default() -> Self {
        Self { running: Mutex::default() }
    }
}

impl<K: PartialEq, T: Clone + Send + Sync + 'static> SharedTask<K, T> {
    /// Joins the task that runs for `key`, or starts `work`. `None` if the task panicked.
    pub(crate) async fn join_or_start<F>(&self, key: K, work: impl FnOnce() -> F) -> Option<T>
    where
        F: Future<Output = T> + Send + 'static,
    {
        let mut outcome = self.receiver(key, work);
        let outcome = outcome.wait_for(Option::is_some).await.ok()?;
        outcome.clone()
    }

    fn receiver<F>(&self, key: K, work: impl FnOnce() -> F) -> watch::Receiver<Option<T>>
    where
        F: Future<Output = T> + Send + 'static,
    {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((of, outcome)) = &*running
            && *of == key
            && outcome.borrow().is_none()
            && outcome.has_changed().is_ok()
        {
            return outcome.clone();
        }
        let (sender, outcome) = watch::channel(None);
        *running = Some((key, outcome.clone()));
        let work = work();
        tokio::spawn(async move {
            sender.send_replace(Some(work.await));
        });
        outcome
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    #[tokio::test]
    async fn callers_share_one_run_and_a_later_one_starts_again() {
        let (task, runs) = (SharedTask::<u32, u32>::default(), Arc::new(AtomicU32::new(0)));
        let run = |key| {
            let runs = Arc::clone(&runs);
            task.join_or_start(key, move || async move {
                tokio::task::yield_now().await;
                runs.fetch_add(1, Ordering::SeqCst) + 1
            })
        };
        assert_eq!(tokio::join!(run(1), run(1), run(1)), (Some(1), Some(1), Some(1)));
        assert_eq!(run(1).await, Some(2));
        let (one, other) = tokio::join!(run(1), run(2));
        assert_ne!(one, other, "another key is another task");
    }

    #[tokio::test]
    async fn a_task_that_panics_ends_and_a_later_caller_starts_again() {
        let task = SharedTask::<u32, u32>::default();
        assert_eq!(task.join_or_start(1, || async { panic!("as a test wants it") }).await, None);
        assert_eq!(task.join_or_start(1, || async { 7 }).await, Some(7));
    }

    #[tokio::test]
    async fn the_task_runs_on_when_its_caller_goes_away() {
        let task = SharedTask::<u32, u32>::default();
        let (finish, finished) = tokio::sync::oneshot::channel::<()>();
        let slow = task.join_or_start(1, || async { finished.await.map_or(0, |()| 7) });
        let pause = std::time::Duration::from_millis(10);
        assert!(tokio::time::timeout(pause, slow).await.is_err());
        let joined = task.join_or_start(1, || async { 8 });
        finish.send(()).unwrap();
        assert_eq!(joined.await, Some(7));
    }
}
