//! Starts that cannot come to a window, and second ones: each ends in time and says why.

use std::ffi::OsStr;
use std::os::unix::net::UnixListener;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use latchkey_e2e::{App, Desktop, Display, Server, eventually};
use rustix::process::Signal;

const NOWHERE: &str = "http://127.0.0.1:1";

/// Waits until the app shows a message with that title, and closes it.
async fn read_message(app: &mut App, display: &Display, title: &str) -> Result<()> {
    let screen = display.screen()?;
    eventually("the message is shown", async || {
        let titles = screen.titles_of(&app.processes()?)?;
        Ok(titles.iter().any(|shown| shown.contains(title)).then_some(()))
    })
    .await?;
    screen.close(screen.window_of(&app.processes()?)?)?;
    ensure!(app.ended().await?.code() == Some(1), "{}", app.said()?);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn behind_a_window_that_hangs_a_second_start_says_so() -> Result<()> {
    let display = Display::with_window_manager().await?;
    let mut desktop = Desktop::start_without_keychain("second-frozen").await?;
    desktop.move_to(&display);
    let first = desktop.start_app(NOWHERE)?;
    first.expect_said("the page runs", 1).await?;
    let backend = first.backend()?;
    first.signal(backend, Signal::STOP)?;

    let begun = Instant::now();
    let mut second = desktop.start_app(NOWHERE)?;
    second.expect_said(&format!("does not respond (process {backend})"), 1).await?;
    ensure!(begun.elapsed() < Duration::from_secs(20), "it took {:?}", begun.elapsed());
    read_message(&mut second, &display, "could not start").await?;

    first.signal(backend, Signal::CONT)?;
    let mut third = desktop.start_app(NOWHERE)?;
    ensure!(third.ended().await?.success(), "{}", third.said()?);
    first.close().await
}

#[tokio::test(flavor = "multi_thread")]
async fn from_another_display_a_second_start_says_where_the_window_is() -> Result<()> {
    let (here, there) = (Display::x11().await?, Display::with_window_manager().await?);
    let mut desktop = Desktop::start_without_keychain("second-elsewhere").await?;
    desktop.move_to(&here);
    let first = desktop.start_app(NOWHERE)?;
    first.expect_said("the page runs", 1).await?;

    desktop.move_to(&there);
    let desktop = desktop.in_german()?;
    let mut second = desktop.start_app(NOWHERE)?;
    second.expect_said(&format!("open already, on another display: {}", here.name()), 1).await?;
    read_message(&mut second, &there, "konnte nicht gestartet werden").await?;
    first.close().await
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_session_bus_the_window_opens_and_with_one_that_hangs_a_sentence_says_so() -> Result<()> {
    let display = Display::x11().await?;
    let mut desktop = Desktop::start_without_keychain("second-no-bus").await?;
    desktop.move_to(&display);
    let folder = tempfile::tempdir()?;
    let hanging = folder.path().join("hangs");
    let _listening = UnixListener::bind(&hanging)?;
    let unheard = folder.path().join("unheard");
    drop(UnixListener::bind(&unheard)?);
    let address = |path: &std::path::Path| format!("unix:path={}", path.display());
    let start = |bus: Option<&str>| {
        let runtime = Some(folder.path().as_os_str());
        let variables = [("DBUS_SESSION_BUS_ADDRESS", bus.map(OsStr::new)), ("XDG_RUNTIME_DIR", runtime)];
        desktop.start_app_with(NOWHERE, &variables)
    };
    let missing = address(&folder.path().join("missing"));
    for bus in [None, Some(missing.as_str()), Some(address(&unheard).as_str())] {
        let app = start(bus)?;
        app.expect_said("a second start will open a second window", 1).await?;
        app.expect_said("the page runs", 1).await?;
        ensure!(!app.said()?.contains("panicked"), "{}", app.said()?);
        app.close().await?;
    }
    let mut app = start(Some(&address(&hanging)))?;
    ensure!(app.ended().await?.code() == Some(1), "{}", app.said()?);
    app.expect_said("the session bus does not answer", 1).await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_address_that_is_refused_is_named_in_a_message() -> Result<()> {
    let display = Display::with_window_manager().await?;
    let mut desktop = Desktop::start_without_keychain("start-refused").await?;
    desktop.move_to(&display);
    let mut app = desktop.start_app("http://sam:hunter2@10.0.0.1/?token=hunter2")?;
    app.expect_said("LATCHKEY_SERVER_URL is \"http://…@10.0.0.1/\"", 1).await?;
    read_message(&mut app, &display, "could not start").await?;
    ensure!(!app.said()?.contains("hunter2"), "{}", app.said()?);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_window_outlives_its_log() -> Result<()> {
    let server = Server::start().await?;
    let display = Display::x11().await?;
    let mut desktop = Desktop::start_without_keychain("log-full").await?;
    desktop.move_to(&display);
    // Its first words are about the bus, which is missing.
    let window = desktop.with("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere").with("LATCHKEY_LOG", "trace");
    let window =
        window.open_with_log(server.url(), std::fs::File::options().write(true).open("/dev/full")?).await?;
    // Whether a machine without a bus lets anybody in is not the question here: something is
    // answered.
    window.sign_in(&latchkey_e2e::Account::SAM).await?;
    eventually("the form is answered", async || {
        Ok((window.shows("[data-state=\"signed-in\"]").await?
            || !window.text("[role=\"alert\"]").await?.is_empty())
        .then_some(()))
    })
    .await?;
    window.close_with_session().await
}
