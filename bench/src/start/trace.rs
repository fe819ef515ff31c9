//! What happens between the start of the process and the first frame, and when: from the app's log
//! and the page's marks.

use anyhow::{Context, Result};
use latchkey_e2e::{Desktop, Window};
use serde_json::Value;

use crate::document::table;
use crate::statistics::Series;

/// The log that contains the steps of [`STEPS`].
pub(super) const LOG_FILTER: &str = "latchkey=debug,tauri_plugin_latchkey=debug";

const MILLISECONDS_PER_DAY: f64 = 86_400_000.0;

/// Where a step is read from.
#[derive(Clone, Copy)]
enum Source {
    /// A line of the log.
    Line(&'static str),
    /// A number of the page's script, in milliseconds since 1970.
    Page(&'static str),
}

/// The steps, in about the order in which they happen, with what the time before them went to.
const STEPS: [(Source, &str); 12] = [
    (Source::Line("start: the program runs"), "loads the program with the libraries of GTK and WebKitGTK"),
    (Source::Line("start: the display answers"), "checks the settings, connects to the display"),
    (Source::Line("start: this is the first instance"), "claims the app's name on the session bus"),
    (Source::Line("start: the session is opened"), "starts GTK and Tauri; the session is opened beside it"),
    (
        Source::Line("start: the session is open"),
        "keychain, stored session, its signature (a thread of its own)",
    ),
    (Source::Line("start: the window is made"), "makes the window and the web view"),
    (Source::Page("origin"), "starts the processes of the web view"),
    (Source::Line("start: the page is sent"), "the page is asked for"),
    (Source::Page("loaded"), "receives and reads the page, its script and its stylesheet"),
    (Source::Page("script"), "compiles the script"),
    (Source::Page("drawn"), "makes the elements of the view"),
    (Source::Page("painted"), "styles, fonts, layout, and the first frame"),
];

/// The times of the steps, in milliseconds since the process started.
pub(super) struct Marks([f64; STEPS.len()]);

/// The marks of all starts.
#[derive(Default)]
pub(super) struct Trace([Series; STEPS.len()]);

impl Trace {
    pub(super) fn push(&mut self, marks: &Marks) {
        for (series, mark) in self.0.iter_mut().zip(marks.0) {
            series.push(mark);
        }
    }

    /// A table of the steps by their medians.
    pub(super) fn table(&self) -> String {
        let mut steps: Vec<_> = self.0.iter().zip(STEPS).map(|(series, (_, what))| (series, what)).collect();
        steps.sort_by(|(one, _), (other, _)| one.median().total_cmp(&other.median()));
        let mut before = 0.0;
        let rows: Vec<_> = steps
            .into_iter()
            .map(|(series, what)| {
                let took = series.median() - before;
                before = series.median();
                vec![what.to_owned(), series.with_spread(0), format!("{took:.0}")]
            })
            .collect();
        table(&["what the time goes to", "done after, ms", "ms"], &rows)
    }
}

/// Reads the steps of the start of this window, which is the last one on the desktop. `started`:
/// milliseconds since 1970.
///
/// # Errors
/// Returns an error if a step is missing.
pub(super) async fn marks(window: &Window, desktop: &Desktop, started: f64) -> Result<Marks> {
    let script = "const mark = (name) => performance.getEntriesByName(name)[0]?.startTime ?? null; \
                  const since = (time) => time === null ? null : performance.timeOrigin + time; \
                  return { origin: performance.timeOrigin, \
                  loaded: since(performance.getEntriesByType('navigation')[0]?.responseEnd ?? null), \
                  script: since(mark('latchkey-script')), drawn: since(mark('latchkey-drawn')), \
                  painted: since(performance.getEntriesByType('paint')[0]?.startTime ?? null) }";
    let page = window.script(script, &[]).await?;
    let log = String::from_utf8_lossy(&desktop.output()?).into_owned();
    let mut marks = [f64::NAN; STEPS.len()];
    for (mark, (source, _)) in marks.iter_mut().zip(STEPS) {
        *mark = match source {
            Source::Line(line) => {
                let at = last_time_of(&log, line).with_context(|| format!("the log has no `{line}`"))?;
                // The log's time of day, without its date.
                (at - started).rem_euclid(MILLISECONDS_PER_DAY)
            }
            Source::Page(name) => {
                page.get(name)
                    .and_then(Value::as_f64)
                    .with_context(|| format!("the page has no mark {name}"))?
                    - started
            }
        };
    }
    Ok(Marks(marks))
}

/// The time of day, in milliseconds, of the last line that ends so. Lines begin with a time as in
/// `2026-11-27T06:15:30.123456Z`.
fn last_time_of(log: &str, end: &str) -> Option<f64> {
    let line = log.lines().rev().find(|line| line.ends_with(end))?;
    let time = line.split_once('T')?.1.split_once('Z')?.0;
    let mut seconds = 0.0;
    for part in time.split(':') {
        seconds = seconds * 60.0 + part.parse::<f64>().ok()?;
    }
    Some(seconds * 1000.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_line_with_a_text_has_the_time() {
        let log = "2026-11-27T06:15:30.000000Z DEBUG latchkey: start: a\n\
                   2026-11-27T06:15:31.250000Z DEBUG latchkey: start: a\n\
                   2026-11-27T06:15:32.000000Z DEBUG latchkey: start: b\n";
        assert_eq!(last_time_of(log, "start: a"), Some(((6.0 * 60.0 + 15.0) * 60.0 + 31.25) * 1000.0));
        assert_eq!(last_time_of(log, "start: c"), None);
    }

    #[test]
    fn the_table_has_the_steps_in_the_order_of_their_times() {
        let mut trace = Trace::default();
        let mut times = [0.0; STEPS.len()];
        for (at, time) in times.iter_mut().enumerate() {
            *time = (STEPS.len() - at) as f64;
        }
        trace.push(&Marks(times));
        let table = trace.table();
        let last = STEPS.first().unwrap().1;
        assert!(table.trim().lines().last().unwrap().contains(last), "{table}");
    }
}
