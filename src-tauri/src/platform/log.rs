//! The app's log, on standard error. Refuses to end the app for it: a line that cannot be written
//! is lost.

use std::io::{self, IsTerminal as _};

use tracing_subscriber::EnvFilter;

use super::environment::variable;

/// The variable with the log filter, in the format of `tracing_subscriber::EnvFilter`.
const VARIABLE: &str = "LATCHKEY_LOG";

/// The filter if the variable is not set.
const DEFAULT: &str = "warn";

/// Starts the log of this process. Does nothing if it has one already.
pub fn start() {
    let wanted = variable(VARIABLE).map(|wanted| wanted.to_string_lossy().into_owned());
    let filter = wanted.as_deref().map(EnvFilter::try_new);
    let is_refused = matches!(filter, Some(Err(_)));
    // Colours only on a terminal, and only if `NO_COLOR` is not set. A console of Windows shows
    // their codes as text, unless a program has switched it.
    let colours = !cfg!(windows) && io::stderr().is_terminal() && variable("NO_COLOR").is_none();
    let started = tracing_subscriber::fmt()
        .with_env_filter(filter.and_then(Result::ok).unwrap_or_else(|| EnvFilter::new(DEFAULT)))
        .with_writer(io::stderr)
        .with_ansi(colours)
        // They would be reported on standard error, which panics when standard error is the fault.
        .log_internal_errors(false)
        .try_init();
    if started.is_ok() && is_refused {
        tracing::warn!("{VARIABLE} is not understood; warnings and errors are logged");
    }
}
