//! Latchkey's server with notes: it has the settings of `latchkey-server serve`.

use std::error::Error;
use std::path::Path;

use latchkey_server::{Application, Clock, Settings};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let file = Some(Path::new("config/server.toml")).filter(|file| file.is_file());
    let settings = Settings::load(file, std::env::vars_os())?;
    std::fs::create_dir_all("data")?;
    let notes = latchkey_example_notes::routes(Path::new("data/notes.db")).await?;
    let application = Application::build(settings, Clock::system()).await?.with_routes(notes);
    let stop = stop_signal()?;
    say(&format!("listening on {}", application.url()));
    application.run_until_stopped(stop).await?;
    Ok(())
}

/// Ready at Ctrl+C, or when a service manager stops it. No signal is missed from now on.
#[cfg(unix)]
fn stop_signal() -> std::io::Result<impl Future<Output = ()> + Send> {
    use tokio::signal::unix::{SignalKind, signal};
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    Ok(async move {
        tokio::select! { _ = interrupt.recv() => {}, _ = terminate.recv() => {} }
    })
}

/// Ready at Ctrl+C.
#[cfg(not(unix))]
fn stop_signal() -> std::io::Result<impl Future<Output = ()> + Send> {
    let mut interrupt = tokio::signal::windows::ctrl_c()?;
    Ok(async move {
        interrupt.recv().await;
    })
}

#[expect(clippy::print_stdout, reason = "a command line program says where it listens")]
fn say(text: &str) {
    println!("{text}");
}
