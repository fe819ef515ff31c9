//! A sign-in in the system's browser as the server describes it. Refuses requests, states and
//! addresses that no server of ours sends.

use reqwest::Url;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use super::error::ApiError;
use super::named_device::own_words;

/// The length of a request's id, in characters. 22 are 128 bits of base64url.
const REQUEST_CHARS: std::ops::RangeInclusive<usize> = 22..=86;

/// Maximum length of the address, in bytes: a QR code of it has to be readable.
const MAX_URL_BYTES: usize = 512;

/// The longest time that a request may take, in seconds.
const MAX_SECONDS: i64 = 3600;

/// The longest pause between two polls that a server may ask for, in seconds.
const MAX_INTERVAL: u32 = 15;

/// How the user proves who they are in the browser.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BrowserWay {
    /// A passkey (WebAuthn).
    Passkey,
    /// An account at the provider with this id.
    Provider(String),
}

/// The purpose of a request that is begun by the route for all browser requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum BrowserGoal {
    /// A new session.
    SignIn,
    /// The user of a session proves who they are once more.
    Confirm,
    /// An account of a provider becomes a way into the account of a session.
    Link,
}

/// What the client asks the server to begin.
#[derive(Clone, Debug)]
pub struct BrowserBegin<'a> {
    /// What for.
    pub goal: BrowserGoal,
    /// How, if the user has chosen in the window.
    pub way: Option<&'a BrowserWay>,
    /// The port of the listener on this computer; `None`: the browser is on another device, and the
    /// user types the result.
    pub port: Option<u16>,
    /// The language of the page, as a BCP 47 tag.
    pub language: Option<&'a str>,
    /// The device's name for itself.
    pub device_name: Option<&'a str>,
    /// Whether the provider is to ask which account.
    pub select_account: bool,
}

/// A request that the server has begun.
#[derive(Clone, Debug)]
pub struct BrowserRequest {
    /// Its id. Worth nothing without the device key.
    pub id: String,
    /// The address to open. Its origin is not checked yet.
    pub url: Url,
    /// The pause between two polls, in seconds.
    pub interval: u32,
    /// How long it lasts, in seconds.
    pub expires_in: i64,
}

/// How a request stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BrowserStatus {
    /// The state.
    pub state: BrowserState,
    /// With [`BrowserState::Failed`]: why.
    pub reason: Option<BrowserFailure>,
    /// How long it lasts from now on, in seconds.
    pub expires_in: i64,
    /// A name for a new passkey.
    pub suggested_name: Option<String>,
}

/// The states of a request at the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BrowserState {
    /// The page was not opened yet.
    Waiting,
    /// The page is open.
    Opened,
    /// The user has proved who they are; the result is in the browser.
    Finished,
    /// The user said no in the browser. The request is over.
    Refused,
    /// It did not work; the user may try again in the browser.
    Failed,
}

/// Why it did not work in the browser.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BrowserFailure {
    /// The provider cannot be reached.
    ProviderAway,
    /// The provider refused, or its answer cannot be trusted.
    ProviderRefused,
    /// This account of the provider may not come in.
    NotAllowed,
    /// No account belongs to it.
    AccountUnknown,
    /// The account is disabled.
    AccountDisabled,
    /// An account of the same address exists, and has to be linked first.
    LinkNeeded,
    /// It belongs to another account.
    LinkedElsewhere,
    /// A fault of the server, or a reason that this version does not know.
    Internal,
}

/// What the browser has handed over, for the server. Cannot be printed.
pub type BrowserResult = SecretString;

#[derive(Deserialize)]
pub(super) struct RequestJson {
    request: String,
    url: String,
    #[serde(default = "one")]
    interval: u32,
    expires_in: i64,
}

#[derive(Deserialize)]
pub(super) struct StatusJson {
    state: BrowserState,
    reason: Option<String>,
    expires_in: i64,
    suggested_name: Option<String>,
}

const fn one() -> u32 {
    1
}

impl BrowserWay {
    /// The name of the way, and the id of the provider, as the server reads them.
    pub(super) fn names(&self) -> (&'static str, Option<&str>) {
        match self {
            Self::Passkey => ("passkey", None),
            Self::Provider(id) => ("provider", Some(id)),
        }
    }
}

impl TryFrom<RequestJson> for BrowserRequest {
    type Error = ApiError;

    fn try_from(json: RequestJson) -> Result<Self, ApiError> {
        let is_plain = json.request.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'));
        let url = Url::parse(&json.url).ok().filter(|_| json.url.len() <= MAX_URL_BYTES);
        match url {
            Some(url) if is_plain && REQUEST_CHARS.contains(&json.request.len()) => Ok(Self {
                id: json.request,
                url,
                interval: json.interval.clamp(1, MAX_INTERVAL),
                expires_in: json.expires_in.clamp(0, MAX_SECONDS),
            }),
            _ => Err(ApiError::InvalidResponse),
        }
    }
}

impl From<StatusJson> for BrowserStatus {
    fn from(json: StatusJson) -> Self {
        let reason = match json.reason.as_deref() {
            Some("provider_away") => BrowserFailure::ProviderAway,
            Some("provider_refused") => BrowserFailure::ProviderRefused,
            Some("not_allowed") => BrowserFailure::NotAllowed,
            Some("account_unknown") => BrowserFailure::AccountUnknown,
            Some("account_disabled") => BrowserFailure::AccountDisabled,
            Some("link_needed") => BrowserFailure::LinkNeeded,
            Some("linked_elsewhere") => BrowserFailure::LinkedElsewhere,
            _ => BrowserFailure::Internal,
        };
        let name = json.suggested_name.map(|name| own_words(&name)).filter(|name| !name.trim().is_empty());
        Self {
            state: json.state,
            reason: (json.state == BrowserState::Failed).then_some(reason),
            expires_in: json.expires_in.clamp(0, MAX_SECONDS),
            suggested_name: name,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn request(id: &str, url: &str) -> Result<BrowserRequest, ApiError> {
        let json = json!({ "request": id, "url": url, "interval": 1, "expires_in": 300 });
        serde_json::from_value::<RequestJson>(json).unwrap().try_into()
    }

    #[test]
    fn a_request_without_a_plain_id_or_an_address_is_refused() {
        let (id, url) = ("k3x9Q-_d2mLw0pVnYt7Bzg", "https://auth.example/browser/abc");
        assert_eq!(request(id, url).unwrap().url.as_str(), url);
        for id in ["", "short", "k3x9Q/../LwpVnYt7Bzgxx", "k3x9Q d2mLw0pVnYt7Bzgx", &"x".repeat(87)] {
            assert_eq!(request(id, url).err(), Some(ApiError::InvalidResponse), "{id}");
        }
        for url in ["", "browser/abc", &format!("https://auth.example/{}", "x".repeat(512))] {
            assert_eq!(request(id, url).err(), Some(ApiError::InvalidResponse), "{url}");
        }
    }

    #[test]
    fn times_of_a_server_are_bounded() {
        let json = json!({ "request": "k3x9Q-_d2mLw0pVnYt7Bzg", "url": "https://a.example/", "interval": 0,
            "expires_in": i64::MAX });
        let read: BrowserRequest = serde_json::from_value::<RequestJson>(json).unwrap().try_into().unwrap();
        assert_eq!((read.interval, read.expires_in), (1, 3600));
    }

    #[test]
    fn a_reason_counts_only_for_a_failure_and_one_of_a_later_server_is_a_fault_there() {
        let read = |json| BrowserStatus::from(serde_json::from_value::<StatusJson>(json).unwrap());
        let failed = |reason| read(json!({ "state": "failed", "reason": reason, "expires_in": 9 })).reason;
        assert_eq!(failed("link_needed"), Some(BrowserFailure::LinkNeeded));
        assert_eq!(failed("linked_elsewhere"), Some(BrowserFailure::LinkedElsewhere));
        assert_eq!(failed("moon_phase"), Some(BrowserFailure::Internal));
        assert_eq!(read(json!({ "state": "opened", "reason": "x", "expires_in": -1 })).reason, None);
        let named = json!({ "state": "finished", "expires_in": 9, "suggested_name": "\u{202e}Key\n 1" });
        assert_eq!(read(named).suggested_name.as_deref(), Some("Key 1"));
        assert!(serde_json::from_value::<StatusJson>(json!({ "state": "new", "expires_in": 9 })).is_err());
    }
}
