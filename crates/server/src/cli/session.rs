//! `session`: who is signed in where.

use std::process::ExitCode;

use clap::{Args, Subcommand};
use latchkey_server::accounts::Username;
use latchkey_server::admin::Admin;
use latchkey_server::{Clock, ListedSession};
use serde_json::json;

use super::{Failure, Global, date, runtime};

/// See who is signed in where, and end it
#[derive(Subcommand)]
pub(super) enum Session {
    /// List the living sessions of an account, or of all: the 200 last seen
    List {
        /// User name
        name: Option<String>,
    },
    /// End a session, or all of an account; servers refuse its tokens within a second
    End(End),
}

#[derive(Args)]
#[group(required = true, multiple = false)]
pub(super) struct End {
    /// Session id
    sid: Option<String>,
    /// Every session of this user name
    #[arg(long, value_name = "NAME")]
    all: Option<String>,
}

impl Session {
    pub(super) fn run(self, global: &Global) -> Result<ExitCode, Failure> {
        let settings = global.settings()?;
        let now = Clock::system().now();
        runtime()?.block_on(async {
            let admin = Admin::open(&settings).await?;
            match self {
                Self::List { name } => {
                    let name = name.as_deref().map(Username::parse).transpose()?;
                    let mut list = global.list();
                    for session in admin.sessions(name.as_ref(), now).await? {
                        list.item(&session, || line(&session));
                    }
                    list.end()?;
                }
                Self::End(End { sid: Some(sid), .. }) => {
                    admin.end_session(&sid, now).await?;
                    global.say(&json!({ "ended": 1 }), || format!("ended {sid}"))?;
                }
                Self::End(End { all, .. }) => {
                    let name = Username::parse(&all.unwrap_or_default())?;
                    let ended = admin.end_sessions(&name, now).await?;
                    global.say(&json!({ "ended": ended }), || format!("ended {ended} sessions of {name}"))?;
                }
            }
            admin.close().await;
            Ok(ExitCode::SUCCESS)
        })
    }
}

fn line(session: &ListedSession) -> String {
    let or_none = |text: &Option<String>| text.clone().unwrap_or_else(|| "-".to_owned());
    let seen = date(session.last_seen_at);
    let (device, platform) = (or_none(&session.device_name), or_none(&session.platform));
    format!(
        "{}  {}  {seen}  {}  {device}  {platform}",
        session.sid,
        session.username,
        or_none(&session.address)
    )
}
