//! `webhook`: the receivers of events.

use std::process::ExitCode;

use clap::Subcommand;
use latchkey_server::Clock;
use latchkey_server::admin::Admin;
use latchkey_server::webhooks::{self, EndpointState};
use latchkey_token::UnixTime;
use serde_json::json;

use super::{Failure, Global, date, runtime};

/// Look at the receivers of events
#[derive(Subcommand)]
pub(super) enum Webhook {
    /// List the webhooks of the servers, and how each is doing
    List,
    /// Send a message of the type "test" to the webhook NAME now, and say in one sentence what is
    /// wrong if it does not take it
    ///
    /// Sent past the queue, also to a webhook that is stopped. Needs no database.
    Test {
        /// Its name in the settings
        name: String,
    },
    /// Let the webhook NAME begin anew, if it is stopped or fails
    ///
    /// It gets the events that wait for it: those of the last five days.
    Resume {
        /// Its name in the settings
        name: String,
    },
}

impl Webhook {
    pub(super) fn run(self, global: &Global) -> Result<ExitCode, Failure> {
        let settings = global.settings()?;
        let now = Clock::system().now();
        runtime()?.block_on(async {
            match self {
                Self::Test { name } => {
                    settings.check()?;
                    let id = webhooks::send_test(&settings, &name, now).await?;
                    let json = json!({ "sent": true, "webhook": name, "id": id });
                    global
                        .say(&json, || format!("the webhook {name} has taken a message with the id {id}"))?;
                }
                Self::List => {
                    let admin = Admin::open(&settings).await?;
                    let mut list = global.list();
                    for webhook in admin.webhooks().await? {
                        list.item(&webhook, || line(&webhook, now));
                    }
                    list.end()?;
                    admin.close().await;
                }
                Self::Resume { name } => {
                    let admin = Admin::open(&settings).await?;
                    admin.resume_webhook(&name, now).await?;
                    global.say(&json!({ "resumed": name }), || format!("the webhook {name} begins anew"))?;
                    admin.close().await;
                }
            }
            Ok(ExitCode::SUCCESS)
        })
    }
}

/// A server says every ten minutes that a webhook is in its settings.
const NAMED_SECONDS: i64 = 1200;

fn line(webhook: &EndpointState, now: UnixTime) -> String {
    let state = match (webhook.stopped_at, webhook.stopped_why, webhook.failing_since) {
        (Some(at), Some(why), _) => format!("stopped ({}) since {}", why.as_str(), date(at)),
        (_, _, Some(since)) => format!("failing since {}", date(since)),
        _ => "good".to_owned(),
    };
    let is_missing = now.since(UnixTime::new(webhook.named_at)) > NAMED_SECONDS;
    let missing = if is_missing {
        format!("  in no server's settings since {}", date(webhook.named_at))
    } else {
        String::new()
    };
    format!("{}  {} waiting  {state}{missing}", webhook.name, webhook.queued)
}
