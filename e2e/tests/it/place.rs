//! Size and place of the window across starts, under a real compositor and a real window manager.

use anyhow::{Result, ensure};
use latchkey_e2e::{App, Desktop, Display, Place, Screen, Server, Window, eventually};
use serde_json::{Value, json};

/// The size of the window at its first start, in pixels.
const FIRST: (u16, u16) = (460, 660);

fn preferences(desktop: &Desktop) -> Result<Value> {
    Ok(serde_json::from_slice(&std::fs::read(desktop.data_folder().join("preferences.json"))?)?)
}

fn write_preferences(desktop: &Desktop, preferences: &Value) -> Result<()> {
    std::fs::create_dir_all(desktop.data_folder())?;
    Ok(std::fs::write(desktop.data_folder().join("preferences.json"), preferences.to_string())?)
}

#[tokio::test(flavor = "multi_thread")]
async fn on_wayland_the_window_reopens_at_its_last_size() -> Result<()> {
    let server = Server::start().await?;
    let mut desktop = Desktop::start_without_keychain("place-wayland").await?;
    desktop.move_to(Display::wayland().await?);
    for _ in 0..4 {
        let window = desktop.open(server.url()).await?;
        window.expect_size(FIRST.0, FIRST.1).await?;
        window.close_with_session().await?;
        let saved = preferences(&desktop)?["window"].clone();
        assert_eq!((&saved["width"], &saved["height"]), (&json!(460.0), &json!(660.0)));
        assert_eq!(saved.get("x"), None, "Wayland does not report a window's position");
    }

    // A size that the user sets is saved, and does not drift either.
    let window = desktop.open(server.url()).await?;
    window.expect_size(FIRST.0, FIRST.1).await?;
    let (width, height) = window.resize_by(80, 40).await?;
    window.close_with_session().await?;
    for _ in 0..2 {
        let window = desktop.open(server.url()).await?;
        window.expect_size(width, height).await?;
        window.close_with_session().await?;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn on_wayland_a_maximised_window_reopens_maximised_and_keeps_its_normal_size() -> Result<()> {
    let server = Server::start().await?;
    let mut desktop = Desktop::start_without_keychain("place-wayland-max").await?;
    desktop.move_to(Display::wayland().await?);
    let window = desktop.open(server.url()).await?;
    window.expect_size(FIRST.0, FIRST.1).await?;
    window.maximize().await?;
    let large = larger_than_first(&window).await?;
    window.close_with_session().await?;
    for _ in 0..2 {
        let saved = preferences(&desktop)?["window"].clone();
        assert_eq!(saved, json!({ "width": 460.0, "height": 660.0, "maximized": true }));
        let window = desktop.open(server.url()).await?;
        assert_eq!(larger_than_first(&window).await?, large);
        window.close_with_session().await?;
    }
    Ok(())
}

/// Waits until the window is maximised, and returns the size of its page.
async fn larger_than_first(window: &Window) -> Result<(u16, u16)> {
    eventually("the window is maximised", async || {
        let (width, height) = window.page_size().await?;
        Ok((width > 1000 && height > 700).then_some((width, height)))
    })
    .await
}

/// A desktop with a window manager, and a server.
struct Managed {
    server: Server,
    desktop: Desktop,
}

impl Managed {
    async fn start(name: &str) -> Result<Self> {
        let server = Server::start().await?;
        let mut desktop = Desktop::start_without_keychain(name).await?;
        desktop.move_to(Display::with_window_manager().await?);
        Ok(Self { server, desktop })
    }

    /// Starts the app, and waits until its page runs and its window no longer moves.
    async fn open(&self) -> Result<(App, Screen)> {
        let app = self.desktop.start_app(self.server.url())?;
        app.expect_output("the page runs", 1).await?;
        let screen = self.desktop.display().screen()?;
        expect_place(&app, &screen, |_| true).await?;
        Ok((app, screen))
    }

    /// Closes the window by its close button.
    async fn close(mut app: App, screen: &Screen) -> Result<()> {
        let window = screen.window_of(&app.processes()?)?;
        screen.close(window)?;
        ensure!(app.wait_for_exit().await?.success(), "{}", app.output()?);
        Ok(())
    }

    /// Opens the window, closes it, and returns where it was.
    async fn reopened(&self) -> Result<Place> {
        let (app, screen) = self.open().await?;
        let place = screen.place_of(&app.processes()?)?;
        Self::close(app, &screen).await?;
        Ok(place)
    }
}

/// Waits until the window has such a place and no longer moves, and returns the place.
async fn expect_place(app: &App, screen: &Screen, expected: impl Fn(Place) -> bool) -> Result<Place> {
    let mut last = None;
    eventually("the window has the expected place", async || {
        tokio::time::sleep(std::time::Duration::from_millis(500)).await;
        let now = screen.place_of(&app.processes()?).ok().filter(|place| expected(*place));
        let has_moved = std::mem::replace(&mut last, now) != now;
        Ok(if has_moved { None } else { now })
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_window_reopens_at_its_last_size_and_place() -> Result<()> {
    let managed = Managed::start("place-stays").await?;
    let first = managed.reopened().await?;
    assert_eq!((first.2, first.3), FIRST);
    assert_eq!(managed.reopened().await?, first, "nothing was changed");

    let (app, screen) = managed.open().await?;
    screen.place(&app.processes()?, (300, 120, 520, 700))?;
    let moved = expect_place(&app, &screen, |place| (place.2, place.3) == (520, 700)).await?;
    Managed::close(app, &screen).await?;
    for _ in 0..2 {
        assert_eq!(managed.reopened().await?, moved);
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_maximised_window_reopens_maximised_and_restores_to_its_normal_size() -> Result<()> {
    let managed = Managed::start("place-maximised").await?;
    let first = managed.reopened().await?;
    let (app, screen) = managed.open().await?;
    screen.toggle_maximized(&app.processes()?)?;
    let large = expect_place(&app, &screen, |place| place.2 > 1200).await?;
    Managed::close(app, &screen).await?;
    assert_eq!(managed.reopened().await?, large);

    let (app, screen) = managed.open().await?;
    screen.toggle_maximized(&app.processes()?)?;
    let restored = expect_place(&app, &screen, |place| (place.2, place.3) == FIRST).await?;
    Managed::close(app, &screen).await?;
    assert_eq!(managed.reopened().await?, restored);
    assert_eq!((first.2, first.3), (restored.2, restored.3));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_window_closed_while_minimised_reopens_at_its_place() -> Result<()> {
    let managed = Managed::start("place-minimised").await?;
    let first = managed.reopened().await?;
    let (app, screen) = managed.open().await?;
    let window = screen.window_of(&app.processes()?)?;
    screen.minimize(&app.processes()?)?;
    eventually("the window is minimised", async || Ok(screen.window_of(&app.processes()?).err().map(drop)))
        .await?;
    let mut app = app;
    screen.close(window)?;
    ensure!(app.wait_for_exit().await?.success(), "{}", app.output()?);
    assert_eq!(managed.reopened().await?, first);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_off_screen_place_is_corrected_and_other_preferences_stay() -> Result<()> {
    let server = Server::start().await?;
    // Without a window manager, which would correct the place itself.
    let desktop = Desktop::start_without_keychain("place-lost").await?;
    let screen = desktop.display().screen()?;
    for (x, y) in [(3000.0, 100.0), (-32_000.0, -32_000.0), (100.0, 5000.0)] {
        let window = json!({ "width": 460.0, "height": 660.0, "x": x, "y": y, "later": true });
        write_preferences(&desktop, &json!({ "window": window, "zoom": 1.8 }))?;
        let app = desktop.start_app(server.url())?;
        app.expect_output("the page runs", 1).await?;
        let (left, top, width, height) = screen.place_of(&app.processes()?)?;
        let (right, bottom) = (left + width as i16, top + height as i16);
        ensure!(left >= 0 && top >= 0 && right <= 1280 && bottom <= 900, "{x}, {y}: {left}, {top}");
        app.close().await?;
        let saved = preferences(&desktop)?;
        assert_eq!((&saved["zoom"], &saved["window"]["later"]), (&json!(1.8), &json!(true)));
        assert_eq!(saved["window"]["x"], json!(f64::from(left)));
    }

    // Larger than any screen.
    write_preferences(&desktop, &json!({ "window": { "width": 9000.0, "height": 9000.0 } }))?;
    let app = desktop.start_app(server.url())?;
    app.expect_output("the page runs", 1).await?;
    let (_, _, width, height) = screen.place_of(&app.processes()?)?;
    assert_eq!((width, height), (1280, 900));
    app.close().await
}
