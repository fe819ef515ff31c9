//! Part 4: the time from the start of the app to the first paint of the signed-in view, and the
//! memory of all its processes, against a Tauri window with one word in it.

use std::time::Duration;

use anyhow::Result;
use latchkey_e2e::{Account, AppIdentity, Desktop, Server, Window, eventually};

use crate::chart::{Bar, bars};
use crate::clock;
use crate::document::{Section, goal, goals, table};
use crate::statistics::Series;

const ROUNDS: usize = 15;

/// The time after which the memory no longer changes.
const SETTLE: Duration = Duration::from_secs(2);

const NAMES: [&str; 2] = ["empty Tauri window", "Latchkey, signed in"];

#[derive(Default)]
struct Figures {
    painted: Series,
    memory: Series,
    processes: usize,
}

pub(crate) async fn measure() -> Result<Section> {
    let server = Server::start().await?;
    let desktop = Desktop::start("bench-start").await?;
    let window = desktop.open(server.url()).await?;
    window.sign_in(&Account::SAM).await?;
    window.expect_state("signed-in").await?;
    window.close().await?;

    let mut figures: [Figures; 2] = Default::default();
    // The first round warms up the disk cache and does not count.
    for round in 0..=ROUNDS {
        for (which, figures) in figures.iter_mut().enumerate() {
            let window = if which == 0 {
                desktop.open_other(AppIdentity::EMPTY_WINDOW, "").await?
            } else {
                desktop.open(server.url()).await?
            };
            window.expect_state(if which == 0 { "empty" } else { "signed-in" }).await?;
            let (painted, memory, processes) = measure_window(&window).await?;
            window.close().await?;
            if round > 0 {
                figures.painted.push(painted);
                figures.memory.push(memory);
                figures.processes = processes;
            }
        }
    }
    let [empty, ours] = &figures;
    let (painted, memory) = (ours.painted.ratio_to(&empty.painted), ours.memory.ratio_to(&empty.memory));
    let rows: Vec<_> = NAMES
        .iter()
        .zip(&figures)
        .map(|(name, figures)| {
            let processes = figures.processes.to_string();
            vec![(*name).to_owned(), figures.painted.with_spread(0), figures.memory.with_spread(0), processes]
        })
        .collect();
    let met = [
        goal(
            "start until painted, to the empty window",
            "≤ 1.10",
            &painted.with_spread(2),
            painted.median() <= 1.10,
        ),
        goal("memory, to the empty window", "≤ 1.10", &memory.with_spread(2), memory.median() <= 1.10),
    ];
    let body = format!(
        "From the start of the process to the first frame with contents, by the page's own clock. For Latchkey that is the \
         signed-in view: nothing is painted before the stored session is opened and verified. The memory is the proportional \
         set size of all processes of the window, {} s later. `bench/empty-window` is a window of the same size with one word \
         in it. Both are driven over WebDriver on a screen in memory, with software rendering; {ROUNDS} starts each.\n\n{}\n{}\n\
         Where the difference comes from, by the page's own marks on the machine of the first measurement: 30 ms before the \
         page begins to load (the session is opened in parallel with the window's start, which takes longer), 35 ms to load and \
         run its script, 1 to 10 ms for the backend's reply, and about 105 ms for the first frame, where the frame with one word \
         takes 10; fonts and painting were not measured separately. Of the memory, the app's own process takes 9 MB more, nearly \
         all of it its program; the rest is the web process, half of it code of WebKit that one word does not need.\n",
        SETTLE.as_secs(),
        table(&["", "painted, ms", "memory, MB", "processes"], &rows),
        goals(&met),
    );
    let bar = |series: fn(&Figures) -> &Series| {
        let bars = NAMES.iter().zip(&figures).enumerate();
        bars.map(|(at, (name, figures))| Bar::new(*name, series(figures).median(), at == 1))
            .collect::<Vec<_>>()
    };
    let pictures = vec![
        (
            "start.svg",
            bars("Milliseconds from the start to the first frame", 0, &bar(|figures| &figures.painted)),
        ),
        ("memory.svg", bars("Memory of all processes, MB", 0, &bar(|figures| &figures.memory))),
    ];
    Ok(Section { title: "Start and memory", body, pictures })
}

/// The milliseconds from the start of the app to its first frame, the megabytes of all its
/// processes, and their number.
async fn measure_window(window: &Window) -> Result<(f64, f64, usize)> {
    let paint = "const paint = performance.getEntriesByType('paint')[0]; \
                 return paint ? performance.timeOrigin + paint.startTime : null";
    let drawn = async || Ok(window.script(paint, &[]).await?.as_f64());
    let painted = eventually("the view is painted", drawn).await?;
    let (mut age, mut memory) = (Duration::ZERO, 0);
    for process in window.processes()? {
        age = age.max(process.age()?);
    }
    let since = clock::since_1970();
    let started = (since - age).as_secs_f64() * 1000.0;
    tokio::time::sleep(SETTLE).await;
    let processes = window.processes()?;
    for process in &processes {
        memory += process.proportional_memory()?;
    }
    Ok((painted - started, memory as f64 / 1e6, processes.len()))
}
