//! `serve`: the composition root of the running server.

use std::io;
use std::process::ExitCode;

use clap::Args;
use latchkey_server::log::LogQueue;
use latchkey_server::settings::{Listen, LogSettings};
use latchkey_server::traces::Traces;
use latchkey_server::{Application, Clock, Reload, Settings};
use serde_json::json;
use tracing_subscriber::fmt::format::FmtSpan;
use tracing_subscriber::prelude::*;
use tracing_subscriber::{EnvFilter, registry};

use super::signals::stop_signal;
use super::{Failure, Global, runtime, systemd};

/// Run the server until SIGINT or SIGTERM
#[derive(Args)]
pub(super) struct Serve {
    /// Address and port, or unix:FILE; port 0 picks a free one [default: 127.0.0.1:5468]
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<Listen>,
}

impl Serve {
    pub(super) fn run(self, global: &Global) -> Result<ExitCode, Failure> {
        let mut settings = global.settings()?;
        if let Some(listen) = self.listen {
            settings.listen = listen;
        }
        settings.check()?;
        let runtime = runtime()?;
        let traces = Traces::start(&settings.traces, runtime.handle())?;
        let log = log_to_stderr(&settings.log, traces.as_ref())?;
        let stopped = runtime.block_on(async {
            let stopped = run(settings, global).await;
            if let Some(traces) = traces {
                traces.stop().await;
            }
            stopped
        });
        log.flush();
        // A thread that looks up a name cannot be interrupted.
        runtime.shutdown_background();
        stopped
    }
}

async fn run(settings: Settings, global: &Global) -> Result<ExitCode, Failure> {
    // A reload that comes while the server starts must not end it.
    let hangup = hangup_signal()?;
    let passed = systemd::listener();
    let passed = passed.map_err(|error| Failure(format!("the socket cannot be used: {error}")))?;
    let application = Application::build_on(passed, settings, Clock::system()).await?;
    let stop = stop_signal()?;
    reload_on(hangup, application.reload());
    let url = application.url();
    // A server whose address cannot be printed still serves.
    if let Err(failure) = global.say(&json!({ "listening": url }), || format!("listening on {url}")) {
        tracing::warn!(%url, "{failure}");
    }
    systemd::ready();
    let stop = async move {
        stop.await;
        systemd::stopping();
    };
    tokio::select! {
        stopped = application.run_until_stopped(stop) => stopped?,
        () = systemd::stay_alive() => {}
    }
    tracing::info!("stopped");
    Ok(ExitCode::SUCCESS)
}

fn log_to_stderr(settings: &LogSettings, traces: Option<&Traces>) -> Result<LogQueue, Failure> {
    append_to_log();
    let queue = LogQueue::start(io::stderr())?;
    let writer = queue.clone();
    // An error of the log must not be reported on standard error: that panics when standard error
    // is what fails.
    let filter = filter(settings)?;
    let spans = if logs_own_details(&settings.filter) { FmtSpan::CLOSE } else { FmtSpan::NONE };
    let log = tracing_subscriber::fmt::layer()
        .with_span_events(spans)
        .with_writer(move || writer.clone())
        .with_ansi(false)
        .log_internal_errors(false);
    let log = if settings.json { log.json().boxed() } else { log.boxed() };
    match traces {
        // The filter is that of the log alone.
        Some(traces) => registry().with(log.with_filter(filter)).with(traces.layer()).init(),
        None => registry().with(log).with(filter).init(),
    }
    Ok(queue)
}

/// Makes a file that standard error leads to be written at its end. `2> FILE` writes at a position,
/// and a file that is truncated meanwhile (logrotate's `copytruncate`) gets a hole of that size.
#[cfg(unix)]
fn append_to_log() {
    use rustix::fs::{FileType, OFlags, fcntl_getfl, fcntl_setfl, fstat};
    let stderr = io::stderr();
    let is_file = |mode| FileType::from_raw_mode(mode) == FileType::RegularFile;
    if fstat(&stderr).is_ok_and(|status| is_file(status.st_mode)) {
        // If this fails, the log is written as before.
        let _ = fcntl_getfl(&stderr).and_then(|flags| fcntl_setfl(&stderr, flags | OFlags::APPEND));
    }
}

#[cfg(not(unix))]
fn append_to_log() {}

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

/// A stream of SIGHUP.
#[cfg(unix)]
fn hangup_signal() -> io::Result<tokio::signal::unix::Signal> {
    tokio::signal::unix::signal(tokio::signal::unix::SignalKind::hangup())
}

/// Reads keys and certificates again at each SIGHUP.
#[cfg(unix)]
fn reload_on(mut hangup: tokio::signal::unix::Signal, reload: Reload) {
    tokio::spawn(async move {
        while hangup.recv().await.is_some() {
            reload.now();
        }
    });
}

/// This system has no such signal; changed files are detected by the check once a second.
#[cfg(not(unix))]
fn hangup_signal() -> io::Result<()> {
    Ok(())
}

#[cfg(not(unix))]
fn reload_on(_hangup: (), _reload: Reload) {}

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
