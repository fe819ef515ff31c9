//! What commands print on standard output: lines for people, JSON for programs. A result that
//! cannot be printed fails the command. A closed pipe is not an error.

use std::io::{self, Write as _};
use std::process::ExitCode;

use serde::Serialize;

use super::{Failure, Global};

/// Prints a line.
pub(super) fn print(line: &str) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    printed(writeln!(out, "{line}").and_then(|()| out.flush()))
}

/// Prints the usage, the help or the version in `error`, and returns its exit code.
pub(super) fn usage(error: &clap::Error) -> ExitCode {
    let result = printed(error.print().and_then(|()| io::stdout().flush()));
    match result {
        Err(failure) if !error.use_stderr() => failure.report(),
        _ => u8::try_from(error.exit_code()).map_or(ExitCode::FAILURE, ExitCode::from),
    }
}

fn printed(result: io::Result<()>) -> Result<(), Failure> {
    match result {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(Failure(format!("the result cannot be printed: {error}")))
        }
        _ => Ok(()),
    }
}

impl Global {
    /// Prints a result.
    pub(super) fn say(&self, value: &impl Serialize, text: impl FnOnce() -> String) -> Result<(), Failure> {
        if self.json { print(&serde_json::to_string(value)?) } else { print(&text()) }
    }

    /// Begins a list of results.
    pub(super) fn list(&self) -> List {
        List { is_json: self.json, count: 0, failure: None }
    }
}

/// Results printed one by one: a line each, or a JSON array with one element per line.
pub(super) struct List {
    is_json: bool,
    count: u64,
    failure: Option<Failure>,
}

impl List {
    /// Prints a result, unless an earlier one could not be printed.
    pub(super) fn item(&mut self, value: &impl Serialize, text: impl FnOnce() -> String) {
        if self.failure.is_none() {
            self.failure = self.try_item(value, text).err();
        }
        self.count += 1;
    }

    fn try_item(&self, value: &impl Serialize, text: impl FnOnce() -> String) -> Result<(), Failure> {
        if !self.is_json {
            return print(&text());
        }
        let before = if self.count == 0 { "[" } else { "," };
        print(&format!("{before}{}", serde_json::to_string(value)?))
    }

    /// Ends the list, and returns the first error that occurred while it was printed.
    pub(super) fn end(self) -> Result<(), Failure> {
        match self.failure {
            Some(failure) => Err(failure),
            None if self.is_json => print(if self.count == 0 { "[]" } else { "]" }),
            None => Ok(()),
        }
    }
}
