//! `keys`: the server's keys and their states.

use std::io::{self, Write as _};
use std::process::ExitCode;

use clap::Subcommand;
use latchkey_server::admin::{Admin, KeyChange};
use latchkey_server::keys::{self, KeyState};
use latchkey_server::seal::{self, SealKeyError};
use latchkey_server::{Clock, Settings};
use serde_json::json;

use super::{Failure, Global, print, runtime};

/// Make the server's keys, and change them
#[derive(Subcommand)]
pub(super) enum Keys {
    /// Make a key pair: auth-private.key for the server, auth-public.key for every app; and the
    /// seal key, seal.key, if there is none
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
        /// Make the seal key only, which seals second factors and codes in the database
        #[arg(long, conflicts_with_all = ["next", "development"])]
        seal: bool,
    },
    /// List the published keys: next, signing, retired
    List,
    /// Let the next key sign; the present one goes on verifying
    Rotate {
        /// Even if the next key was published only now
        #[arg(long)]
        force: bool,
        /// Make a new seal key instead, and seal everything in the database with it
        ///
        /// Servers with files of their own need the new file too.
        #[arg(long, conflicts_with = "force")]
        seal: bool,
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
            Self::Generate { seal: true, .. } => {
                let path = seal::generate(&settings)?.display().to_string();
                global.say(&json!({ "seal_key": path }), || {
                    format!("seal key: {path} (keep it secret, and in the backup)")
                })?;
            }
            Self::Generate { bits, next: true, .. } => {
                let kid = keys::next(&settings, bits, now)?;
                write_down(&settings, KeyChange::Published, &kid);
                global.say(&json!({ "next": kid }), || {
                    format!("next key: {kid}; published, does not sign yet")
                })?;
            }
            Self::Generate { bits, next: false, development, .. } => {
                let make = if development { keys::generate_for_development } else { keys::generate };
                let made = make(&settings.keys, bits)?;
                let (private, public) = (made.private_key.display(), made.public_key.display());
                let kid = &made.kid;
                let seal_key = match seal::generate(&settings) {
                    Ok(path) => path,
                    // One that has sealed something is never replaced.
                    Err(SealKeyError::Exists(path)) => path,
                    Err(error) => return Err(error.into()),
                };
                let seal_key = seal_key.display();
                let value = json!({
                    "private_key": private.to_string(), "public_key": public.to_string(), "kid": kid,
                    "seal_key": seal_key.to_string(),
                });
                global.say(&value, || {
                    format!(
                        "private key: {private} (keep it secret)\npublic key: {public}\nkey id: {kid}\n\
                         seal key: {seal_key} (keep it secret, and in the backup)"
                    )
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
            Self::Rotate { seal: true, .. } => {
                let resealed = runtime()?.block_on(async {
                    let admin = Admin::open(&settings).await?;
                    let resealed = admin.rotate_seal(now).await?;
                    admin.close().await;
                    Ok::<_, Failure>(resealed)
                })?;
                let (key_id, secrets) = (&resealed.key_id, resealed.secrets);
                global.say(&json!({ "seal_key_id": key_id, "secrets": secrets }), || {
                    format!("seal key: {key_id}; {secrets} secrets sealed anew")
                })?;
            }
            Self::Rotate { force, .. } => {
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
