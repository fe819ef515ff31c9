//! `config check`: whether a server would start with these settings, before it does.

use std::process::ExitCode;

use clap::Subcommand;
use latchkey_server::admin::Admin;
use latchkey_server::passkeys::NoPasskeys;
use latchkey_server::seal::{self, SealState};
use latchkey_server::{HashingPlan, Settings};
use serde_json::json;

use super::{Failure, Global, runtime};

/// What is missing without a seal key.
const NO_SEAL_KEY: &str = "there is no seal key, so there are no second factors and no codes: make one with \
    `latchkey-server keys generate --seal`";

/// Look at the settings
#[derive(Subcommand)]
pub(super) enum Config {
    /// Check the settings, the keys and the certificates, without a server and a database
    ///
    /// Warns if the memory that is granted here is too small for password hashing; a service may
    /// have another limit. Says what does not work without the settings of mail. With --json the
    /// settings in force are printed, without secrets.
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
        if seal::check(&settings)? == SealState::Missing {
            warnings.push(NO_SEAL_KEY.to_owned());
        }
        let (claims, no_passkeys) = of_database(&settings)?;
        warnings.extend(claims);
        let mut notes: Vec<_> = settings.notes().iter().map(ToString::to_string).collect();
        notes.extend(no_passkeys.map(|reason| format!("passkeys are not offered: {reason}")));
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

/// What the database has to say: a warning about accounts whose custom claims have names that are
/// the server's own by now, and why there are no passkeys. It is read only where there is one: the
/// settings can be checked without.
fn of_database(settings: &Settings) -> Result<(Option<String>, Option<NoPasskeys>), Failure> {
    let read = runtime()?.block_on(async {
        let admin = Admin::open(settings).await.ok()?;
        let names = admin.accounts_with_reserved_claims().await.unwrap_or_default();
        let passkeys = admin.check_passkeys().await;
        admin.close().await;
        Some((names, passkeys))
    });
    let Some((names, passkeys)) = read else {
        return Ok((None, NoPasskeys::of(settings)?));
    };
    let warning = "these accounts have custom claims acr, amr or latchkey_role, which tokens have no longer, because they are the \
        server's own";
    let warning = (!names.is_empty()).then(|| format!("{warning}: {}", names.join(", ")));
    Ok((warning, passkeys?))
}
