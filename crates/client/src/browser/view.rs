//! A request in the browser as plain values, for an app to show. Has no field for a result or a
//! token; the address is worth nothing without the device key.

use crate::api::BrowserWay;
use crate::browser::system::NotOpened;
use crate::error::SessionError;

/// A request in the browser.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BrowserView {
    /// What for.
    pub purpose: BrowserPurpose,
    /// How it stands.
    pub stage: BrowserStage,
    /// Where the browser is.
    pub mode: BrowserMode,
    /// How, if the user has chosen in the window.
    pub way: Option<BrowserWay>,
    /// The address of the server's page.
    pub url: String,
    /// When it ends, in seconds since 1970.
    pub expires_at: i64,
    /// Why the browser could not be opened.
    pub not_opened: Option<NotOpened>,
    /// With [`BrowserStage::Failed`] and [`BrowserStage::Over`]: why. Otherwise the last fault,
    /// after which the request goes on.
    pub error: Option<SessionError>,
    /// With a new passkey: a name for it.
    pub suggested_name: Option<String>,
}

/// What a request in the browser is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BrowserStage {
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

impl BrowserStage {
    /// Whether nothing more happens.
    pub fn is_end(self) -> bool {
        matches!(self, Self::Done | Self::Refused | Self::Over)
    }
}

/// Where the browser is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BrowserMode {
    /// On this computer: the last page leads to the app's listener.
    Here,
    /// On another device: the user types what its last page shows.
    Other,
}
