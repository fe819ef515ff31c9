//! `config check`: whether a server would start with these settings, before it does.

use std::process::ExitCode;

use clap::Subcommand;
use latchkey_server::HashingPlan;
use serde_json::json;

use super::{Failure, Global};

/// Look at the settings
#[derive(Subcommand)]
pub(super) enum Config {
    /// Check the settings, the keys and the certificates, without a server and a database
    ///
    /// Warns if the memory that is granted here is too small for password hashing; a service may
    /// have another limit. Says what does not work without the settings of mail. With --json the settings in force are printed, without secrets.
    Check,
}

impl Config {
    pub(super) fn run(self, global: &Global) -> Result<ExitCode, Failure> {
        let Self::Check = self;
        let settings = global.settings()?;
        latchkey_server::check(&settings)?;
        super::serve::filter(&settings.log)?;
        let mut warnings: Vec<_> = settings.warnings().iter().map(ToString::to_string).collect();
        let plan = HashingPlan::of_this_process(&settings.passwords);
        warnings.extend(plan.warning(&settings.passwords).map(|warning| warning.to_string()));
        let notes: Vec<_> = settings.notes().iter().map(ToString::to_string).collect();
        let json = json!({ "valid": true, "warnings": warnings, "notes": notes, "settings": settings });
        global.say(&json, || {
            let valid = "the settings, the keys and the certificates are valid".to_owned();
            let warnings = warnings.iter().map(|warning| format!("warning: {warning}"));
            let notes = notes.iter().map(|note| format!("note: {note}"));
            [valid].into_iter().chain(warnings).chain(notes).collect::<Vec<_>>().join("\n")
        })?;
        Ok(ExitCode::SUCCESS)
    }
}
