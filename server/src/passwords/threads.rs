//! The threads that hash: as many as may hash at a time, and no more. The C library keeps the memory of a hash for each thread
//! that ever made one; on the runtime's own blocking threads, which come by the hundred, a flood of sign-ins left a gigabyte
//! behind.

use std::io;
use std::time::Duration;

use tokio::runtime::{Builder, Handle, Runtime};
use tokio::task::JoinHandle;

/// So long is for ever: a thread that came in the place of one that had ended would have its memory mapped anew.
const KEPT: Duration = Duration::from_secs(10 * 365 * 86_400);

/// Threads that come when they are needed, and end with this value.
pub(super) struct Threads {
    handle: Handle,
    runtime: Option<Runtime>,
}

impl Threads {
    pub(super) fn start(count: usize) -> io::Result<Self> {
        let mut builder = Builder::new_current_thread();
        let runtime =
            builder.max_blocking_threads(count.max(1)).thread_keep_alive(KEPT).thread_name("hash").build()?;
        Ok(Self { handle: runtime.handle().clone(), runtime: Some(runtime) })
    }

    /// Runs `job` on the next free thread.
    pub(super) fn spawn<T: Send + 'static>(&self, job: impl FnOnce() -> T + Send + 'static) -> JoinHandle<T> {
        self.handle.spawn_blocking(job)
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
