//! `backup`: a copy of the SQLite database, while servers use it.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use serde_json::json;

use super::signals::unless_stopped;
use super::{Failure, Global, runtime};

/// Copy the SQLite database to a new file; servers may go on
#[derive(Args)]
pub(super) struct Backup {
    /// The copy; it must not exist
    file: PathBuf,
}

impl Backup {
    pub(super) fn run(self, global: &Global) -> Result<ExitCode, Failure> {
        let settings = global.settings()?;
        let copy = async { Ok(latchkey_server::backup(&settings.database_url, &self.file).await?) };
        let bytes = runtime()?.block_on(unless_stopped(copy))?;
        let file = self.file.display();
        global.say(&json!({ "file": file.to_string(), "bytes": bytes }), || {
            format!("copied to {file} ({bytes} bytes)")
        })?;
        Ok(ExitCode::SUCCESS)
    }
}
