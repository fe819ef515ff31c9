//! The settings that are compiled into this app: `config/client.toml` and the public key.

use serde::Deserialize;
use tauri_plugin_latchkey::client::key_file_policy::KeyFilePolicy;
use tauri_plugin_latchkey::{Builder, CheckedConfig, ConfigError};

/// The name that the operating system knows the app by. Device ids are derived with it, so another
/// app on the same machine has another device id.
pub(crate) const APP_IDENTIFIER: &str = "app.latchkey.desktop";

const CLIENT_TOML: &str = include_str!("../../config/client.toml");
/// The server's URL for this build, instead of the URL in `client.toml`.
const BUNDLED_SERVER_URL: Option<&str> = option_env!("LATCHKEY_BUNDLED_SERVER_URL");
const PUBLIC_KEY: &str = include_str!(env!("LATCHKEY_PUBLIC_KEY_PATH"));

/// Why the app cannot start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SettingsError {
    /// `config/client.toml` is invalid.
    #[error("config/client.toml: {0}")]
    File(#[from] toml::de::Error),
    /// A setting is refused.
    #[error(transparent)]
    Config(#[from] ConfigError),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ClientToml {
    server_url: String,
    issuer: String,
    audience: String,
    key_file: Option<KeyFilePolicy>,
}

/// Checks the compiled-in settings. `LATCHKEY_SERVER_URL` replaces the server's address.
///
/// # Errors
/// Returns an error if a setting would make the app trust the wrong server, or no server.
pub(crate) fn check() -> Result<CheckedConfig, SettingsError> {
    Ok(builder(CLIENT_TOML)?.check(env!("CARGO_PKG_VERSION"))?)
}

fn builder(client_toml: &str) -> Result<Builder, toml::de::Error> {
    let client: ClientToml = toml::from_str(client_toml)?;
    let builder = match BUNDLED_SERVER_URL {
        Some(url) => {
            Builder::new().server_url_from("LATCHKEY_BUNDLED_SERVER_URL, when this app was built,", url)
        }
        None => Builder::new().server_url_from("server_url in config/client.toml", client.server_url),
    };
    let builder = builder
        .issuer(client.issuer)
        .audience(client.audience)
        .public_key(PUBLIC_KEY)
        // The build script refuses a development key in a release build.
        .allow_development_key(true);
    Ok(match client.key_file {
        Some(policy) => builder.key_file(policy),
        None => builder,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(client_toml: &str) -> Result<CheckedConfig, SettingsError> {
        Ok(builder(client_toml)?.server_url_variable(None).check("1.2.3")?)
    }

    #[test]
    fn the_bundled_settings_are_good() {
        let config = checked(CLIENT_TOML).unwrap();
        let settings = config.settings();
        assert_eq!(settings.server_url.to_string(), "http://127.0.0.1:5468");
        assert!(settings.keys.kids().count() >= 1);
        assert_eq!(settings.key_file, None, "asked where there was a keychain");
    }

    #[test]
    fn the_policy_for_key_files_is_one_of_three() {
        let with = |policy| checked(&format!("{CLIENT_TOML}\nkey_file = \"{policy}\""));
        for (text, policy) in
            [("ask", KeyFilePolicy::Ask), ("allow", KeyFilePolicy::Allow), ("never", KeyFilePolicy::Never)]
        {
            assert_eq!(with(text).unwrap().settings().key_file, Some(policy));
        }
        assert!(matches!(with("maybe"), Err(SettingsError::File(_))));
    }
}
