//! CPU time of threads and processes, from the scheduler. Unlike wall-clock time it does not
//! include the work of other programs on the machine.

use std::fs;
use std::time::Duration;

use anyhow::{Context, Result};
use rustix::time::{ClockId, clock_gettime};

/// The CPU time of this thread so far, exact to the call: CLOCK_THREAD_CPUTIME_ID.
pub(crate) fn of_this_thread() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    let (seconds, nanoseconds) = (u64::try_from(time.tv_sec), u32::try_from(time.tv_nsec));
    Duration::new(seconds.unwrap_or_default(), nanoseconds.unwrap_or_default())
}

/// The CPU time so far of all threads of a process and of its child processes. For a thread that
/// runs at this moment it is the time at the last tick of the scheduler: up to 10 ms too little.
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

    #[test]
    fn the_time_of_a_thread_moves_between_two_ticks() {
        let differences = (0..1000).map(|_| {
            let before = of_this_thread();
            of_this_thread() - before
        });
        // No tick of a scheduler is shorter than a millisecond.
        assert!(
            differences.filter(|difference| !difference.is_zero()).min().unwrap() < Duration::from_millis(1)
        );
    }

    #[tokio::test]
    async fn cpu_time_counts_work_and_not_sleep() {
        let before = of_this_thread();
        tokio::time::sleep(Duration::from_millis(100)).await;
        let slept = of_this_thread() - before;
        assert!(slept < Duration::from_millis(50), "{slept:?}");
        let started = Instant::now();
        // The bound is wide, because the machine may be busy.
        while of_this_thread() - before - slept < Duration::from_millis(20) {
            assert!(started.elapsed() < Duration::from_secs(60));
        }
        assert!(of_process(std::process::id()).unwrap() >= Duration::from_millis(20));
    }
}
