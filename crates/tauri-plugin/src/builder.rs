//! Configuration in Rust, for an app that knows its server and keys when it is compiled.

use latchkey_client::api::HttpApi;
use latchkey_client::key_file_policy::KeyFilePolicy;
use latchkey_client::settings::{ServerUrl, Settings};
use latchkey_token::KeySet;
use tauri::Runtime;
use tauri::plugin::TauriPlugin;

use crate::checked_config::CheckedConfig;
use crate::config::{Config, ConfigError};
use crate::opening::Opening;
use crate::plugin;
use crate::shown_address;

/// The line that `latchkey-server keys generate --development` writes above a public key.
const DEVELOPMENT_NOTE: &str = "purpose: development";

/// The variable that replaces the server's address, unless the builder names another.
const SERVER_URL_VARIABLE: &str = "LATCHKEY_SERVER_URL";

/// Makes the plugin. Its values override `plugins > latchkey` in `tauri.conf.json`.
#[derive(Clone, Debug)]
#[must_use]
pub struct Builder {
    server_url: Option<(String, String)>,
    server_url_variable: Option<String>,
    issuer: Option<String>,
    audience: Option<String>,
    public_keys: Vec<String>,
    key_file: Option<KeyFilePolicy>,
    allow_development_key: bool,
}

impl Default for Builder {
    fn default() -> Self {
        Self::new()
    }
}

impl Builder {
    /// A builder that sets nothing.
    pub fn new() -> Self {
        Self {
            server_url: None,
            server_url_variable: Some(SERVER_URL_VARIABLE.to_owned()),
            issuer: None,
            audience: None,
            public_keys: Vec::new(),
            key_file: None,
            allow_development_key: false,
        }
    }

    /// Sets the server's address: https, or http to this computer itself.
    pub fn server_url(self, url: impl Into<String>) -> Self {
        self.server_url_from("Builder::server_url", url)
    }

    /// Like [`Builder::server_url`]; `source` names the setting in the text of an error.
    pub fn server_url_from(mut self, source: impl Into<String>, url: impl Into<String>) -> Self {
        self.server_url = Some((source.into(), url.into()));
        self
    }

    /// Names the environment variable that replaces the server's address when the app starts. It is
    /// `LATCHKEY_SERVER_URL` unless this is called; `None`: no variable does.
    pub fn server_url_variable(mut self, name: Option<&str>) -> Self {
        self.server_url_variable = name.map(str::to_owned);
        self
    }

    /// Sets the `iss` of the server's tokens (RFC 7519 §4.1.1).
    pub fn issuer(mut self, issuer: impl Into<String>) -> Self {
        self.issuer = Some(issuer.into());
        self
    }

    /// Sets the `aud` of the server's access tokens (RFC 7519 §4.1.3).
    pub fn audience(mut self, audience: impl Into<String>) -> Self {
        self.audience = Some(audience.into());
        self
    }

    /// Adds public keys that the server's tokens may be signed with: a PEM text, as
    /// `include_str!("auth-public.key")` makes it, with one key or more.
    pub fn public_key(mut self, pem: impl Into<String>) -> Self {
        self.public_keys.push(pem.into());
        self
    }

    /// Sets whether the device's key may be stored in a file: see [`Config::key_file`].
    pub fn key_file(mut self, policy: KeyFilePolicy) -> Self {
        self.key_file = Some(policy);
        self
    }

    /// Allows a release to trust a key pair that is marked for development. Off by default.
    pub fn allow_development_key(mut self, allow: bool) -> Self {
        self.allow_development_key = allow;
        self
    }

    /// Makes the plugin. Its set-up checks the configuration, and fails the start of the app if
    /// something is wrong with it.
    #[must_use]
    pub fn build<R: Runtime>(self) -> TauriPlugin<R, Option<Config>> {
        plugin::make(|config, app_version| self.opening(config.unwrap_or_default(), app_version))
    }

    /// Checks the configuration now, for an app that reports an error before it has a window.
    /// `plugins > latchkey` is not read then.
    ///
    /// # Errors
    /// See [`ConfigError`].
    pub fn check(self, app_version: &str) -> Result<CheckedConfig, ConfigError> {
        Ok(CheckedConfig(self.opening(Config::default(), app_version)?))
    }

    fn opening(self, config: Config, app_version: &str) -> Result<Opening, ConfigError> {
        let settings = self.settings(config, app_version, environment_variable, !cfg!(debug_assertions))?;
        let api = HttpApi::new(settings.server_url.clone());
        Ok(Opening { settings, api })
    }

    fn settings(
        self,
        config: Config,
        app_version: &str,
        variable: impl Fn(&str) -> Option<String>,
        is_release: bool,
    ) -> Result<Settings, ConfigError> {
        let missing = |field, method| ConfigError::Missing { field, method };
        let configured = config
            .server_url
            .map(|url| ("plugins > latchkey > serverUrl in tauri.conf.json".to_owned(), url));
        let from_environment = self.server_url_variable.and_then(|name| Some((variable(&name)?, name)));
        let (source_name, url) = from_environment
            .map(|(url, name)| (name, url))
            .or(self.server_url)
            .or(configured)
            .ok_or_else(|| missing("serverUrl", "server_url"))?;
        let server_url = ServerUrl::parse(&url).map_err(|reason| ConfigError::ServerUrl {
            source_name,
            value: shown_address::shown(&url),
            reason,
        })?;
        let keys = if self.public_keys.is_empty() { config.public_keys } else { self.public_keys };
        if keys.is_empty() {
            return Err(missing("publicKeys", "public_key"));
        }
        let keys = keys.join("\n");
        let is_for_development = keys.lines().any(|line| line.trim() == DEVELOPMENT_NOTE);
        if is_release && is_for_development && !self.allow_development_key {
            return Err(ConfigError::DevelopmentKey);
        }
        Ok(Settings {
            server_url,
            issuer: self.issuer.or(config.issuer).ok_or_else(|| missing("issuer", "issuer"))?,
            audience: self.audience.or(config.audience).ok_or_else(|| missing("audience", "audience"))?,
            keys: KeySet::from_pem(&keys)?,
            key_file: self.key_file.or(config.key_file),
            app_version: app_version.to_owned(),
        })
    }
}

/// The value of a variable. An empty one counts as unset: `.env` files contain such variables. A
/// value that is not Unicode is not a URL either, and is refused as such.
fn environment_variable(name: &str) -> Option<String> {
    let value = std::env::var_os(name).filter(|value| !value.is_empty())?;
    Some(value.to_string_lossy().into_owned())
}

#[cfg(test)]
pub(crate) mod tests;
