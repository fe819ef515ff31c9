//! CPU time of threads and processes, from the scheduler. Unlike wall-clock time it does not
//! include the work of other programs on the machine.

use std::fs;
use std::time::Duration;

use anyhow::{Context, Result};

/// The CPU time of this thread so far.
pub(crate) fn of_this_thread() -> Result<Duration> {
    read("/proc/thread-self/schedstat")
}

/// The CPU time so far of all threads of a process and of its child processes.
pub(crate) fn of_process(pid: u32) -> Result<Duration> {
    let mut sum = Duration::ZERO;
    for thread in fs::read_dir(format!("/proc/{pid}/task")).context("a measured program has ended")? {
        let path = thread?.path();
        // A thread can end while it is read.
        sum += read(&path.join("schedstat").to_string_lossy()).unwrap_or_default();
        let children = fs::read_to_string(path.join("children")).unwrap_or_default();
        for child in children.split_whitespace() {
            sum += of_process(child.parse()?)?;
        }
    }
    Ok(sum)
}

/// Reads the first field: nanoseconds of CPU time.
fn read(path: &str) -> Result<Duration> {
    let text = fs::read_to_string(path).context("the kernel does not count CPU time (CONFIG_SCHED_INFO)")?;
    let nanoseconds = text.split(' ').next().and_then(|field| field.parse().ok()).context("no number")?;
    Ok(Duration::from_nanos(nanoseconds))
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;

    #[tokio::test]
    async fn cpu_time_counts_work_and_not_sleep() {
        let before = of_this_thread().unwrap();
        tokio::time::sleep(Duration::from_millis(100)).await;
        let slept = of_this_thread().unwrap() - before;
        assert!(slept < Duration::from_millis(50), "{slept:?}");
        let started = Instant::now();
        // The bound is wide, because the machine may be busy.
        while of_this_thread().unwrap() - before - slept < Duration::from_millis(20) {
            assert!(started.elapsed() < Duration::from_secs(60));
        }
        assert!(of_process(std::process::id()).unwrap() >= Duration::from_millis(20));
    }
}
