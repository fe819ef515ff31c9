//! A page that dies, hangs or dies again and again: the window never shows the picture of a dead
//! page for long. Without a driver, whose session would die with the page.

use std::collections::BTreeSet;
use std::time::Duration;

use anyhow::{Result, ensure};
use latchkey_e2e::{Account, App, Desktop, Display, Screen, Server, eventually, eventually_within};
use rustix::process::Signal;

/// A person who is signed in, with the app closed.
async fn signed_in(name: &str, server: &Server) -> Result<Desktop> {
    let desktop = Desktop::start(name).await?;
    let window = desktop.open(server.url()).await?;
    window.sign_in(&Account::SAM).await?;
    window.expect_state("signed-in").await?;
    window.close().await?;
    Ok(desktop)
}

/// How many of a thousand pixels differ.
fn difference(one: &[u8], other: &[u8]) -> usize {
    let pixels = one.chunks_exact(4).zip(other.chunks_exact(4));
    let differing = pixels.filter(|(one, other)| one.get(..3) != other.get(..3)).count();
    differing * 1000 / (one.len() / 4).max(1)
}

/// How many colours a screen has at least on which there is a text: its edges have many shades. An
/// empty window has two.
const COLOURS_OF_TEXT: usize = 50;

/// What the screen shows when it has come to rest and its page has drawn something.
async fn picture(screen: &Screen) -> Result<Vec<u8>> {
    let mut last = screen.pixels()?;
    eventually("the screen shows something and has come to rest", async || {
        tokio::time::sleep(Duration::from_millis(500)).await;
        let now = screen.pixels()?;
        let colours: BTreeSet<_> = now.chunks_exact(4).collect();
        let rests = colours.len() > COLOURS_OF_TEXT && difference(&now, &last) == 0;
        last.clone_from(&now);
        Ok(rests.then_some(now))
    })
    .await
}

async fn kill_page(app: &App) -> Result<()> {
    let page = app.page_process().await?;
    app.signal(page, Signal::KILL)?;
    // The next one has another number.
    eventually("the process is gone", async || Ok((!app.processes()?.contains(&page)).then_some(()))).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_dies_is_loaded_again_and_hears_of_the_session() -> Result<()> {
    // Renewed every few seconds, so that an end at the server is soon known.
    let server = Server::start_with(&[("LATCHKEY_TOKENS_ACCESS_SECONDS", "60")]).await?;
    let mut desktop = signed_in("page-dies", &server).await?;
    let display = Display::x11().await?;
    let screen = display.screen()?;
    desktop.move_to(&display);
    let app = desktop.start_app(server.url())?;
    app.expect_said("the page runs", 1).await?;
    let signed_in = picture(&screen).await?;

    kill_page(&app).await?;
    app.expect_said("crashed or was killed", 1).await?;
    app.expect_said("the page runs", 2).await?;
    let again = picture(&screen).await?;
    let differing = difference(&signed_in, &again);
    ensure!(differing < 10, "{differing} of 1000 pixels differ after the page was loaded again");

    server.end_sessions(&Account::SAM).await?;
    eventually_within(Duration::from_secs(120), "the window shows that the session has ended", async || {
        Ok((difference(&again, &screen.pixels()?) > 20).then_some(()))
    })
    .await?;
    let ended = picture(&screen).await?;
    app.close().await?;

    // The same as at a new start, which finds the session ended.
    let app = desktop.start_app(server.url())?;
    app.expect_said("the page runs", 1).await?;
    let differing = difference(&ended, &picture(&screen).await?);
    ensure!(differing < 10, "{differing} of 1000 pixels differ from what a new start shows");
    app.close().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_dies_again_and_again_is_taken_away_until_the_person_decides() -> Result<()> {
    let server = Server::start().await?;
    let mut desktop = Desktop::start_without_keychain("page-keeps-dying").await?;
    let display = Display::with_window_manager().await?;
    let screen = display.screen()?;
    desktop.move_to(&display);
    let mut app = desktop.start_app(server.url())?;
    for (run, key) in [(1, "Return"), (4, "Escape")] {
        for times in run..run + 3 {
            app.expect_said("the page runs", times).await?;
            kill_page(&app).await?;
        }
        app.expect_said("failed too often", if run == 1 { 1 } else { 2 }).await?;
        eventually("only the message is shown", async || {
            let titles = screen.titles_of(&app.processes()?)?;
            Ok(matches!(titles.as_slice(), [title] if title.contains("keeps failing")).then_some(()))
        })
        .await?;
        press(&display, &screen, &app, key).await?;
    }
    ensure!(app.ended().await?.success(), "{}", app.said()?);
    Ok(())
}

/// Presses a key in the one window of the app.
async fn press(display: &Display, screen: &Screen, app: &App, key: &str) -> Result<()> {
    let window = screen.window_of(&app.processes()?)?.to_string();
    let mut xdotool = tokio::process::Command::new("xdotool");
    xdotool.env("DISPLAY", display.name()).args(["windowactivate", "--sync", &window, "key", key]);
    ensure!(xdotool.status().await?.success(), "xdotool");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_hangs_is_loaded_again() -> Result<()> {
    let server = Server::start().await?;
    let mut desktop = Desktop::start_without_keychain("page-hangs").await?;
    let display = Display::x11().await?;
    desktop.move_to(&display);
    let app = desktop.start_app(server.url())?;
    app.expect_said("the page runs", 1).await?;
    app.signal(app.page_process().await?, Signal::STOP)?;
    eventually_within(Duration::from_secs(120), "the page runs again", async || {
        Ok((app.said()?.matches("the page runs").count() >= 2).then_some(()))
    })
    .await?;
    ensure!(app.said()?.contains("hung and was ended"), "{}", app.said()?);
    app.close().await
}
