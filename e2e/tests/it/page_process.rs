//! A page that crashes, hangs or keeps crashing: the window does not keep its last picture. Without
//! a WebDriver, whose session ends with the page.

use std::collections::BTreeSet;
use std::time::Duration;

use anyhow::{Result, ensure};
use latchkey_e2e::{Account, App, Desktop, Display, Key, Screen, Server, eventually, eventually_within};
use rustix::process::Signal;

/// A desktop with a session, on which the app is closed.
async fn signed_in(name: &str, server: &Server) -> Result<Desktop> {
    let desktop = Desktop::start(name).await?;
    let window = desktop.open(server.url()).await?;
    window.sign_in(&Account::SAM).await?;
    window.expect_state("signed-in").await?;
    window.close().await?;
    Ok(desktop)
}

/// The share of pixels that differ, in thousandths.
fn difference(one: &[u8], other: &[u8]) -> usize {
    let pixels = one.chunks_exact(4).zip(other.chunks_exact(4));
    let differing = pixels.filter(|(one, other)| one.get(..3) != other.get(..3)).count();
    differing * 1000 / (one.len() / 4).max(1)
}

/// More colours than an empty window has, and fewer than the smoothed edges of a text.
const MIN_COLOURS_OF_TEXT: usize = 50;

/// Waits until the screen shows a text and no longer changes, and returns its pixels.
async fn picture(screen: &Screen) -> Result<Vec<u8>> {
    let mut last = screen.pixels()?;
    eventually("the screen shows a text and no longer changes", async || {
        tokio::time::sleep(Duration::from_millis(500)).await;
        let now = screen.pixels()?;
        let colours: BTreeSet<_> = now.chunks_exact(4).collect();
        let is_stable = colours.len() > MIN_COLOURS_OF_TEXT && difference(&now, &last) == 0;
        last.clone_from(&now);
        Ok(is_stable.then_some(now))
    })
    .await
}

/// Kills the process of the page, and waits until it has ended.
async fn kill_page(app: &App) -> Result<()> {
    let page = app.page_process().await?;
    app.signal(page, Signal::KILL)?;
    eventually("the process has ended", async || Ok((!app.processes()?.contains(&page)).then_some(()))).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crashed_page_is_reloaded_and_shows_later_changes_of_the_session() -> Result<()> {
    // Short-lived tokens, so that the app soon renews and learns that the session has ended.
    let server = Server::start_with(&[("LATCHKEY_TOKENS_ACCESS_SECONDS", "60")]).await?;
    let desktop = signed_in("page-dies", &server).await?;
    let screen = desktop.display().screen()?;
    let app = desktop.start_app(server.url())?;
    app.expect_output("the page runs", 1).await?;
    let signed_in = picture(&screen).await?;

    kill_page(&app).await?;
    app.expect_output("crashed or was killed", 1).await?;
    app.expect_output("the page runs", 2).await?;
    let again = picture(&screen).await?;
    let differing = difference(&signed_in, &again);
    ensure!(differing < 10, "{differing} of 1000 pixels differ after the reload");

    server.end_sessions(&Account::SAM).await?;
    eventually_within(Duration::from_secs(120), "the window shows that the session has ended", async || {
        Ok((difference(&again, &screen.pixels()?) > 20).then_some(()))
    })
    .await?;
    let ended = picture(&screen).await?;
    app.close().await?;

    // A new start shows the same, since the session has ended.
    let app = desktop.start_app(server.url())?;
    app.expect_output("the page runs", 1).await?;
    let differing = difference(&ended, &picture(&screen).await?);
    ensure!(differing < 10, "{differing} of 1000 pixels differ from what a new start shows");
    app.close().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_keeps_crashing_is_replaced_by_a_question() -> Result<()> {
    let server = Server::start().await?;
    let mut desktop = Desktop::start_without_keychain("page-keeps-crashing").await?;
    desktop.move_to(Display::with_window_manager().await?);
    let screen = desktop.display().screen()?;
    let mut app = desktop.start_app(server.url())?;
    for (run, key) in [(1, Key::Return), (4, Key::Escape)] {
        for times in run..run + 3 {
            app.expect_output("the page runs", times).await?;
            kill_page(&app).await?;
        }
        app.expect_output("failed too often", if run == 1 { 1 } else { 2 }).await?;
        eventually("only the question is shown", async || {
            let titles = screen.titles_of(&app.processes()?)?;
            Ok(matches!(titles.as_slice(), [title] if title.contains("keeps failing")).then_some(()))
        })
        .await?;
        let question = screen.window_of(&app.processes()?)?;
        screen.activate(question).await?;
        screen.press_key(key)?;
    }
    ensure!(app.wait_for_exit().await?.success(), "{}", app.output()?);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_hangs_is_reloaded() -> Result<()> {
    let server = Server::start().await?;
    let desktop = Desktop::start_without_keychain("page-hangs").await?;
    let app = desktop.start_app(server.url())?;
    app.expect_output("the page runs", 1).await?;
    app.signal(app.page_process().await?, Signal::STOP)?;
    eventually_within(Duration::from_secs(120), "the page runs again", async || {
        Ok((app.output()?.matches("the page runs").count() >= 2).then_some(()))
    })
    .await?;
    ensure!(app.output()?.contains("hung and was ended"), "{}", app.output()?);
    app.close().await
}
