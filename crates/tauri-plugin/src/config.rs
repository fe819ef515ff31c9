//! The configuration: reads `plugins > latchkey`. Refuses every value that would make the app trust
//! the wrong server, or no server.

use latchkey_client::key_file_policy::KeyFilePolicy;
use latchkey_client::settings::ServerUrlError;
use latchkey_token::KeyError;
use serde::Deserialize;

/// `plugins > latchkey` in `tauri.conf.json`. A value that [`Builder`](crate::Builder) sets wins.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Config {
    /// The server's address: https, or http to this computer itself.
    pub server_url: Option<String>,
    /// The `iss` of the server's tokens (RFC 7519 §4.1.1), to the letter.
    pub issuer: Option<String>,
    /// The `aud` of its access tokens (RFC 7519 §4.1.3).
    pub audience: Option<String>,
    /// The public keys that its tokens may be signed with: PEM texts, not paths.
    #[serde(default)]
    pub public_keys: Vec<String>,
    /// Whether the device's key may be stored in a file if the system's keychain cannot be used:
    /// `"ask"`, `"allow"` or `"never"`. Without it, the user is asked if there is or was a
    /// keychain, and a file is used if there never was one.
    pub key_file: Option<KeyFilePolicy>,
}

/// Why the plugin refuses its configuration.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// A value is set neither in `tauri.conf.json` nor by the builder.
    #[error(
        "Latchkey is not configured: set `plugins > latchkey > {field}` in tauri.conf.json, or call \
         `tauri_plugin_latchkey::Builder::{method}`"
    )]
    Missing {
        /// Its name in `tauri.conf.json`.
        field: &'static str,
        /// The method of the builder that sets it.
        method: &'static str,
    },
    /// The server's address is refused.
    #[error("the server's address is refused: {source_name} is {value}, and {reason}")]
    ServerUrl {
        /// The name of its source: a variable, or a setting.
        source_name: String,
        /// The address, without anything in it that may be a secret.
        value: String,
        /// Why it is refused.
        reason: ServerUrlError,
    },
    /// A public key is refused.
    #[error("the bundled public key is refused: {0}")]
    PublicKey(#[from] KeyError),
    /// A release would trust a key pair that was made for development.
    #[error(
        "a public key is marked as one for development, and a release trusts anyone who has its private half. \
         Use the public key of the server that the release is for"
    )]
    DevelopmentKey,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_name_that_is_not_known_is_refused() {
        let parsed = |value| serde_json::from_value::<Config>(value);
        assert!(parsed(json!({ "serverUrl": "https://auth.example", "publicKeys": [] })).is_ok());
        assert!(parsed(json!({ "server_url": "https://auth.example" })).is_err());
        assert!(parsed(json!({ "publicKeys": "one" })).is_err());
    }

    #[test]
    fn the_policy_for_key_files_is_one_of_three() {
        let with = |policy: &str| serde_json::from_value::<Config>(json!({ "keyFile": policy }));
        for (text, policy) in
            [("ask", KeyFilePolicy::Ask), ("allow", KeyFilePolicy::Allow), ("never", KeyFilePolicy::Never)]
        {
            assert_eq!(with(text).unwrap().key_file, Some(policy));
        }
        assert!(with("maybe").is_err());
    }
}
