//! `user`: accounts.

use std::process::ExitCode;

use clap::{Args, Subcommand};
use latchkey_server::Clock;
use latchkey_server::accounts::{self, NewAccount, Username, parse_claims};

use super::{Failure, Global, password, print, runtime};

/// Manage accounts
#[derive(Subcommand)]
pub(super) enum User {
    /// Add an account
    ///
    /// Asks for the password, or reads it from standard input with --password-stdin.
    Add(Add),
}

#[derive(Args)]
pub(super) struct Add {
    /// User name: 1 to 64 letters, digits and . _ - @ +
    name: String,
    /// Given name
    #[arg(long, value_name = "NAME")]
    given_name: Option<String>,
    /// Family name
    #[arg(long, value_name = "NAME")]
    family_name: Option<String>,
    /// E-mail address
    #[arg(long, value_name = "ADDRESS")]
    email: Option<String>,
    /// A claim that every token of the account bears; VALUE is taken as JSON if it is JSON. Can be given several times
    #[arg(long = "claim", value_name = "KEY=VALUE")]
    claims: Vec<String>,
    /// Read the password from standard input
    #[arg(long)]
    password_stdin: bool,
}

impl User {
    pub(super) fn run(self, global: &Global) -> Result<ExitCode, Failure> {
        let Self::Add(add) = self;
        let settings = global.settings()?;
        // What is wrong without the password is said before it is asked for.
        let username = Username::parse(&add.name)?;
        let claims = parse_claims(add.claims.iter().map(String::as_str))?;
        let account = NewAccount {
            username: username.clone(),
            password: password::read(add.password_stdin)?,
            given_name: add.given_name,
            family_name: add.family_name,
            email: add.email,
            claims,
        };
        let now = Clock::system().now();
        let id = runtime()?.block_on(accounts::add(&settings, account, now))?;
        print(&format!("added {username} ({id})"));
        Ok(ExitCode::SUCCESS)
    }
}
