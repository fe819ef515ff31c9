//! `mail`: whether mail goes out.

use std::process::ExitCode;

use clap::Subcommand;
use latchkey_server::{Clock, mail};
use serde_json::json;

use super::{Failure, Global, runtime};

/// See whether mail goes out
#[derive(Subcommand)]
pub(super) enum Mail {
    /// Send a mail to ADDRESS now, and say in one sentence what is wrong if it does not go out
    ///
    /// The SMTP server has taken the mail when this succeeds; whether it arrives is its business
    /// then. Needs no database.
    Test {
        /// Whom to send it to
        #[arg(value_name = "ADDRESS")]
        address: String,
    },
}

impl Mail {
    pub(super) fn run(self, global: &Global) -> Result<ExitCode, Failure> {
        let Self::Test { address } = self;
        let settings = global.settings()?;
        settings.check()?;
        runtime()?.block_on(mail::send_test(&settings, &address, Clock::system().now()))?;
        global.say(&json!({ "sent": true, "to": address }), || {
            format!("the SMTP server has taken a mail for {address}")
        })?;
        Ok(ExitCode::SUCCESS)
    }
}
