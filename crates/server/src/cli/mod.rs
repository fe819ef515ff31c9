//! The command line. Exit codes: 0 done, 1 failed or not valid, 2 wrong usage. Errors are one
//! sentence on standard error; secrets are never arguments.

mod audit;
mod backup;
mod code;
mod config;
mod edit;
mod export;
mod factor;
mod health;
mod import;
mod keys;
mod mail;
mod manual;
mod migrate;
mod output;
mod passkey;
mod password;
mod passwords;
mod serve;
mod session;
mod signals;
mod since;
mod systemd;
mod token;
mod user;
mod webhook;

use std::fmt;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, UNIX_EPOCH};

use clap::{Args, Parser, Subcommand};
use latchkey_server::Settings;

use output::print;

/// The sign-in server of Latchkey.
///
/// Settings come from config/server.toml, from LATCHKEY_ variables and from the options below; the
/// later one wins.
#[derive(Parser)]
#[command(name = "latchkey-server", version, max_term_width = 100)]
struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Command,
}

#[derive(Args)]
#[command(next_help_heading = "Settings")]
struct Global {
    /// Settings file [env: LATCHKEY_CONFIG] [default: config/server.toml, if it is there]
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    /// sqlite:FILE or postgres://USER:PASSWORD@HOST/NAME [env: LATCHKEY_DATABASE_URL]
    /// [default: sqlite:data/latchkey.db]
    #[arg(long, global = true, value_name = "URL")]
    database_url: Option<String>,
    /// Folder of auth-private.key, auth-public.key and seal.key [env: LATCHKEY_KEYS] [default:
    /// config]
    #[arg(long, global = true, value_name = "DIR")]
    keys: Option<PathBuf>,
    /// Print JSON: an object, or an array of them for a list
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Subcommand)]
enum Command {
    /// Run the server
    Serve(serve::Serve),
    /// Make the server's keys, and change them
    #[command(subcommand)]
    Keys(keys::Keys),
    /// Manage accounts
    #[command(subcommand)]
    User(user::User),
    /// Manage the list of breached passwords
    #[command(subcommand)]
    Passwords(passwords::Passwords),
    /// See the passkeys of accounts, and remove them
    #[command(subcommand)]
    Passkey(passkey::PasskeyCommand),
    /// See who is signed in where, and end it
    #[command(subcommand)]
    Session(session::Session),
    /// See what happened
    #[command(subcommand)]
    Audit(audit::Audit),
    /// Check tokens
    #[command(subcommand)]
    Token(token::Token),
    /// Make the database, or bring its tables up to date; `serve` does so too
    Migrate,
    /// Copy the SQLite database
    Backup(backup::Backup),
    /// See whether mail goes out
    #[command(subcommand)]
    Mail(mail::Mail),
    /// Look at the receivers of events
    #[command(subcommand)]
    Webhook(webhook::Webhook),
    /// Look at the settings
    #[command(subcommand)]
    Config(config::Config),
    /// Ask whether the server on this computer is ready; exits 1 if it is not
    Health,
    /// Write the manual pages
    Man(manual::Man),
    /// Print the completions for a shell
    Completions(manual::Completions),
}

/// Why a command failed, in one sentence.
#[derive(Debug)]
struct Failure(String);

impl<E: std::error::Error> From<E> for Failure {
    fn from(error: E) -> Self {
        Self(error.to_string())
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // One line, even if the text of a library has several.
        let mut words = self.0.split_whitespace();
        f.write_str(words.next().unwrap_or("failed"))?;
        words.try_for_each(|word| write!(f, " {word}"))
    }
}

impl Failure {
    /// Says it on standard error, and returns the exit code of a failure.
    fn report(&self) -> ExitCode {
        let _ = writeln!(io::stderr(), "error: {self}");
        ExitCode::FAILURE
    }
}

/// Runs the command that the arguments name.
pub(crate) fn run() -> ExitCode {
    let Cli { global, command } = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return output::usage(&error),
    };
    let result = match command {
        Command::Serve(serve) => serve.run(&global),
        Command::Keys(keys) => keys.run(&global),
        Command::User(user) => user.run(&global),
        Command::Passwords(passwords) => passwords.run(&global),
        Command::Passkey(passkey) => passkey.run(&global),
        Command::Session(session) => session.run(&global),
        Command::Audit(audit) => audit.run(&global),
        Command::Token(token) => token.run(),
        Command::Migrate => migrate::run(&global),
        Command::Backup(backup) => backup.run(&global),
        Command::Mail(mail) => mail.run(&global),
        Command::Webhook(webhook) => webhook.run(&global),
        Command::Config(config) => config.run(&global),
        Command::Health => health::run(&global),
        Command::Man(man) => man.run(&global),
        Command::Completions(completions) => completions.run(),
    };
    result.unwrap_or_else(|failure| failure.report())
}

impl Global {
    /// Defaults < file < environment < options.
    fn settings(&self) -> Result<Settings, Failure> {
        let usual = Path::new("config/server.toml");
        // Not read by clap, for which an empty variable is an error: here it counts as unset, as
        // everywhere.
        let variable = std::env::var_os("LATCHKEY_CONFIG").filter(|file| !file.is_empty()).map(PathBuf::from);
        let named = self.config.as_deref().or(variable.as_deref());
        let file = named.or_else(|| usual.exists().then_some(usual));
        let mut settings = Settings::load(file, std::env::vars_os())?;
        if let Some(url) = &self.database_url {
            settings.database_url = url.as_str().into();
        }
        if let Some(keys) = &self.keys {
            settings.keys.clone_from(keys);
        }
        Ok(settings)
    }
}

/// On standard error: standard output has the result only.
fn note(line: &str) {
    let _ = writeln!(io::stderr(), "{line}");
}

/// A time in UTC, as text for a terminal.
fn date(seconds: i64) -> String {
    // A time before 1970 comes from a wrong clock.
    let since = u64::try_from(seconds).ok().map(Duration::from_secs);
    match since.and_then(|since| UNIX_EPOCH.checked_add(since)).filter(|_| seconds < 253_402_300_800) {
        Some(time) => httpdate::fmt_http_date(time),
        None => seconds.to_string(),
    }
}

fn runtime() -> io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build()
}
