//! `passkey`: the passkeys of accounts, and the end of those that are bound to another name.

use std::process::ExitCode;

use clap::{Args, Subcommand};
use latchkey_server::Clock;
use latchkey_server::accounts::Username;
use latchkey_server::admin::Admin;
use latchkey_server::passkeys::Passkey;
use serde_json::json;

use super::{Failure, Global, date, runtime};

/// See the passkeys of accounts, and remove them
#[derive(Subcommand)]
pub(super) enum PasskeyCommand {
    /// List the passkeys of an account
    List {
        /// User name
        name: String,
    },
    /// Remove a passkey of an account, or all of them, for who has lost a device
    Remove(Remove),
    /// Remove the passkeys of all accounts, because public_url has another name than they are bound
    /// to
    RemoveAll {
        /// Do it: they cannot be had back
        #[arg(long, required = true)]
        yes: bool,
    },
}

#[derive(Args)]
pub(super) struct Remove {
    /// User name
    name: String,
    /// Id of the passkey
    #[arg(required_unless_present = "all", conflicts_with = "all")]
    id: Option<String>,
    /// All passkeys of the account
    #[arg(long)]
    all: bool,
}

impl PasskeyCommand {
    pub(super) fn run(self, global: &Global) -> Result<ExitCode, Failure> {
        let settings = global.settings()?;
        let now = Clock::system().now();
        runtime()?.block_on(async {
            let admin = Admin::open(&settings).await?;
            match self {
                Self::List { name } => {
                    let mut list = global.list();
                    for passkey in admin.passkeys(&Username::parse(&name)?).await? {
                        list.item(&value(&passkey), || line(&passkey));
                    }
                    list.end()?;
                }
                Self::Remove(Remove { name, id, .. }) => {
                    let name = Username::parse(&name)?;
                    let removed = admin.remove_passkeys(&name, id.as_deref(), now).await?;
                    let text = || format!("removed {removed} passkeys of {name}");
                    global.say(&json!({ "removed": removed }), text)?;
                }
                Self::RemoveAll { .. } => {
                    let removed = admin.remove_all_passkeys(now).await?;
                    global.say(&json!({ "removed": removed }), || format!("removed {removed} passkeys"))?;
                }
            }
            admin.close().await;
            Ok(ExitCode::SUCCESS)
        })
    }
}

fn value(passkey: &Passkey) -> serde_json::Value {
    json!({
        "id": passkey.id,
        "name": passkey.name,
        "created_at": passkey.created_at,
        "last_used_at": passkey.last_used_at,
        "synced": passkey.is_synced,
        "suspicious": passkey.is_suspicious,
    })
}

fn line(passkey: &Passkey) -> String {
    let used = passkey.last_used_at.map_or_else(|| "never used".to_owned(), date);
    let suspicious = if passkey.is_suspicious { "  suspicious: there may be a copy" } else { "" };
    format!("{}  {}  {used}  {}{suspicious}", passkey.id, date(passkey.created_at), passkey.name)
}
