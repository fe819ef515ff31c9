//! The menu of the page: cut, copy and paste where they mean something, and nothing of the
//! browser's.

use std::time::Duration;

use anyhow::{Result, ensure};
use latchkey_e2e::{App, Desktop, Display, Screen, eventually};

/// How high a menu with three entries is at most: the browser's own has twice as many, and more.
const MAX_HEIGHT: u16 = 120;

/// Where to click, from the window's corner: the user name's field, and the page beside everything.
const FIELD: (i16, i16) = (150, 270);
const PAGE: (i16, i16) = (8, 640);

async fn click(display: &Display, screen: &Screen, app: &App, at: (i16, i16), button: &str) -> Result<()> {
    let place = screen.place_of(&app.processes()?)?;
    let (x, y) = ((place.0 + at.0).to_string(), (place.1 + at.1).to_string());
    let mut xdotool = tokio::process::Command::new("xdotool");
    xdotool.env("DISPLAY", display.name()).args(["mousemove", "--sync", &x, &y, "click", button]);
    ensure!(xdotool.status().await?.success(), "xdotool");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn only_cut_copy_and_paste_are_offered() -> Result<()> {
    let display = Display::with_window_manager().await?;
    let screen = display.screen()?;
    let mut desktop = Desktop::start_without_keychain("context-menu").await?;
    desktop.move_to(&display);
    let app = desktop.start_app("http://127.0.0.1:1")?;
    app.expect_said("the page runs", 1).await?;

    click(&display, &screen, &app, PAGE, "3").await?;
    tokio::time::sleep(Duration::from_secs(1)).await;
    ensure!(screen.popups()?.is_empty(), "there is a menu on the page");

    let menu = eventually("the field has a menu", async || {
        click(&display, &screen, &app, FIELD, "1").await?;
        click(&display, &screen, &app, FIELD, "3").await?;
        tokio::time::sleep(Duration::from_millis(300)).await;
        Ok(screen.popups()?.first().copied())
    })
    .await?;
    ensure!(menu.3 <= MAX_HEIGHT, "the menu is {} pixels high", menu.3);
    app.close().await
}
