//! What commands print on standard output: lines for a person, JSON for a program.

use std::io::{self, Write as _};

use serde::Serialize;

use super::{Failure, Global};

/// Prints a line; a reader that has gone away is no fault.
pub(super) fn print(line: &str) {
    let mut out = io::stdout().lock();
    let _ = writeln!(out, "{line}").and_then(|()| out.flush());
}

impl Global {
    /// Prints a result.
    pub(super) fn say(&self, value: &impl Serialize, text: impl FnOnce() -> String) -> Result<(), Failure> {
        if self.json {
            print(&serde_json::to_string(value)?);
        } else {
            print(&text());
        }
        Ok(())
    }

    /// Begins a list of results.
    pub(super) fn list(&self) -> List {
        List { is_json: self.json, count: 0, failure: None }
    }
}

/// Results one by one, however many: a line each, or a JSON array with an element in each line.
pub(super) struct List {
    is_json: bool,
    count: u64,
    failure: Option<Failure>,
}

impl List {
    pub(super) fn item(&mut self, value: &impl Serialize, text: impl FnOnce() -> String) {
        if !self.is_json {
            return print(&text());
        }
        let before = if self.count == 0 { "[" } else { "," };
        match serde_json::to_string(value) {
            Ok(value) => print(&format!("{before}{value}")),
            Err(error) => self.failure = Some(error.into()),
        }
        self.count += 1;
    }

    pub(super) fn end(self) -> Result<(), Failure> {
        if self.is_json {
            print(if self.count == 0 { "[]" } else { "]" });
        }
        self.failure.map_or(Ok(()), Err)
    }
}
