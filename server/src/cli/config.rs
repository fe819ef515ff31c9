//! `config check`: whether a server would start with these settings, before it does.

use std::process::ExitCode;

use clap::Subcommand;
use serde_json::json;

use super::{Failure, Global, print};

/// Look at the settings
#[derive(Subcommand)]
pub(super) enum Config {
    /// Check the settings, the keys and the certificates, without a server and a database
    Check {
        /// Print JSON: the settings in force, without secrets
        #[arg(long)]
        json: bool,
    },
}

impl Config {
    pub(super) fn run(self, global: &Global) -> Result<ExitCode, Failure> {
        let Self::Check { json } = self;
        let settings = global.settings()?;
        latchkey_server::check(&settings)?;
        super::serve::filter(&settings.log)?;
        if json {
            print(&json!({ "valid": true, "settings": settings }).to_string());
        } else {
            print("the settings, the keys and the certificates are valid");
        }
        Ok(ExitCode::SUCCESS)
    }
}
