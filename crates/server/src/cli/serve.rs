//! `serve`: the composition root of the running server.

use std::io;
use std::net::SocketAddr;
use std::process::ExitCode;

use clap::Args;
use latchkey_server::log::LogQueue;
use latchkey_server::settings::LogSettings;
use latchkey_server::{Application, Clock, Reload, Settings};
use serde_json::json;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::format::FmtSpan;

use super::{Failure, Global, runtime};

/// Run the server until SIGINT or SIGTERM
#[derive(Args)]
pub(super) struct Serve {
    /// Address and port to listen on; port 0 picks a free one [default: 127.0.0.1:5468]
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<SocketAddr>,
}

impl Serve {
    pub(super) fn run(self, global: &Global) -> Result<ExitCode, Failure> {
        let mut settings = global.settings()?;
        if let Some(listen) = self.listen {
            settings.listen = listen;
        }
        settings.check()?;
        let log = log_to_stderr(&settings.log)?;
        let runtime = runtime()?;
        let stopped = runtime.block_on(run(settings, global));
        log.flush();
        // A thread that looks up a name cannot be interrupted.
        runtime.shutdown_background();
        stopped
    }
}

async fn run(settings: Settings, global: &Global) -> Result<ExitCode, Failure> {
    let application = Application::build(settings, Clock::system()).await?;
    let stop = stop_signal()?;
    reload_on_hangup(application.reload())?;
    let url = application.url();
    // A server whose address cannot be printed still serves.
    if let Err(failure) = global.say(&json!({ "listening": url }), || format!("listening on {url}")) {
        tracing::warn!(%url, "{failure}");
    }
    application.run_until_stopped(stop).await?;
    tracing::info!("stopped");
    Ok(ExitCode::SUCCESS)
}

fn log_to_stderr(settings: &LogSettings) -> Result<LogQueue, Failure> {
    let queue = LogQueue::start(io::stderr())?;
    let writer = queue.clone();
    // An error of the log must not be reported on standard error: that panics when standard error
    // is what fails.
    let filter = filter(settings)?;
    let spans = if logs_own_details(&settings.filter) { FmtSpan::CLOSE } else { FmtSpan::NONE };
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_span_events(spans)
        .with_writer(move || writer.clone())
        .with_ansi(false)
        .log_internal_errors(false);
    if settings.json {
        log.json().init();
    } else {
        log.init();
    }
    Ok(queue)
}

/// Whether the filter shows the details of this server: each use case, hash, signature and request
/// then also logs its duration. Details of a library alone do not count.
fn logs_own_details(filter: &str) -> bool {
    filter.split(',').map(str::trim).any(|directive| {
        let (target, level) = directive.rsplit_once('=').unwrap_or(("", directive));
        let is_own = target.is_empty() || target.starts_with("latchkey");
        is_own && (level.eq_ignore_ascii_case("debug") || level.eq_ignore_ascii_case("trace"))
    })
}

/// The filter of the log.
pub(super) fn filter(settings: &LogSettings) -> Result<EnvFilter, Failure> {
    EnvFilter::try_new(&settings.filter)
        .map_err(|_| Failure("the setting log.filter is not valid".to_owned()))
}

/// Ready at the first SIGINT or SIGTERM. The handlers are installed when this returns, so no signal
/// is missed.
#[cfg(unix)]
fn stop_signal() -> io::Result<impl Future<Output = ()> + Send> {
    use tokio::signal::unix::{SignalKind, signal};
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    Ok(async move {
        tokio::select! { _ = interrupt.recv() => {}, _ = terminate.recv() => {} }
    })
}

/// Ready at Ctrl+C or Ctrl+Break, or when the console or the system closes.
#[cfg(not(unix))]
fn stop_signal() -> io::Result<impl Future<Output = ()> + Send> {
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

/// Reads keys and certificates again at each SIGHUP.
#[cfg(unix)]
fn reload_on_hangup(reload: Reload) -> io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut hangup = signal(SignalKind::hangup())?;
    tokio::spawn(async move {
        while hangup.recv().await.is_some() {
            reload.now();
        }
    });
    Ok(())
}

/// This system has no such signal; changed files are detected by the check once a second.
#[cfg(not(unix))]
fn reload_on_hangup(_reload: Reload) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_logged_for_details_of_this_server_only() {
        for filter in ["debug", "TRACE", "info, latchkey_server=debug", "latchkey=trace,hyper=info"] {
            assert!(logs_own_details(filter), "{filter}");
        }
        for filter in ["", "info", "info,hyper=debug", "latchkey_server=info"] {
            assert!(!logs_own_details(filter), "{filter}");
        }
    }
}
