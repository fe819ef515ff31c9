//! The settings of the app in this repository, for a server of the test.

use latchkey_client::settings::{ServerUrl, Settings};
use latchkey_token::KeySet;

use crate::server::config_folder;

/// The app's identifier, which names the session's folder and the keychain's entry.
pub const APP_IDENTIFIER: &str = "app.latchkey.desktop";

/// The settings of the app for the server at `server_url`.
pub(crate) fn app_settings(server_url: &str) -> Settings {
    Settings {
        server_url: ServerUrl::parse(server_url).unwrap(),
        issuer: "latchkey".to_owned(),
        audience: "latchkey-api".to_owned(),
        keys: app_keys(),
        key_file: None,
        app_version: env!("CARGO_PKG_VERSION").to_owned(),
    }
}

/// The public keys that are bundled with the app.
pub fn app_keys() -> KeySet {
    let file = config_folder().join("auth-public.key");
    KeySet::from_pem(&std::fs::read_to_string(file).unwrap()).unwrap()
}
