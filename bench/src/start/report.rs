//! The section of the document: tables, goals, pictures.

use super::figures::{Figures, SETTLE};
use super::trace::Trace;
use super::{ROUNDS, Windows};
use crate::chart::{Bar, bars};
use crate::document::{Section, goal, goals, table};
use crate::statistics::Series;

/// What the comparisons of single parts showed, each measured in turns with the version without it.
const PARTS: &str = include_str!("parts.md");

pub(super) fn section(windows: &Windows, trace: &Trace) -> Section {
    let Windows { empty, static_page, set_alike, latchkey } = windows;
    let named = [
        ("empty Tauri window", empty),
        ("static page", static_page),
        ("static page, set like Latchkey", set_alike),
        ("Latchkey, signed in", latchkey),
    ];
    let rows: Vec<_> = named
        .iter()
        .map(|(name, figures)| {
            vec![
                (*name).to_owned(),
                figures.painted.with_spread(0),
                figures.cpu.with_spread(0),
                figures.memory.with_spread(0),
                figures.own_memory.with_spread(1),
                figures.processes.to_string(),
            ]
        })
        .collect();
    let ratio = |of: fn(&Figures) -> &Series, what: &str, target: f64, (one, other): (&Figures, &Figures)| {
        let ratio = of(one).ratio_to(of(other));
        goal(what, &format!("≤ {target:.2}"), &ratio.with_spread(2), ratio.median() <= target)
    };
    let (ours, page) = ((latchkey, static_page), (static_page, empty));
    let met = [
        ratio(|figures| &figures.painted, "painted, Latchkey to the static page", 1.05, ours),
        ratio(|figures| &figures.cpu, "CPU time, Latchkey to the static page", 1.05, ours),
        ratio(|figures| &figures.painted, "painted, the static page to the empty window", 1.15, page),
        ratio(|figures| &figures.cpu, "CPU time, the static page to the empty window", 1.15, page),
        ratio(|figures| &figures.memory, "memory, Latchkey to the static page", 1.03, ours),
        ratio(|figures| &figures.memory, "memory, the static page to the empty window", 1.05, page),
        ratio(
            |figures| &figures.own_memory,
            "memory of the app's own process, to the empty window's",
            1.15,
            (latchkey, empty),
        ),
    ];
    let body = format!(
        "From the start of the process to the first frame with contents, by the page's own clock. For Latchkey that is the \
         signed-in view: nothing is painted before the stored session is opened and verified. The CPU time is that of all \
         processes of the window until the driver saw that frame; it counts no other program, and is steadier than the clock. \
         The memory is the proportional set size, {} s later, of all processes, and of the app's own. `bench/empty-window` is a \
         window of the same size with one word in it. The static page is shown by the same program: the markup of Latchkey's \
         view, taken from its window before the first round, with the app's stylesheet and without any script. Latchkey has \
         its page drawn with the processor and its scripts interpreted, settings of WebKitGTK; the goals compare it with the \
         page by WebKitGTK's defaults, and the third row is that page with the same settings. All are driven over WebDriver on a screen in memory, with software rendering; {ROUNDS} starts each.\n\n{}\n{}\n\
         From the start of Latchkey's process to that frame, medians by the app's log (`LATCHKEY_LOG=latchkey=debug`) and the \
         page's marks. The start of the process is known to 10 ms.\n\n{}\n{PARTS}",
        SETTLE.as_secs(),
        table(&["", "painted, ms", "CPU time, ms", "memory, MB", "own process, MB", "processes"], &rows),
        goals(&met),
        trace.table(),
    );
    let bar = |series: fn(&Figures) -> &Series| {
        let bars = named.iter().enumerate();
        bars.map(|(at, (name, figures))| Bar::new(*name, series(figures).median(), at == 3))
            .collect::<Vec<_>>()
    };
    let pictures = vec![
        (
            "start.svg",
            bars("Milliseconds from the start to the first frame", 0, &bar(|figures| &figures.painted)),
        ),
        ("memory.svg", bars("Memory of all processes, MB", 0, &bar(|figures| &figures.memory))),
    ];
    Section { title: "Start and memory", body, pictures }
}
