//! `audit`: the audit log.

use std::process::ExitCode;

use clap::{Args, Subcommand};
use latchkey_server::accounts::Username;
use latchkey_server::admin::Admin;
use latchkey_server::{AuditEvent, AuditFilter, Clock};
use latchkey_token::UnixTime;

use super::{Failure, Global, date, runtime, since};

/// See what happened
#[derive(Subcommand)]
pub(super) enum Audit {
    /// List what happened to accounts, sessions and keys, the newest last
    List(List),
}

#[derive(Args)]
pub(super) struct List {
    /// Only events of the account with this user name, and of removed accounts that had it
    #[arg(long, value_name = "NAME")]
    user: Option<String>,
    /// Only events of the account with this id, which may be removed
    #[arg(long, value_name = "ID")]
    account_id: Option<String>,
    /// Only events since this time: 2027-01-15, 2027-01-15T08:30 (UTC), 2h ago as 2h (also s, m, d,
    /// w), or seconds since 1970
    #[arg(long, value_name = "TIME", allow_negative_numbers = true)]
    since: Option<String>,
    /// The newest so many
    #[arg(long, value_name = "N", default_value_t = 100)]
    limit: u32,
}

impl Audit {
    pub(super) fn run(self, global: &Global) -> Result<ExitCode, Failure> {
        let Self::List(list) = self;
        let settings = global.settings()?;
        runtime()?.block_on(async {
            let admin = Admin::open(&settings).await?;
            let username = list.user.as_deref().map(Username::parse).transpose()?;
            let now = Clock::system().now();
            let since = list.since.map(|text| since::parse(&text, now)).transpose()?.map(UnixTime::seconds);
            let (account_id, max) = (list.account_id, list.limit);
            let filter = AuditFilter { account_id, username, since, max };
            let mut list = global.list();
            for event in admin.audit(&filter).await? {
                list.item(&event, || line(&event));
            }
            list.end()?;
            admin.close().await;
            Ok(ExitCode::SUCCESS)
        })
    }
}

fn line(event: &AuditEvent) -> String {
    let named = [
        ("user", &event.username),
        ("account", &event.account_id),
        ("session", &event.sid),
        ("device", &event.device_id),
        ("from", &event.address),
        ("detail", &event.detail),
    ];
    let named = named.into_iter().filter_map(|(name, value)| Some(format!("{name}={}", value.as_ref()?)));
    let words: Vec<_> =
        [date(event.at), event.event.clone(), event.actor.clone()].into_iter().chain(named).collect();
    words.join("  ")
}
