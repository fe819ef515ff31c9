//! `keys`: the server's keys and their lives.

use std::process::ExitCode;

use clap::Subcommand;
use latchkey_server::Clock;
use latchkey_server::keys::{self, KeyState};
use serde_json::json;

use super::{Failure, Global, print};

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
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// List the published keys: next, signing, retired
    List {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Let the next key sign; the present one goes on verifying
    Rotate {
        /// Even if the next key was published only now
        #[arg(long)]
        force: bool,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Take retired keys out of publication whose last token is dead
    Retire {
        /// Only this key: the beginning of its id
        kid: Option<String>,
        /// Even if tokens of the key are alive: they are worthless then
        #[arg(long, requires = "kid")]
        force: bool,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
}

impl Keys {
    pub(super) fn run(self, global: &Global) -> Result<ExitCode, Failure> {
        let settings = global.settings()?;
        let now = Clock::system().now();
        match self {
            Self::Generate { bits, next: true, json } => {
                let kid = keys::next(&settings, bits, now)?;
                say(json, &json!({ "next": kid }), &format!("next key: {kid}; published, does not sign yet"));
            }
            Self::Generate { bits, next: false, json } => {
                let made = keys::generate(&settings.keys, bits)?;
                let (private, public) = (made.private_key.display(), made.public_key.display());
                let kid = &made.kid;
                let text =
                    format!("private key: {private} (keep it secret)\npublic key: {public}\nkey id: {kid}");
                let value = json!({
                    "private_key": private.to_string(), "public_key": public.to_string(), "kid": kid,
                });
                say(json, &value, &text);
            }
            Self::List { json } => {
                let listed = keys::list(&settings)?;
                if json {
                    print(&serde_json::to_string(&listed)?);
                } else {
                    listed.iter().for_each(|key| print(&line(key)));
                }
            }
            Self::Rotate { force, json } => {
                let kid = keys::rotate(&settings, now, force)?;
                say(json, &json!({ "signing": kid }), &format!("signing key: {kid}"));
            }
            Self::Retire { kid, force, json } => {
                let gone = keys::retire(&settings, kid.as_deref(), now, force)?;
                let text = match gone.len() {
                    0 => "no key was taken out: the tokens of every retired key are still alive".to_owned(),
                    _ => format!("taken out: {}", gone.join(" ")),
                };
                say(json, &json!({ "taken_out": gone }), &text);
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn say(as_json: bool, value: &serde_json::Value, text: &str) {
    if as_json {
        print(&value.to_string());
    } else {
        print(text);
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
