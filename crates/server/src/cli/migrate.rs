//! `migrate`: makes the database, or brings its tables up to date.

use std::io::{self, Write as _};
use std::process::ExitCode;
use std::time::Duration;

use latchkey_server::admin;
use serde_json::json;

use super::{Failure, Global, runtime};

/// After this time standard error says that it takes longer.
const REPORT_AFTER: Duration = Duration::from_secs(1);

pub(super) fn run(global: &Global) -> Result<ExitCode, Failure> {
    let settings = global.settings()?;
    settings.check()?;
    let migrated = runtime()?.block_on(async {
        let mut migrating = std::pin::pin!(admin::migrate(&settings));
        tokio::select! {
            migrated = &mut migrating => migrated,
            () = tokio::time::sleep(REPORT_AFTER) => {
                let seconds = settings.database_migration_seconds;
                let _ = writeln!(io::stderr(), "waiting for the database, for {seconds} s at most");
                migrating.await
            }
        }
    })?;
    global.say(&json!({ "migrated": migrated }), || match migrated {
        true => "the database was brought up to date".to_owned(),
        false => "the database is up to date".to_owned(),
    })?;
    Ok(ExitCode::SUCCESS)
}
