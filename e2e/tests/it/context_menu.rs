//! The context menu of the page: cut, copy and paste in fields, and no browser menu.

use std::time::Duration;

use anyhow::{Result, ensure};
use latchkey_e2e::{App, Desktop, Display, Screen, eventually};

/// The height of a menu with three entries, in pixels. The browser's own has six or more.
const MAX_HEIGHT: u16 = 120;

/// Positions from the window's corner, in pixels: the username field, and an empty part of the
/// page.
const FIELD: (i16, i16) = (150, 270);
const PAGE: (i16, i16) = (8, 640);

/// Buttons of the mouse in the X protocol.
const LEFT: u8 = 1;
const RIGHT: u8 = 3;

fn click(screen: &Screen, app: &App, (x, y): (i16, i16), button: u8) -> Result<()> {
    let (left, top, ..) = screen.place_of(&app.processes()?)?;
    screen.click(left + x, top + y, button)
}

#[tokio::test(flavor = "multi_thread")]
async fn only_cut_copy_and_paste_are_offered() -> Result<()> {
    let mut desktop = Desktop::start_without_keychain("context-menu").await?;
    desktop.move_to(Display::with_window_manager().await?);
    let screen = desktop.display().screen()?;
    let app = desktop.start_app("http://127.0.0.1:1")?;
    app.expect_output("the page runs", 1).await?;

    click(&screen, &app, PAGE, RIGHT)?;
    tokio::time::sleep(Duration::from_secs(1)).await;
    ensure!(screen.menus()?.is_empty(), "the page has a menu");

    let menu = eventually("the field has a menu", async || {
        click(&screen, &app, FIELD, LEFT)?;
        click(&screen, &app, FIELD, RIGHT)?;
        tokio::time::sleep(Duration::from_millis(300)).await;
        Ok(screen.menus()?.first().copied())
    })
    .await?;
    ensure!(menu.3 <= MAX_HEIGHT, "the menu is {} pixels high", menu.3);
    app.close().await
}
