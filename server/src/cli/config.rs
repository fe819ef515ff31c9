//! `config check`: whether a server would start with these settings, before it does.

use std::process::ExitCode;

use clap::Subcommand;
use serde_json::json;

use super::{Failure, Global};

/// Look at the settings
#[derive(Subcommand)]
pub(super) enum Config {
    /// Check the settings, the keys and the certificates, without a server and a database
    ///
    /// With --json the settings in force are printed, without secrets.
    Check,
}

impl Config {
    pub(super) fn run(self, global: &Global) -> Result<ExitCode, Failure> {
        let Self::Check = self;
        let settings = global.settings()?;
        latchkey_server::check(&settings)?;
        super::serve::filter(&settings.log)?;
        global.say(&json!({ "valid": true, "settings": settings }), || {
            "the settings, the keys and the certificates are valid".to_owned()
        })?;
        Ok(ExitCode::SUCCESS)
    }
}
