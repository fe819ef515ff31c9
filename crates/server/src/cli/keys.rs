//! `keys`: the server's keys and their states.

use std::io::{self, Write as _};
use std::process::ExitCode;

use clap::Subcommand;
use latchkey_server::admin::{Admin, KeyChange};
use latchkey_server::keys::{self, KeyState};
use latchkey_server::{Clock, Settings};
use serde_json::json;

use super::{Failure, Global, print, runtime};

/// Make the server's keys, and change them
#[derive(Subcommand)]
pub(super) enum Keys {
    /// Make a key pair: auth-private.key for the server, auth-public.key for every app
    ///
    /// Keys that are there already are never replaced.
    Generate {
        /// Length of the RSA key: 2048, 3072, 4096 or 8192
        #[arg(long, default_value_t = 3072)]
        bits: u32,
        /// Make the key that signs after the next rotation, and publish its public half
        #[arg(long)]
        next: bool,
        /// Mark the pair as one for development: a release build of the app refuses it
        #[arg(long, conflicts_with = "next")]
        development: bool,
    },
    /// List the published keys: next, signing, retired
    List,
    /// Let the next key sign; the present one goes on verifying
    Rotate {
        /// Even if the next key was published only now
        #[arg(long)]
        force: bool,
    },
    /// Take retired keys out of publication whose last token is dead
    Retire {
        /// Only this key: the beginning of its id
        // An id is base64url, so it can begin with a hyphen.
        #[arg(allow_hyphen_values = true)]
        kid: Option<String>,
        /// Even if tokens of the key are alive: they are worthless then
        #[arg(long, requires = "kid")]
        force: bool,
    },
}

impl Keys {
    pub(super) fn run(self, global: &Global) -> Result<ExitCode, Failure> {
        let settings = global.settings()?;
        let now = Clock::system().now();
        match self {
            Self::Generate { bits, next: true, .. } => {
                let kid = keys::next(&settings, bits, now)?;
                write_down(&settings, KeyChange::Published, &kid);
                global.say(&json!({ "next": kid }), || {
                    format!("next key: {kid}; published, does not sign yet")
                })?;
            }
            Self::Generate { bits, next: false, development } => {
                let make = if development { keys::generate_for_development } else { keys::generate };
                let made = make(&settings.keys, bits)?;
                let (private, public) = (made.private_key.display(), made.public_key.display());
                let kid = &made.kid;
                let value = json!({
                    "private_key": private.to_string(), "public_key": public.to_string(), "kid": kid,
                });
                global.say(&value, || {
                    format!("private key: {private} (keep it secret)\npublic key: {public}\nkey id: {kid}")
                })?;
            }
            Self::List => {
                let listed = keys::list(&settings)?;
                if global.json {
                    print(&serde_json::to_string(&listed)?)?;
                } else {
                    listed.iter().try_for_each(|key| print(&line(key)))?;
                }
            }
            Self::Rotate { force } => {
                let kid = keys::rotate(&settings, now, force)?;
                write_down(&settings, KeyChange::Rotated, &kid);
                global.say(&json!({ "signing": kid }), || format!("signing key: {kid}"))?;
            }
            Self::Retire { kid, force } => {
                let gone = keys::retire(&settings, kid.as_deref(), now, force)?;
                gone.iter().for_each(|kid| write_down(&settings, KeyChange::Retired, kid));
                global.say(&json!({ "taken_out": gone }), || match gone.len() {
                    0 => "no key was taken out: the tokens of every retired key are still alive".to_owned(),
                    _ => format!("taken out: {}", gone.join(" ")),
                })?;
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// Records a change of the keys in the audit log. The change is already made, so an unreachable
/// database is only a warning.
fn write_down(settings: &Settings, change: KeyChange, kid: &str) {
    let written = runtime().map_err(Failure::from).and_then(|runtime| {
        runtime.block_on(async {
            let admin = Admin::open(settings).await?;
            admin.keys_changed(change, kid, Clock::system().now()).await?;
            admin.close().await;
            Ok(())
        })
    });
    if let Err(failure) = written {
        let _ = writeln!(io::stderr(), "warning: the audit log does not have this: {failure}");
    }
}

fn line(key: &keys::ListedKey) -> String {
    let state = match key.state {
        KeyState::Next => "next",
        KeyState::Signing => "signing",
        _ => "retired",
    };
    let until = key.last_token_until.map(|until| format!("  last token until {until}")).unwrap_or_default();
    format!("{}  {state}{until}", key.kid)
}
