//! A request in the system's browser, as a window shows it.

use latchkey_client::{api, browser, view};
use serde::{Deserialize, Serialize};

use super::CommandError;
use crate::error::Error;

/// A request in the system's browser. What the browser hands over stays in the plugin.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "camelCase")]
pub struct BrowserView {
    /// What it is for.
    pub purpose: BrowserPurpose,
    /// How it stands.
    pub state: BrowserState,
    /// Where the browser is.
    pub mode: BrowserMode,
    /// How the user signs in there, if that was chosen in the window.
    pub way: Option<BrowserWay>,
    /// With the way `provider`: the provider's id.
    pub provider: Option<String>,
    /// The address of the server's page.
    pub url: String,
    /// When it ends, in seconds since 1970.
    #[cfg_attr(test, ts(type = "number"))]
    pub expires_at: i64,
    /// Why the browser could not be opened, if it could not.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub not_opened: Option<NotOpened>,
    /// With `failed`, `refused` and `over`: why. Otherwise the last fault, after which the request
    /// goes on.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub error: Option<CommandError>,
    /// With a new passkey: a name for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, ts(optional))]
    pub suggested_name: Option<String>,
}

/// What a request in the browser is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "kebab-case")]
pub enum BrowserPurpose {
    /// A new session.
    SignIn,
    /// The user of the session proves who they are once more.
    Confirm,
    /// A new passkey.
    Passkey,
    /// An account of a provider becomes a way into the account.
    Link,
}

/// How a request in the browser stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "kebab-case")]
pub enum BrowserState {
    /// The page was not opened yet.
    Waiting,
    /// The page is open.
    Opened,
    /// The user has proved who they are; the result is still in the browser.
    Finished,
    /// The result is here: it is being used, or a new passkey waits for its name.
    Ready,
    /// It is done. A sign-in is not shown any more then.
    Done,
    /// The user said no in the browser.
    Refused,
    /// It did not work; the user may try again in the browser.
    Failed,
    /// It is over without success.
    Over,
}

/// Where the browser is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "kebab-case")]
pub enum BrowserMode {
    /// On this computer: the last page leads back to the app.
    Here,
    /// On another device: the user types what its last page shows.
    Other,
}

/// How the user signs in in the browser.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "kebab-case")]
pub enum BrowserWay {
    /// With a passkey.
    Passkey,
    /// With an account of a provider.
    Provider,
}

/// Why the browser could not be opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "kebab-case")]
pub enum NotOpened {
    /// There is no program that opens addresses.
    NoBrowser,
    /// There is no display, and the user works on this computer over the network (SSH).
    OverSsh,
    /// There is no display.
    NoDisplay,
    /// Linux runs inside Windows (WSL), and nothing opens the browser of Windows.
    InsideWindows,
    /// The program that opens addresses reports a failure.
    Failed,
}

/// The names of an account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "camelCase")]
pub struct AccountName {
    /// The user name.
    pub username: String,
    /// Given name.
    pub given_name: Option<String>,
    /// Family name.
    pub family_name: Option<String>,
}

impl BrowserWay {
    /// The client's way; a provider needs its id.
    pub(crate) fn with(self, provider: Option<String>) -> Option<api::BrowserWay> {
        match self {
            Self::Passkey => Some(api::BrowserWay::Passkey),
            Self::Provider => provider.map(api::BrowserWay::Provider),
        }
    }
}

impl From<browser::BrowserView> for BrowserView {
    fn from(view: browser::BrowserView) -> Self {
        let browser::BrowserView {
            purpose,
            stage,
            mode,
            way,
            url,
            expires_at,
            not_opened,
            error,
            suggested_name,
        } = view;
        let (way, provider) = match way {
            None => (None, None),
            Some(api::BrowserWay::Passkey) => (Some(BrowserWay::Passkey), None),
            Some(api::BrowserWay::Provider(id)) => (Some(BrowserWay::Provider), Some(id)),
        };
        Self {
            purpose: purpose.into(),
            state: stage.into(),
            mode: mode.into(),
            way,
            provider,
            url,
            expires_at,
            not_opened: not_opened.map(Into::into),
            error: error.map(|error| Error::from(error).into()),
            suggested_name,
        }
    }
}

impl From<view::AccountName> for AccountName {
    fn from(view::AccountName { username, given_name, family_name }: view::AccountName) -> Self {
        Self { username, given_name, family_name }
    }
}

super::same_variants!(browser::BrowserPurpose => BrowserPurpose { SignIn, Confirm, Passkey, Link });
super::same_variants!(browser::BrowserStage => BrowserState {
    Waiting, Opened, Finished, Ready, Done, Refused, Failed, Over,
});
super::same_variants!(browser::BrowserMode => BrowserMode { Here, Other });
super::same_variants!(browser::NotOpened => NotOpened { NoBrowser, OverSsh, NoDisplay, InsideWindows, Failed });
