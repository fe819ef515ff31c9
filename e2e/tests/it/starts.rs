//! Starts that cannot open a window, and second starts: each ends in time and reports the reason.

use std::ffi::OsStr;
use std::os::unix::net::UnixListener;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use latchkey_e2e::{App, Desktop, Display, Server, eventually};
use rustix::process::Signal;

/// A server URL at which nothing listens.
const NOWHERE: &str = "http://127.0.0.1:1";

/// Waits until the app shows a message with this title on the desktop, and closes it.
async fn read_message(app: &mut App, desktop: &Desktop, title: &str) -> Result<()> {
    let screen = desktop.display().screen()?;
    eventually("the message is shown", async || {
        let titles = screen.titles_of(&app.processes()?)?;
        Ok(titles.iter().any(|shown| shown.contains(title)).then_some(()))
    })
    .await?;
    screen.close(screen.window_of(&app.processes()?)?)?;
    ensure!(app.wait_for_exit().await?.code() == Some(1), "{}", app.output()?);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_start_behind_a_hung_window_reports_it() -> Result<()> {
    let mut desktop = Desktop::start_without_keychain("second-frozen").await?;
    desktop.move_to(Display::with_window_manager().await?);
    let first = desktop.start_app(NOWHERE)?;
    first.expect_output("the page runs", 1).await?;
    let backend = first.backend()?;
    first.signal(backend, Signal::STOP)?;

    let started = Instant::now();
    let mut second = desktop.start_app(NOWHERE)?;
    second.expect_output(&format!("does not respond (process {backend})"), 1).await?;
    ensure!(started.elapsed() < Duration::from_secs(20), "it took {:?}", started.elapsed());
    read_message(&mut second, &desktop, "could not start").await?;

    first.signal(backend, Signal::CONT)?;
    let mut third = desktop.start_app(NOWHERE)?;
    ensure!(third.wait_for_exit().await?.success(), "{}", third.output()?);
    first.close().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_start_on_another_display_names_the_display_of_the_window() -> Result<()> {
    let mut desktop = Desktop::start_without_keychain("second-elsewhere").await?;
    let first = desktop.start_app(NOWHERE)?;
    first.expect_output("the page runs", 1).await?;

    let here = desktop.move_to(Display::with_window_manager().await?);
    let desktop = desktop.in_german()?;
    let mut second = desktop.start_app(NOWHERE)?;
    second.expect_output(&format!("open already, on another display: {}", here.name()), 1).await?;
    read_message(&mut second, &desktop, "konnte nicht gestartet werden").await?;
    first.close().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_session_bus_opens_the_window_and_a_hung_one_is_reported() -> Result<()> {
    let desktop = Desktop::start_without_keychain("second-no-bus").await?;
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
        app.expect_output("a second start will open a second window", 1).await?;
        app.expect_output("the page runs", 1).await?;
        ensure!(!app.output()?.contains("panicked"), "{}", app.output()?);
        app.close().await?;
    }
    let mut app = start(Some(&address(&hanging)))?;
    ensure!(app.wait_for_exit().await?.code() == Some(1), "{}", app.output()?);
    app.expect_output("the session bus does not answer", 1).await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_server_address_is_named_in_a_message() -> Result<()> {
    let mut desktop = Desktop::start_without_keychain("start-refused").await?;
    desktop.move_to(Display::with_window_manager().await?);
    let mut app = desktop.start_app("http://sam:hunter2@10.0.0.1/?token=hunter2")?;
    app.expect_output("LATCHKEY_SERVER_URL is \"http://…@10.0.0.1/\"", 1).await?;
    read_message(&mut app, &desktop, "could not start").await?;
    ensure!(!app.output()?.contains("hunter2"), "{}", app.output()?);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_cannot_be_written_does_not_end_the_window() -> Result<()> {
    let server = Server::start().await?;
    let desktop = Desktop::start_without_keychain("log-full").await?;
    // A missing bus makes it log from the start.
    let window = desktop.with("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere").with("LATCHKEY_LOG", "trace");
    let window =
        window.open_with_log(server.url(), std::fs::File::options().write(true).open("/dev/full")?).await?;
    // Either outcome shows that the app still runs: signed in, or an error about the keychain.
    window.sign_in(&latchkey_e2e::Account::SAM).await?;
    eventually("the sign-in has an outcome", async || {
        Ok((window.shows("[data-state=\"signed-in\"]").await?
            || !window.text("[role=\"alert\"]").await?.is_empty())
        .then_some(()))
    })
    .await?;
    window.close_with_session().await
}
