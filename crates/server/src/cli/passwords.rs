//! `passwords`: the file of breached passwords.

use std::io::{self, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Subcommand};
use latchkey_server::breached::{self, ALL_RANGES, Imported};
use serde_json::json;

use super::{Failure, Global};

/// Manage the list of breached passwords
#[derive(Subcommand)]
pub(super) enum Passwords {
    /// Passwords that are known from breaches
    #[command(subcommand)]
    Breached(Breached),
}

/// Passwords that are known from breaches
#[derive(Subcommand)]
pub(super) enum Breached {
    /// Make the file of breached passwords from a public list of SHA-1 hashes
    ///
    /// The list is a file with a hash in each line, also with a colon and how often it was seen, in
    /// any order; or a folder of range files, each named after the first five digits of its hashes.
    /// The result takes 3.3 bytes for each hash, and six more while it is made. It is replaced in
    /// one step; a running server uses the new one immediately.
    Import(Import),
}

#[derive(Args)]
pub(super) struct Import {
    /// The list: a file, a folder of range files, or "-" for standard input
    #[arg(value_name = "FILE")]
    list: PathBuf,
    /// Only passwords that were seen this often
    #[arg(long, value_name = "N", default_value_t = 1)]
    at_least: u64,
    /// The file to make [default: the setting passwords.breached_file]
    #[arg(long, value_name = "FILE")]
    to: Option<PathBuf>,
}

impl Passwords {
    pub(super) fn run(self, global: &Global) -> Result<ExitCode, Failure> {
        let Self::Breached(Breached::Import(import)) = self;
        import.run(global)
    }
}

impl Import {
    fn run(self, global: &Global) -> Result<ExitCode, Failure> {
        let to = match self.to {
            Some(to) => to,
            None => global.settings()?.passwords.breached_file.ok_or_else(|| {
                Failure("set passwords.breached_file, or name the file to make with --to".to_owned())
            })?,
        };
        let imported = breached::import(&self.list, self.at_least, &to)?;
        let Imported { entries, skipped, ranges, bytes, false_positive_rate } = imported;
        let file = to.display();
        let value = json!({
            "file": file.to_string(), "entries": entries, "skipped": skipped, "ranges": ranges, "bytes": bytes,
            "false_positive_rate": false_positive_rate,
        });
        global.say(&value, || {
            format!(
                "imported {entries} hashes into {file} ({bytes} bytes); skipped {skipped}; \
                 another password is refused with a probability of {false_positive_rate:.1e}"
            )
        })?;
        if (1..ALL_RANGES).contains(&ranges) {
            let _ = writeln!(
                io::stderr(),
                "warning: {ranges} range files of {ALL_RANGES}: the list is not whole"
            );
        }
        Ok(ExitCode::SUCCESS)
    }
}
