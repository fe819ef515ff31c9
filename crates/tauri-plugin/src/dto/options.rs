//! The ways to sign in.

use latchkey_client::api;
use serde::Serialize;

/// The ways to sign in that a server offers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "camelCase")]
pub struct SignInOptions {
    /// The ways.
    pub ways: Vec<SignInWay>,
    /// What is offered to a user who has forgotten the password.
    pub forgot: ForgotWay,
    /// Whom to ask, as the people who run the server describe it.
    pub contact: Option<String>,
    /// The minimum length of a new password, in characters, if the server reports it.
    pub min_password_length: Option<u32>,
    /// What is offered in the browser, with the way `browser`.
    pub browser: Option<BrowserOptions>,
}

/// A way to sign in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "kebab-case")]
pub enum SignInWay {
    /// User name and password. Missing at a server that accepts no passwords.
    Password,
    /// A one-time code, with a new password if `password` is among the ways.
    Code,
    /// A passkey or a provider's account, in the browser: see [`SignInOptions::browser`].
    Browser,
}

/// What is offered to a user who has forgotten the password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "kebab-case")]
pub enum ForgotWay {
    /// The server sends a code by mail.
    Mail,
    /// An operator makes a code: see [`SignInOptions::contact`].
    Contact,
}

/// What a server offers in the browser.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "camelCase")]
pub struct BrowserOptions {
    /// Whether passkeys are accepted.
    pub passkeys: bool,
    /// The providers whose accounts are accepted.
    pub providers: Vec<Provider>,
    /// Whether the browser may be on another device.
    pub other_device: OtherDevice,
}

/// A provider of accounts (OpenID Connect).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
pub struct Provider {
    /// Its id at this server.
    pub id: String,
    /// Its name, as the people who run the server write it.
    pub name: String,
}

/// Whether the browser may be on another device.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "kebab-case")]
pub enum OtherDevice {
    /// Never.
    Off,
    /// If the device key was in a session of the account before.
    Known,
    /// Always.
    On,
}

impl From<api::SignInOptions> for SignInOptions {
    fn from(options: api::SignInOptions) -> Self {
        let api::SignInOptions { ways, forgot, contact, min_password_length, browser } = options;
        let ways = ways.into_iter().map(Into::into).collect();
        let browser = browser.map(Into::into);
        Self { ways, forgot: forgot.into(), contact, min_password_length, browser }
    }
}

impl From<api::BrowserOptions> for BrowserOptions {
    fn from(api::BrowserOptions { passkeys, providers, other_device }: api::BrowserOptions) -> Self {
        let providers = providers.into_iter().map(Into::into).collect();
        Self { passkeys, providers, other_device: other_device.into() }
    }
}

impl From<api::Provider> for Provider {
    fn from(api::Provider { id, name }: api::Provider) -> Self {
        Self { id, name }
    }
}

super::same_variants!(api::SignInWay => SignInWay { Password, Code, Browser });
super::same_variants!(api::ForgotWay => ForgotWay { Mail, Contact });
super::same_variants!(api::OtherDevice => OtherDevice { Off, Known, On });
