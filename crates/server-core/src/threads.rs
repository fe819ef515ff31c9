//! Threads for what takes milliseconds of a core: password hashes and signatures. Owns their number
//! and their priority. Refuses the threads of the runtime: those have the priority of requests, and
//! there are hundreds of them.
//!
//! The C library retains the memory of a hash for each thread that ever made one; on the blocking
//! threads of the runtime, a flood of sign-ins left a gigabyte allocated.

use std::io;
use std::time::Duration;

use tokio::runtime::{Builder, Handle, Runtime};
use tokio::task::JoinHandle;

/// Effectively never, so that a thread's buffer stays mapped.
const KEEP_ALIVE: Duration = Duration::from_secs(10 * 365 * 86_400);

/// The niceness of the threads: on a busy core they get a quarter of the time.
#[cfg(target_os = "linux")]
const NICENESS: i32 = 5;

/// Threads that start when they are needed, and end with this value.
pub(crate) struct Threads {
    handle: Handle,
    runtime: Option<Runtime>,
}

impl Threads {
    /// Starts up to `count` threads, 1 at least. `name` is what the system shows.
    ///
    /// # Errors
    /// The system's, if it cannot start a thread.
    pub(crate) fn start(name: &str, count: usize) -> io::Result<Self> {
        let mut builder = Builder::new_current_thread();
        builder.max_blocking_threads(count.max(1)).thread_keep_alive(KEEP_ALIVE).thread_name(name);
        let runtime = builder.on_thread_start(lower_priority).build()?;
        Ok(Self { handle: runtime.handle().clone(), runtime: Some(runtime) })
    }

    /// Runs `job` on the next free thread.
    pub(crate) fn spawn<T: Send + 'static>(&self, job: impl FnOnce() -> T + Send + 'static) -> JoinHandle<T> {
        self.handle.spawn_blocking(job)
    }
}

/// A request without a hash or a signature takes a tenth of a millisecond and should not wait for
/// one that takes two or twenty. Only Linux has a priority for each thread; on other systems they
/// have the process's priority.
fn lower_priority() {
    #[cfg(target_os = "linux")]
    if let Err(error) = rustix::process::nice(NICENESS) {
        tracing::debug!(%error, "the priority of a thread cannot be lowered");
    }
}

impl Drop for Threads {
    fn drop(&mut self) {
        // The last owner may be in an async context, where blocking is not allowed.
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
    async fn only_these_threads_have_a_lower_priority() {
        let niceness = || rustix::process::nice(0).unwrap();
        let before = niceness();
        let threads = Threads::start("test", 1).unwrap();
        assert_eq!(threads.spawn(niceness).await.unwrap(), (before + NICENESS).min(19));
        assert_eq!(niceness(), before);
    }

    #[tokio::test]
    async fn many_jobs_run_on_the_given_number_of_threads() {
        let threads = Threads::start("test", 2).unwrap();
        let jobs: Vec<_> = (0..100).map(|_| threads.spawn(|| std::thread::current().id())).collect();
        let mut seen = HashSet::new();
        for job in jobs {
            seen.insert(job.await.unwrap());
        }
        assert!((1..=2).contains(&seen.len()), "{seen:?}");
    }
}
