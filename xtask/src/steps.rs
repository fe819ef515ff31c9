//! Prints the progress of a task: its steps, their durations, and the step that failed.

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

    /// Prints the step's name and note, runs `work`, prints the duration. An error gets the step's
    /// name as context.
    pub(crate) fn step<T>(&mut self, name: &str, note: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
        let note = if note.is_empty() { String::new() } else { format!(" ({note})") };
        println!("\n==> {name}{note}");
        let began = Instant::now();
        let result = work().with_context(|| format!("stopped at “{name}”"))?;
        let took = began.elapsed();
        println!("    done in {}", format_duration(took));
        self.done.push((name.to_owned(), took));
        Ok(result)
    }

    /// A table of the steps and their durations.
    pub(crate) fn summary(&self) -> String {
        let width = self.done.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0);
        let rows =
            self.done.iter().map(|(name, took)| format!("  {name:width$}  {:>8}\n", format_duration(*took)));
        let total = format!("  {:width$}  {:>8}", "total", format_duration(self.started.elapsed()));
        rows.collect::<String>() + &total
    }
}

fn format_duration(time: Duration) -> String {
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
    fn durations_are_readable() {
        assert_eq!(format_duration(Duration::from_millis(1_240)), "1.2 s");
        assert_eq!(format_duration(Duration::from_secs(42)), "42 s");
        assert_eq!(format_duration(Duration::from_secs(185)), "3 min 05 s");
    }

    #[test]
    fn a_failed_step_is_in_the_error_but_not_in_the_table() {
        let mut steps = Steps::start();
        steps.step("first", "", || Ok(())).unwrap();
        let error = steps.step("second", "a note", || anyhow::bail!("no") as Result<()>).unwrap_err();
        assert_eq!(format!("{error:#}"), "stopped at “second”: no");
        let summary = steps.summary();
        assert!(summary.contains("first") && !summary.contains("second"));
    }
}
