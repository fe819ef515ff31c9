//! `config check`: whether a server would start with these settings, before it does.

use std::process::ExitCode;

use clap::Subcommand;
use latchkey_server::accounts::{WithoutWay, is_line};
use latchkey_server::admin::{Admin, AdminError};
use latchkey_server::passkeys::NoPasskeys;
use latchkey_server::seal::{self, SealState};
use latchkey_server::settings::PublicUrl;
use latchkey_server::{Clock, DEFAULT_ISSUER, DatabaseError, HashingPlan, IssuerError, Settings};
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
    Check {
        /// Also call the providers
        #[arg(long)]
        online: bool,
    },
    /// Give the tokens of this database another issuer
    ///
    /// Every app and every service that was built with the present one refuses the server's tokens
    /// then: everyone has to sign in again, with a new app. Set tokens.issuer to the same, or leave
    /// it out, and start the servers again.
    ChangeIssuer {
        /// The new one: best the text of public_url
        issuer: String,
    },
}

impl Config {
    pub(super) fn run(self, global: &Global) -> Result<ExitCode, Failure> {
        let online = matches!(self, Self::Check { online: true });
        let settings = global.settings()?;
        if let Self::ChangeIssuer { issuer } = self {
            return change_issuer(&settings, &issuer, global);
        }
        latchkey_server::check(&settings)?;
        super::serve::filter(&settings.log)?;
        let mut warnings: Vec<_> = settings.warnings().iter().map(ToString::to_string).collect();
        let plan = HashingPlan::of_this_process(&settings.passwords);
        warnings.extend(plan.warning(&settings.passwords).map(|warning| warning.to_string()));
        if seal::check(&settings)? == SealState::Missing {
            warnings.push(NO_SEAL_KEY.to_owned());
        }
        let OfDatabase { unread, claims, no_passkeys, without_way, issuer } = of_database(&settings)?;
        warnings.extend(claims);
        warnings.extend(locked_out(&without_way));
        let issuer = issuer?;
        if online {
            warnings.extend(of_providers(&settings)?);
        }
        let mut notes: Vec<_> = settings.notes().iter().map(ToString::to_string).collect();
        notes.extend(others_locked_out(&without_way));
        notes.extend(unread.map(|error| format!("the database was not looked at: {error}")));
        notes.extend(no_passkeys.map(|reason| format!("passkeys are not offered: {reason}")));
        let address = settings.public_url.as_ref();
        let issuer_of_address = address.zip(issuer.as_deref());
        notes.extend(issuer_of_address.and_then(|(address, issuer)| other_address(address.as_str(), issuer)));
        let json = json!({
            "valid": true, "warnings": warnings, "notes": notes, "issuer": issuer, "settings": settings,
        });
        global.say(&json, || {
            let valid = "the settings, the keys and the certificates are valid".to_owned();
            let warnings = warnings.iter().map(|warning| format!("warning: {warning}"));
            let notes = notes.iter().map(|note| format!("note: {note}"));
            [valid].into_iter().chain(warnings).chain(notes).collect::<Vec<_>>().join("\n")
        })?;
        Ok(ExitCode::SUCCESS)
    }
}

/// A warning of accounts with a role that cannot sign in.
fn locked_out(without: &WithoutWay) -> Option<String> {
    (!without.with_role.is_empty()).then(|| {
        let names = without.with_role.join(", ");
        format!(
            "passwords are off, and these accounts with a role have neither a passkey nor a link to a provider's account: \
             {names}. Make a code for each with `user reset-code`"
        )
    })
}

/// A note about the others.
fn others_locked_out(without: &WithoutWay) -> Option<String> {
    (without.others > 0).then(|| {
        format!(
            "passwords are off, and {} accounts have neither a passkey nor a link yet: they need a code to sign in",
            without.others
        )
    })
}

/// A note for an issuer that is not the address.
fn other_address(address: &str, issuer: &str) -> Option<String> {
    let is_address = issuer.parse::<PublicUrl>().is_ok_and(|url| url.as_str() == address);
    (!is_address).then(|| {
        format!("the issuer of tokens is {issuer} and not public_url: libraries do not discover this server by its address")
    })
}

fn change_issuer(settings: &Settings, issuer: &str, global: &Global) -> Result<ExitCode, Failure> {
    if !is_line(issuer, 200) {
        return Err(Failure("an issuer is one line of 1 to 200 characters".to_owned()));
    }
    runtime()?.block_on(async {
        let admin = Admin::open(settings).await?;
        admin.change_issuer(issuer, Clock::system().now()).await?;
        admin.close().await;
        Ok::<_, Failure>(())
    })?;
    global.say(&json!({ "issuer": issuer }), || {
        format!("tokens have the issuer {issuer} after the next start: build apps and services with it")
    })?;
    Ok(ExitCode::SUCCESS)
}

/// What is wrong with the providers, each as it answers now.
fn of_providers(settings: &Settings) -> Result<Vec<String>, Failure> {
    let now = Clock::system().now();
    let checked = runtime()?.block_on(latchkey_server::providers::check(settings, now));
    let checked = checked.map_err(latchkey_server::BuildError::from)?;
    let wrong = |(id, outcome): (String, Result<(), _>)| Some(format!("provider {id}: {}", outcome.err()?));
    Ok(checked.into_iter().filter_map(wrong).collect())
}

/// What the database has to say.
struct OfDatabase {
    /// Why it could not be asked.
    unread: Option<AdminError>,
    /// A warning about accounts whose custom claims have names that are the server's own by now.
    claims: Option<String>,
    no_passkeys: Option<NoPasskeys>,
    without_way: WithoutWay,
    /// `None` if only the database knows.
    issuer: Result<Option<String>, IssuerError>,
}

/// Asks the database where there is one: the settings can be checked without.
fn of_database(settings: &Settings) -> Result<OfDatabase, Failure> {
    let read = runtime()?.block_on(async {
        let admin = Admin::open(settings).await?;
        let names = admin.accounts_with_reserved_claims().await.unwrap_or_default();
        let passkeys = admin.check_passkeys().await;
        let without_way = admin.without_way_in().await.unwrap_or_default();
        let issuer = admin.issuer().await;
        admin.close().await;
        Ok((names, passkeys, without_way, issuer))
    });
    let without_way = WithoutWay::default();
    let (names, passkeys, without_way, issuer) = match read {
        Ok(read) => read,
        Err(AdminError::Database(DatabaseError::Missing(_) | DatabaseError::Empty)) => {
            let address = settings.public_url.as_ref().map(|url| url.as_str().to_owned());
            let issuer = settings.tokens.issuer.clone().or(address);
            let issuer = issuer.unwrap_or_else(|| DEFAULT_ISSUER.to_owned());
            let no_passkeys = NoPasskeys::of(settings)?;
            let issuer = Ok(Some(issuer));
            return Ok(OfDatabase { unread: None, claims: None, no_passkeys, without_way, issuer });
        }
        Err(error) => {
            let (no_passkeys, issuer) = (NoPasskeys::of(settings)?, settings.tokens.issuer.clone());
            let (unread, issuer) = (Some(error), Ok(issuer));
            return Ok(OfDatabase { unread, claims: None, no_passkeys, without_way, issuer });
        }
    };
    let warning = "these accounts have custom claims acr, amr or latchkey_role, which tokens have no longer, because they are the \
        server's own";
    let claims = (!names.is_empty()).then(|| format!("{warning}: {}", names.join(", ")));
    let (no_passkeys, issuer) = (passkeys?, issuer.map(Some));
    Ok(OfDatabase { unread: None, claims, no_passkeys, without_way, issuer })
}
