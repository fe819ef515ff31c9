//! `keys`: the server's key pair.

use std::process::ExitCode;

use clap::Subcommand;

use super::{Failure, Global, print};

/// Make the server's keys
#[derive(Subcommand)]
pub(super) enum Keys {
    /// Make a key pair: auth-private.key for the server, auth-public.key for every app
    ///
    /// Keys that are there already are never replaced.
    Generate {
        /// Length of the RSA key: 2048, 3072, 4096 or 8192
        #[arg(long, default_value_t = 3072)]
        bits: u32,
    },
}

impl Keys {
    pub(super) fn run(self, global: &Global) -> Result<ExitCode, Failure> {
        let Self::Generate { bits } = self;
        let made = latchkey_server::keys::generate(&global.settings()?.keys, bits)?;
        print(&format!("private key: {} (keep it secret)", made.private_key.display()));
        print(&format!("public key: {}", made.public_key.display()));
        print(&format!("key id: {}", made.kid));
        Ok(ExitCode::SUCCESS)
    }
}
