//! `user import`: adds many accounts with one command.

use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, ValueEnum};
use latchkey_server::admin::{self, Admin, ImportEvent, ImportOptions, Imported};
use latchkey_server::{Clock, FirebaseParameters};
use serde_json::json;
use zeroize::Zeroizing;

use super::{Failure, Global, note, runtime};

/// How many lines pass between two reports of the progress.
const REPORT: u64 = 10_000;

/// Add many accounts from a file, with the hashes of their passwords
///
/// CSV names its columns in the first line; JSON lines have an object each. Fields: username,
/// password_hash, given_name, family_name, email, language, claims (a JSON object), disabled (true
/// or false), and those that only `user export` writes; the first two are required, others than
/// these are left out. Hashes: Argon2, bcrypt, scrypt and PBKDF2, also as Django, Werkzeug,
/// Keycloak (a credential of a realm export) and Firebase write them, and {SSHA…} of LDAP. A line
/// that is no account is reported with its number, and the others are added. Exits 1 if there was
/// one.
///
/// An account keeps the id of its line if that is free, and its second factor; its owner makes new
/// recovery codes in the app. A role is never imported: `user grant` gives it.
#[derive(Args)]
pub(super) struct Import {
    /// The file; "-" is standard input
    file: PathBuf,
    /// How it is written [default: by the name: .csv, otherwise JSON lines]
    #[arg(long, value_enum)]
    format: Option<Format>,
    /// The hash parameters of the Firebase project that the accounts come from, as the Firebase
    /// console shows them; password_hash is then {"passwordHash": …, "salt": …}
    #[arg(long, value_name = "FILE")]
    firebase_parameters: Option<PathBuf>,
    /// The key that second factors in the file are sealed with: the file of `user export
    /// --seal-to`, or the seal.key of the other server. This server's own is used without
    #[arg(long, value_name = "FILE")]
    sealed_with: Option<PathBuf>,
    /// Check the lines, and change nothing
    #[arg(long)]
    dry_run: bool,
    /// Even accounts with a name that another account had before
    #[arg(long)]
    reuse: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum Format {
    Csv,
    Jsonl,
}

impl Import {
    pub(super) fn run(self, global: &Global) -> Result<ExitCode, Failure> {
        let settings = global.settings()?;
        let is_csv = self.file.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("csv"));
        let format = match self.format.unwrap_or(if is_csv { Format::Csv } else { Format::Jsonl }) {
            Format::Csv => admin::Format::Csv,
            Format::Jsonl => admin::Format::JsonLines,
        };
        let firebase = self.firebase_parameters.as_deref().map(parameters).transpose()?;
        let lines = open(&self.file)?;
        let imported = runtime()?.block_on(async {
            let admin = Admin::open(&settings).await?.reusing_names(self.reuse);
            let mut reported = 0;
            let on = |event: ImportEvent<'_>| match event {
                ImportEvent::Refused(number, error) => note(&format!("line {number}: {error}")),
                ImportEvent::Unused(name) => note(&format!("not used: {}", name.escape_debug())),
                ImportEvent::RoleLeftOut(number, name, role) => {
                    let role = role.as_str();
                    note(&format!(
                        "line {number}: {name} had the role {role}, which is not imported: user grant {name} {role}"
                    ));
                }
                ImportEvent::OtherId(number, name) => {
                    note(&format!("line {number}: the id is in use here, so {name} gets another one"));
                }
                ImportEvent::PasskeysLeftOut(number, name) => {
                    note(&format!(
                        "line {number}: the passkeys of {name} are for another domain than public_url, and are left out"
                    ));
                }
                ImportEvent::InUseLeftOut(number, name, left_out) => {
                    note(&format!(
                        "line {number}: {left_out} links and passkeys of {name} are left out: another account has them"
                    ));
                }
                ImportEvent::Progress(so_far) => {
                    let lines = so_far.added + so_far.refused;
                    if lines >= reported + REPORT {
                        reported = lines;
                        note(&format!("{lines} lines: {} added, {} not", so_far.added, so_far.refused));
                    }
                }
                _ => {}
            };
            let mut options = ImportOptions::from(format);
            options.firebase = firebase;
            options.sealed_with = self.sealed_with;
            options.is_dry_run = self.dry_run;
            let imported = admin.import(lines, options, Clock::system().now(), on).await?;
            admin.close().await;
            Ok::<_, Failure>(imported)
        })?;
        let Imported { added, factors, refused, .. } = imported;
        if factors > 0 {
            note(&format!(
                "{factors} of them have a second factor and no recovery codes: their owners make new ones in the app"
            ));
        }
        let done = if self.dry_run { "could be added" } else { "added" };
        let json = json!({ "added": added, "factors": factors, "refused": refused, "dry_run": self.dry_run });
        global.say(&json, || format!("{added} accounts {done}, {refused} lines refused"))?;
        Ok(if refused == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}

/// Reads the parameters of a Firebase project.
fn parameters(file: &Path) -> Result<FirebaseParameters, Failure> {
    let text = std::fs::read_to_string(file).map(Zeroizing::new);
    let text = text.map_err(|error| Failure(format!("{} cannot be read: {error}", file.display())))?;
    Ok(FirebaseParameters::parse(&text)?)
}

fn open(file: &Path) -> Result<Box<dyn BufRead>, Failure> {
    if file == Path::new("-") {
        return Ok(Box::new(BufReader::new(io::stdin())));
    }
    let opened = File::open(file);
    let opened = opened.map_err(|error| Failure(format!("{} cannot be read: {error}", file.display())))?;
    Ok(Box::new(BufReader::new(opened)))
}
