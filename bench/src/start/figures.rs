//! What is measured of one start: times, CPU time and memory, all of it from outside the app.

use std::time::Duration;

use anyhow::{Context, Result};
use latchkey_e2e::Window;

use crate::clock;
use crate::statistics::Series;

/// The time after which the memory no longer changes.
pub(super) const SETTLE: Duration = Duration::from_secs(2);

/// A script that answers at the first frame, so that little CPU time of later work is counted.
const PAINTED: &str = "return new Promise((done) => { new PerformanceObserver((list, observer) => { \
                       const [paint] = list.getEntries(); observer.disconnect(); \
                       done(performance.timeOrigin + paint.startTime); \
                       }).observe({ type: 'paint', buffered: true }) })";

/// One start.
pub(super) struct Start {
    /// When the app's process started, in milliseconds since 1970.
    pub(super) started: f64,
    /// Milliseconds until the first frame.
    painted: f64,
    /// Milliseconds of CPU time until then.
    cpu: f64,
    /// Megabytes of all processes, and of the app's own.
    memory: f64,
    own_memory: f64,
    processes: usize,
}

/// All starts of one window.
#[derive(Default)]
pub(super) struct Figures {
    pub(super) painted: Series,
    pub(super) cpu: Series,
    pub(super) memory: Series,
    pub(super) own_memory: Series,
    pub(super) processes: usize,
}

impl Figures {
    pub(super) fn push(&mut self, start: &Start) {
        self.painted.push(start.painted);
        self.cpu.push(start.cpu);
        self.memory.push(start.memory);
        self.own_memory.push(start.own_memory);
        self.processes = start.processes;
    }
}

/// Waits until the page is painted, and reads the clocks; after [`SETTLE`] also the memory.
///
/// # Errors
/// Returns an error if nothing is painted, or a process ends meanwhile.
pub(super) async fn measure(window: &Window) -> Result<Start> {
    let painted = window.script(PAINTED, &[]).await?.as_f64().context("the page has painted nothing")?;
    let (mut age, mut cpu) = (Duration::ZERO, Duration::ZERO);
    for process in window.processes()? {
        age = age.max(process.age()?);
        cpu += process.cpu_time()?;
    }
    let started = (clock::since_1970() - age).as_secs_f64() * 1000.0;
    tokio::time::sleep(SETTLE).await;
    let processes = window.processes()?;
    let (mut memory, mut own_memory) = (0, None);
    for process in &processes {
        let size = process.proportional_memory()?;
        memory += size;
        if process.name.starts_with("latchkey") {
            own_memory = Some(size);
        }
    }
    let megabytes = |bytes: u64| bytes as f64 / 1e6;
    Ok(Start {
        started,
        painted: painted - started,
        cpu: cpu.as_secs_f64() * 1000.0,
        memory: megabytes(memory),
        own_memory: megabytes(own_memory.context("the app's own process is not there")?),
        processes: processes.len(),
    })
}
