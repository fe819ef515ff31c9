//! The ways to sign in that the server offers.

use serde::Deserialize;

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
}

/// A way to sign in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignInWay {
    /// User name and password.
    Password,
    /// A one-time code and a new password.
    Code,
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
            _ => None,
        };
        // A way to a code that this version does not know is no mail.
        let forgot = if json.forgot == "mail" { ForgotWay::Mail } else { ForgotWay::Contact };
        let plain = |text: String| -> String {
            text.chars().filter(|c| !c.is_control()).take(MAX_CONTACT_CHARS).collect()
        };
        let contact = json.contact.map(plain).filter(|text| !text.trim().is_empty());
        let min_password_length = json.password.and_then(|password| password.min_length);
        Ok(Self { ways: json.ways.iter().filter_map(way).collect(), forgot, contact, min_password_length })
    }
}
