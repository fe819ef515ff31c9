//! What a server offers in the browser: passkeys, and the accounts of providers.

use serde::Deserialize;

/// Maximum number of providers that are shown.
pub(super) const MAX_PROVIDERS: usize = 20;
const MAX_ID_BYTES: usize = 64;
/// Maximum length of a provider's name, in characters.
const MAX_NAME_CHARS: usize = 60;

/// What a server offers in the browser.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BrowserOptions {
    /// Whether passkeys are accepted.
    pub passkeys: bool,
    /// The providers.
    pub providers: Vec<Provider>,
    /// Whether the browser may be on another device.
    pub other_device: OtherDevice,
}

/// A provider of accounts (OpenID Connect).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Provider {
    /// Its id at this server.
    pub id: String,
    /// Its name, as the people who run the server write it.
    pub name: String,
}

/// Whether the browser may be on another device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OtherDevice {
    /// Never.
    Off,
    /// If the device key was in a session of the account before.
    Known,
    /// Always.
    On,
}

#[derive(Deserialize)]
pub(super) struct BrowserJson {
    #[serde(default)]
    passkeys: bool,
    #[serde(default)]
    providers: Vec<ProviderJson>,
    #[serde(default)]
    other_device: String,
}

#[derive(Deserialize)]
pub(super) struct ProviderJson {
    id: String,
    name: String,
}

impl Provider {
    /// Whether `id` is the id of a provider.
    pub(super) fn is_id(id: &str) -> bool {
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        (1..=MAX_ID_BYTES).contains(&id.len()) && id.bytes().all(is_plain)
    }
}

impl BrowserJson {
    /// The options; `None` if the browser offers nothing.
    pub(super) fn read(self) -> Option<BrowserOptions> {
        let other_device = match &*self.other_device {
            "on" => OtherDevice::On,
            "known" => OtherDevice::Known,
            // A rule that this version does not know is not relied on.
            _ => OtherDevice::Off,
        };
        let providers: Vec<_> =
            self.providers.into_iter().filter_map(ProviderJson::read).take(MAX_PROVIDERS).collect();
        let is_some = self.passkeys || !providers.is_empty();
        is_some.then_some(BrowserOptions { passkeys: self.passkeys, providers, other_device })
    }
}

impl ProviderJson {
    /// The provider; `None` if it has no id that fits, or no name to show.
    pub(super) fn read(self) -> Option<Provider> {
        let is_shown =
            |c: &char| !c.is_control() && !matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
        let name: String = self.name.chars().filter(is_shown).take(MAX_NAME_CHARS).collect();
        let fits = Provider::is_id(&self.id) && !name.trim().is_empty();
        fits.then_some(Provider { id: self.id, name })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(json: serde_json::Value) -> Option<BrowserOptions> {
        serde_json::from_value::<BrowserJson>(json).unwrap().read()
    }

    #[test]
    fn an_offer_of_nothing_is_none() {
        assert_eq!(read(json!({})), None);
        assert_eq!(read(json!({ "passkeys": false, "providers": [], "other_device": "on" })), None);
        let nameless =
            json!({ "providers": [{ "id": "a", "name": "\u{202e} " }, { "id": "a/b", "name": "B" }] });
        assert_eq!(read(nameless), None);
    }

    #[test]
    fn providers_are_bounded_and_their_names_are_one_line() {
        let many: Vec<_> =
            (0..50).map(|n| json!({ "id": n.to_string(), "name": "x\n".repeat(99) })).collect();
        let options = read(json!({ "passkeys": true, "providers": many, "other_device": "later" })).unwrap();
        assert_eq!((options.providers.len(), options.other_device), (20, OtherDevice::Off));
        assert_eq!(options.providers[0].name, "x".repeat(60));
    }
}
