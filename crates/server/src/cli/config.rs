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
    /// have another limit. With --json the settings in force are printed, without secrets.
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
        global.say(&json!({ "valid": true, "warnings": warnings, "settings": settings }), || {
            let valid = "the settings, the keys and the certificates are valid";
            warnings.iter().fold(valid.to_owned(), |text, warning| format!("{text}\nwarning: {warning}"))
        })?;
        Ok(ExitCode::SUCCESS)
    }
}
