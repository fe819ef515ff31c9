//! Part 4: the time from the start of the app to the first paint of the signed-in view, and the
//! memory of all its processes, against a Tauri window with one word in it, and against windows
//! with the same view and no program behind it: one with WebKitGTK's defaults, one with what
//! Latchkey sets in their place.

mod figures;
mod report;
mod static_page;
mod trace;

use anyhow::Result;
use latchkey_e2e::{Account, AppIdentity, Desktop, Server};

use crate::document::Section;
use figures::{Figures, Start};
use static_page::StaticPage;
use trace::Trace;

const ROUNDS: usize = 15;

/// The variable by which the empty window shows the page of a folder.
const PAGE_VARIABLE: &str = "LATCHKEY_BENCH_PAGE";

/// The variables of WebKitGTK that Latchkey sets for itself: it draws with the processor, and
/// interprets scripts.
const SETTINGS: [(&str, &str); 2] = [("WEBKIT_SKIA_ENABLE_CPU_RENDERING", "1"), ("JSC_useJIT", "0")];

/// The figures of the four windows.
#[derive(Default)]
struct Windows {
    empty: Figures,
    static_page: Figures,
    set_alike: Figures,
    latchkey: Figures,
}

pub(crate) async fn measure() -> Result<Section> {
    let server = Server::start().await?;
    let desktop = Desktop::start("bench-start").await?.with("LATCHKEY_LOG", trace::LOG_FILTER);
    let window = desktop.open(server.url()).await?;
    window.sign_in(&Account::SAM).await?;
    window.expect_state("signed-in").await?;
    window.close().await?;
    let window = desktop.open(server.url()).await?;
    window.expect_state("signed-in").await?;
    let page = StaticPage::of(&window).await?;
    window.close().await?;
    let with_page = Desktop::start("bench-start-page").await?.with(PAGE_VARIABLE, page.path()?);
    let mut set_alike = Desktop::start("bench-start-alike").await?.with(PAGE_VARIABLE, page.path()?);
    for (variable, value) in SETTINGS {
        set_alike = set_alike.with(variable, value);
    }

    let (mut windows, mut trace) = (Windows::default(), Trace::default());
    // The first round warms up the disk cache and does not count.
    for round in 0..=ROUNDS {
        let window = desktop.start_window(AppIdentity::EMPTY_WINDOW, "").await?;
        let empty = figures::measure(&window).await?;
        window.expect_state("empty").await?;
        window.close().await?;

        let static_page = measure_page(&with_page).await?;
        let alike = measure_page(&set_alike).await?;

        let window = desktop.start_window(AppIdentity::LATCHKEY, server.url()).await?;
        let latchkey = figures::measure(&window).await?;
        window.expect_state("signed-in").await?;
        let marks = trace::marks(&window, &desktop, latchkey.started).await?;
        window.close().await?;

        if round > 0 {
            windows.empty.push(&empty);
            windows.static_page.push(&static_page);
            windows.set_alike.push(&alike);
            windows.latchkey.push(&latchkey);
            trace.push(&marks);
        }
    }
    Ok(report::section(&windows, &trace))
}

async fn measure_page(desktop: &Desktop) -> Result<Start> {
    let window = desktop.start_window(AppIdentity::EMPTY_WINDOW, "").await?;
    let start = figures::measure(&window).await?;
    window.expect_state("signed-in").await?;
    window.close().await?;
    Ok(start)
}
