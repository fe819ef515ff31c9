//! The signals that end a command.

use std::io;

use super::Failure;

/// Waits for `work`, and gives it up at the first signal that ends a command, so that what it has
/// begun to write is deleted and does not stay under a name that nobody looks for.
pub(super) async fn unless_stopped<T>(work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    let (stop, hangup) = (stop_signal()?, hangup()?);
    tokio::select! {
        done = work => done,
        () = stop => Err(stopped()),
        () = hangup => Err(stopped()),
    }
}

fn stopped() -> Failure {
    Failure("stopped by a signal; nothing was written".to_owned())
}

/// Ready at the first SIGINT or SIGTERM. The handlers are installed when this returns, so no signal
/// is missed.
#[cfg(unix)]
pub(super) fn stop_signal() -> io::Result<impl Future<Output = ()> + Send> {
    use tokio::signal::unix::{SignalKind, signal};
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    Ok(async move {
        tokio::select! { _ = interrupt.recv() => {}, _ = terminate.recv() => {} }
    })
}

/// Ready at Ctrl+C or Ctrl+Break, or when the console or the system closes.
#[cfg(not(unix))]
pub(super) fn stop_signal() -> io::Result<impl Future<Output = ()> + Send> {
    use tokio::signal::windows::{ctrl_break, ctrl_c, ctrl_close, ctrl_shutdown};
    let (mut interrupt, mut stop) = (ctrl_c()?, ctrl_break()?);
    let (mut close, mut shutdown) = (ctrl_close()?, ctrl_shutdown()?);
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {},
            _ = stop.recv() => {},
            _ = close.recv() => {},
            _ = shutdown.recv() => {},
        }
    })
}

/// Ready at SIGHUP: the terminal of the command is closed.
#[cfg(unix)]
fn hangup() -> io::Result<impl Future<Output = ()> + Send> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut hangup = signal(SignalKind::hangup())?;
    Ok(async move {
        hangup.recv().await;
    })
}

/// This system has no such signal.
#[cfg(not(unix))]
fn hangup() -> io::Result<impl Future<Output = ()> + Send> {
    Ok(std::future::pending())
}
