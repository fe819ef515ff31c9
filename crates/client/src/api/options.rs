//! The ways to sign in that the server offers.

use serde::Deserialize;

use super::browser_options::{BrowserJson, BrowserOptions};
use super::error::ApiError;

/// Maximum length of the text about whom to ask, in characters.
const MAX_CONTACT_CHARS: usize = 200;

/// The ways to sign in, and what is offered to a user who has forgotten the password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignInOptions {
    /// The ways. One that this version does not know is left out.
    pub ways: Vec<SignInWay>,
    /// Whether the server sends codes.
    pub forgot: ForgotWay,
    /// Whom to ask, as the people who run the server describe it.
    pub contact: Option<String>,
    /// The minimum length of a new password, in characters.
    pub min_password_length: Option<u32>,
    /// What is offered in the browser.
    pub browser: Option<BrowserOptions>,
}

/// A way to sign in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignInWay {
    /// User name and password.
    Password,
    /// A one-time code and a new password.
    Code,
    /// A passkey or a provider's account, in the browser: see [`SignInOptions::browser`].
    Browser,
}

/// What is offered to a user who has forgotten the password.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ForgotWay {
    /// A code by mail.
    Mail,
    /// An operator's code.
    Contact,
}

#[derive(Deserialize)]
pub(super) struct OptionsJson {
    ways: Vec<String>,
    forgot: String,
    contact: Option<String>,
    password: Option<PasswordJson>,
    browser: Option<BrowserJson>,
}

#[derive(Deserialize)]
struct PasswordJson {
    min_length: Option<u32>,
}

impl TryFrom<OptionsJson> for SignInOptions {
    type Error = ApiError;

    fn try_from(json: OptionsJson) -> Result<Self, ApiError> {
        let way = |name: &String| match name.as_str() {
            "password" => Some(SignInWay::Password),
            "code" => Some(SignInWay::Code),
            "browser" => Some(SignInWay::Browser),
            _ => None,
        };
        // A way to a code that this version does not know is no mail.
        let forgot = if json.forgot == "mail" { ForgotWay::Mail } else { ForgotWay::Contact };
        let plain = |text: String| -> String {
            text.chars().filter(|c| !c.is_control()).take(MAX_CONTACT_CHARS).collect()
        };
        let contact = json.contact.map(plain).filter(|text| !text.trim().is_empty());
        let min_password_length = json.password.and_then(|password| password.min_length);
        let browser = json.browser.and_then(BrowserJson::read);
        let mut ways: Vec<_> = json.ways.iter().filter_map(way).collect();
        ways.retain(|way| *way != SignInWay::Browser || browser.is_some());
        Ok(Self { ways, forgot, contact, min_password_length, browser })
    }
}
