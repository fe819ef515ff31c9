//! The progress of a long task: what is being done, how long it took, where it stopped.

use std::time::{Duration, Instant};

use anyhow::{Context, Result};

pub(crate) struct Steps {
    started: Instant,
    done: Vec<(String, Duration)>,
}

impl Steps {
    pub(crate) fn start() -> Self {
        Self { started: Instant::now(), done: Vec::new() }
    }

    /// Says what begins (with a note on how long or why), does it, says how long it took. A failure carries the step's name.
    pub(crate) fn step<T>(&mut self, name: &str, note: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
        let note = if note.is_empty() { String::new() } else { format!(" ({note})") };
        println!("\n==> {name}{note}");
        let began = Instant::now();
        let outcome = work().with_context(|| format!("stopped at “{name}”"))?;
        let took = began.elapsed();
        println!("    done in {}", written(took));
        self.done.push((name.to_owned(), took));
        Ok(outcome)
    }

    /// A table of the steps and their times.
    pub(crate) fn summary(&self) -> String {
        let width = self.done.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0);
        let rows = self.done.iter().map(|(name, took)| format!("  {name:width$}  {:>8}\n", written(*took)));
        let total = format!("  {:width$}  {:>8}", "total", written(self.started.elapsed()));
        rows.collect::<String>() + &total
    }
}

fn written(time: Duration) -> String {
    let seconds = time.as_secs();
    if seconds < 10 {
        format!("{:.1} s", time.as_secs_f32())
    } else if seconds < 60 {
        format!("{seconds} s")
    } else {
        format!("{} min {:02} s", seconds / 60, seconds % 60)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_for_people() {
        assert_eq!(written(Duration::from_millis(1_240)), "1.2 s");
        assert_eq!(written(Duration::from_secs(42)), "42 s");
        assert_eq!(written(Duration::from_secs(185)), "3 min 05 s");
    }

    #[test]
    fn a_failing_step_is_named_and_not_counted() {
        let mut steps = Steps::start();
        steps.step("first", "", || Ok(())).unwrap();
        let error = steps.step("second", "a note", || anyhow::bail!("no") as Result<()>).unwrap_err();
        assert_eq!(format!("{error:#}"), "stopped at “second”: no");
        let summary = steps.summary();
        assert!(summary.contains("first") && !summary.contains("second"));
    }
}
