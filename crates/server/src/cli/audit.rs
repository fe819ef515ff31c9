//! `audit`: the audit log.

use std::process::ExitCode;

use clap::{Args, Subcommand};
use latchkey_server::accounts::Username;
use latchkey_server::admin::Admin;
use latchkey_server::{AuditEvent, AuditFilter};

use super::{Failure, Global, date, runtime};

/// See what happened
#[derive(Subcommand)]
pub(super) enum Audit {
    /// List what happened to accounts, sessions and keys, the newest last
    List(List),
}

#[derive(Args)]
pub(super) struct List {
    /// Only events of this user name
    #[arg(long, value_name = "NAME")]
    user: Option<String>,
    /// Only events since this time, in seconds since 1970
    #[arg(long, value_name = "UNIX", allow_negative_numbers = true)]
    since: Option<i64>,
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
            let mut filter = AuditFilter { since: list.since, max: list.limit, account_id: None };
            if let Some(name) = list.user {
                filter.account_id = Some(admin.find(&Username::parse(&name)?).await?.id);
            }
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
