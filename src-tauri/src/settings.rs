//! The settings that are compiled into this app: `config/client.toml` and the public key. Refuses
//! what would make the app trust the wrong server, or none.

use latchkey_client::key_file_policy::KeyFilePolicy;
use latchkey_client::settings::{ServerUrl, ServerUrlError, Settings};
use latchkey_token::{KeyError, KeySet};
use serde::Deserialize;

use crate::shown;

/// The environment variable that overrides `server_url`.
pub const SERVER_URL_VARIABLE: &str = "LATCHKEY_SERVER_URL";

/// The name that the operating system knows the app by. Device ids are derived with it, so another app on the same
/// machine has another device id.
pub const APP_IDENTIFIER: &str = "app.latchkey.desktop";

const CLIENT_TOML: &str = include_str!("../../config/client.toml");
/// The server that this build is for, if it is not the one in `client.toml`.
const BUNDLED_SERVER_URL: Option<&str> = option_env!("LATCHKEY_BUNDLED_SERVER_URL");
const PUBLIC_KEY: &str = include_str!(env!("LATCHKEY_PUBLIC_KEY_PATH"));

/// Why the app cannot start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SettingsError {
    /// `config/client.toml` is not what it should be.
    #[error("config/client.toml: {0}")]
    File(#[from] toml::de::Error),
    /// The server's address is refused.
    #[error("the server's address is refused: {source_name} is {value}, and {reason}")]
    ServerUrl {
        /// Where it stands: a variable, or a setting of the build.
        source_name: &'static str,
        /// The address, without anything in it that may be a secret.
        value: String,
        /// What is wrong with it.
        reason: ServerUrlError,
    },
    /// The bundled public key is refused.
    #[error("the bundled public key is refused: {0}")]
    PublicKey(#[from] KeyError),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ClientToml {
    server_url: String,
    issuer: String,
    audience: String,
    key_file: Option<KeyFilePolicy>,
}

/// Reads what was compiled in; `server_url` may be overridden, usually by [`SERVER_URL_VARIABLE`].
///
/// # Errors
/// Anything that would make the app trust the wrong server or none.
pub fn load(server_url: Option<&str>) -> Result<Settings, SettingsError> {
    let given = server_url.map(|url| (SERVER_URL_VARIABLE, url));
    let bundled =
        BUNDLED_SERVER_URL.map(|url| ("LATCHKEY_BUNDLED_SERVER_URL, when this app was built,", url));
    from_parts(CLIENT_TOML, PUBLIC_KEY, given.or(bundled))
}

fn from_parts(
    client_toml: &str,
    public_key: &str,
    server_url: Option<(&'static str, &str)>,
) -> Result<Settings, SettingsError> {
    let client: ClientToml = toml::from_str(client_toml)?;
    let (source_name, url) =
        server_url.unwrap_or(("server_url in config/client.toml", client.server_url.as_str()));
    let refused = |reason| SettingsError::ServerUrl { source_name, value: shown::address(url), reason };
    Ok(Settings {
        server_url: ServerUrl::parse(url).map_err(refused)?,
        issuer: client.issuer,
        audience: client.audience,
        keys: KeySet::from_pem(public_key)?,
        key_file: client.key_file,
        app_version: env!("CARGO_PKG_VERSION").to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bundled_settings_are_good() {
        let settings = load(None).unwrap();
        assert_eq!(settings.server_url.to_string(), "http://127.0.0.1:5468");
        assert!(settings.keys.kids().count() >= 1);
        assert_eq!(settings.key_file, None, "asked where there was a keychain");
    }

    #[test]
    fn the_policy_for_key_files_is_one_of_three() {
        let with = |policy| from_parts(&format!("{CLIENT_TOML}\nkey_file = \"{policy}\""), PUBLIC_KEY, None);
        assert_eq!(with("ask").unwrap().key_file, Some(KeyFilePolicy::Ask));
        assert_eq!(with("allow").unwrap().key_file, Some(KeyFilePolicy::Allow));
        assert_eq!(with("never").unwrap().key_file, Some(KeyFilePolicy::Never));
        assert!(matches!(with("maybe"), Err(SettingsError::File(_))));
    }
}
