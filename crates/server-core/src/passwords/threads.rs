//! The threads that hash: as many as may hash at a time, and no more. The C library keeps the memory of a hash for each thread
//! that ever made one; on the runtime's own blocking threads, which come by the hundred, a flood of sign-ins left a gigabyte
//! behind.

use std::io;
use std::time::Duration;

use tokio::runtime::{Builder, Handle, Runtime};
use tokio::task::JoinHandle;

/// So long is for ever: a thread that came in the place of one that had ended would have its memory mapped anew.
const KEPT: Duration = Duration::from_secs(10 * 365 * 86_400);

/// Leaves hashing a quarter of the time on a core for which the rest of the server competes.
#[cfg(target_os = "linux")]
const LESS_URGENT: i32 = 5;

/// Threads that come when they are needed, and end with this value.
pub(super) struct Threads {
    handle: Handle,
    runtime: Option<Runtime>,
}

impl Threads {
    pub(super) fn start(count: usize) -> io::Result<Self> {
        let mut builder = Builder::new_current_thread();
        builder.max_blocking_threads(count.max(1)).thread_keep_alive(KEPT).thread_name("hash");
        let runtime = builder.on_thread_start(give_way).build()?;
        Ok(Self { handle: runtime.handle().clone(), runtime: Some(runtime) })
    }

    /// Runs `job` on the next free thread.
    pub(super) fn spawn<T: Send + 'static>(&self, job: impl FnOnce() -> T + Send + 'static) -> JoinHandle<T> {
        self.handle.spawn_blocking(job)
    }
}

/// A request that needs no hash takes a tenth of a millisecond and should not wait for one that takes twenty. On Linux a
/// thread has a priority of its own; elsewhere hashing is as urgent as the rest.
fn give_way() {
    #[cfg(target_os = "linux")]
    if let Err(error) = rustix::process::nice(LESS_URGENT) {
        tracing::debug!(%error, "hashing is as urgent as the rest");
    }
}

impl Drop for Threads {
    fn drop(&mut self) {
        // The last owner may be where waiting for them is not allowed.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn they_give_way_and_nobody_else_does() {
        let urgency = || rustix::process::nice(0).unwrap();
        let before = urgency();
        let threads = Threads::start(1).unwrap();
        assert_eq!(threads.spawn(urgency).await.unwrap(), (before + LESS_URGENT).min(19));
        assert_eq!(urgency(), before);
    }

    #[tokio::test]
    async fn however_many_jobs_there_are_the_threads_are_as_many_as_was_said() {
        let threads = Threads::start(2).unwrap();
        let jobs: Vec<_> = (0..100).map(|_| threads.spawn(|| std::thread::current().id())).collect();
        let mut seen = HashSet::new();
        for job in jobs {
            seen.insert(job.await.unwrap());
        }
        assert!((1..=2).contains(&seen.len()), "{seen:?}");
    }
}
