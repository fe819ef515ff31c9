//! What something costs in time on a core. On a machine that others use too, the clock on the wall counts their work as well;
//! the scheduler's own counts do not.

use std::fs;
use std::time::Duration;

use anyhow::{Context, Result};

/// What this thread has had so far.
pub(crate) fn of_this_thread() -> Result<Duration> {
    read("/proc/thread-self/schedstat")
}

/// What all threads of a process have had so far, and those of the processes that it started.
pub(crate) fn of_process(pid: u32) -> Result<Duration> {
    let mut sum = Duration::ZERO;
    for thread in fs::read_dir(format!("/proc/{pid}/task")).context("a measured program has ended")? {
        let path = thread?.path();
        // A thread may end while it is looked at.
        sum += read(&path.join("schedstat").to_string_lossy()).unwrap_or_default();
        let children = fs::read_to_string(path.join("children")).unwrap_or_default();
        for child in children.split_whitespace() {
            sum += of_process(child.parse()?)?;
        }
    }
    Ok(sum)
}

/// The first field: nanoseconds on a core.
fn read(path: &str) -> Result<Duration> {
    let text =
        fs::read_to_string(path).context("the kernel does not count time on a core (CONFIG_SCHED_INFO)")?;
    let nanoseconds = text.split(' ').next().and_then(|field| field.parse().ok()).context("no number")?;
    Ok(Duration::from_nanos(nanoseconds))
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;

    #[tokio::test]
    async fn work_counts_and_sleep_does_not() {
        let before = of_this_thread().unwrap();
        tokio::time::sleep(Duration::from_millis(100)).await;
        let slept = of_this_thread().unwrap() - before;
        assert!(slept < Duration::from_millis(50), "{slept:?}");
        let begun = Instant::now();
        // However busy the machine is.
        while of_this_thread().unwrap() - before - slept < Duration::from_millis(20) {
            assert!(begun.elapsed() < Duration::from_secs(60));
        }
        assert!(of_process(std::process::id()).unwrap() >= Duration::from_millis(20));
    }
}
