//! The body of a sign-in: user name, password and the device's label, as JSON or as a form. Unknown
//! fields are ignored; a repeated field is refused.

use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;

use super::content_type::Format;
use super::problem::Problem;
use latchkey_server_core::accounts::is_line;
use latchkey_server_core::sign_in::Credentials;
use latchkey_server_core::{DeviceLabel, MAX_PASSWORD_BYTES};

/// Maximum length of a user name that is checked, in bytes. Every user name of an account is
/// shorter.
pub(super) const MAX_USERNAME_BYTES: usize = 1024;

/// Maximum length of the label of a device, in characters.
const MAX_DEVICE_NAME_CHARS: usize = 64;
const MAX_PLATFORM_CHARS: usize = 32;

/// The fields of the body.
#[derive(Default, Deserialize, utoipa::ToSchema)]
#[schema(as = Credentials)]
pub(super) struct Fields {
    #[schema(required, nullable = false, min_length = 1)]
    username: Option<String>,
    #[schema(required, nullable = false, value_type = String, format = Password, min_length = 1)]
    password: Option<SecretString>,
    /// Name that the device reports, for the list of sessions: 1 to 64 characters, no control
    /// characters.
    #[schema(
        min_length = 1,
        max_length = 64,
        pattern = r"^[^\u0000-\u001f\u007f-\u009f]*[^\s\u0000-\u001f\u007f-\u009f][^\u0000-\u001f\u007f-\u009f]*$"
    )]
    device_name: Option<String>,
    /// Its system: 1 to 32 characters, no control characters.
    #[schema(
        min_length = 1,
        max_length = 32,
        pattern = r"^[^\u0000-\u001f\u007f-\u009f]*[^\s\u0000-\u001f\u007f-\u009f][^\u0000-\u001f\u007f-\u009f]*$"
    )]
    platform: Option<String>,
}

impl Fields {
    fn from_json(body: &[u8]) -> Result<Self, Problem> {
        let problem = Problem::InvalidRequest("The body is not one JSON object with text fields.");
        // serde reads a list of two texts as the two fields.
        if !body.trim_ascii_start().starts_with(b"{") {
            return Err(problem);
        }
        serde_json::from_slice(body).map_err(|_| problem)
    }

    fn from_form(body: &[u8]) -> Result<Self, Problem> {
        let mut fields = Self::default();
        for (name, value) in url::form_urlencoded::parse(body) {
            let twice = match &*name {
                "username" => fields.username.replace(value.into_owned()).is_some(),
                "password" => fields.password.replace(value.into_owned().into()).is_some(),
                "device_name" => fields.device_name.replace(value.into_owned()).is_some(),
                "platform" => fields.platform.replace(value.into_owned()).is_some(),
                _ => false,
            };
            if twice {
                return Err(Problem::InvalidRequest("A field is there twice."));
            }
        }
        Ok(fields)
    }
}

/// Reads a device's description of itself.
pub(super) fn label(name: Option<String>, platform: Option<String>) -> Result<DeviceLabel, Problem> {
    let fits = |text: &Option<String>, max| text.as_deref().is_none_or(|text| is_line(text, max));
    if !fits(&name, MAX_DEVICE_NAME_CHARS) || !fits(&platform, MAX_PLATFORM_CHARS) {
        return Err(Problem::InvalidRequest(
            "The field device_name or platform is empty, too long, or has a control character in it.",
        ));
    }
    Ok(DeviceLabel { name, platform })
}

/// Reads the body of a sign-in.
pub(super) fn parse(format: Format, body: &[u8]) -> Result<Credentials, Problem> {
    let fields = match format {
        Format::Json => Fields::from_json(body)?,
        Format::Form => Fields::from_form(body)?,
    };
    let username = fields.username.filter(|text| !text.is_empty());
    let username = username.ok_or(Problem::InvalidRequest("The field username is missing."))?;
    let password = fields.password.filter(|text| !text.expose_secret().is_empty());
    let password = password.ok_or(Problem::InvalidRequest("The field password is missing."))?;
    if username.len() > MAX_USERNAME_BYTES || password.expose_secret().len() > MAX_PASSWORD_BYTES {
        return Err(Problem::InvalidRequest("The user name or the password is too long."));
    }
    let label = label(fields.device_name, fields.platform)?;
    Ok(Credentials { username, password, label })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parse(format: Format, body: &str) -> Option<(String, String)> {
        let read = super::parse(format, body.as_bytes()).ok()?;
        Some((read.username, read.password.expose_secret().to_owned()))
    }

    #[test]
    fn both_ways_of_writing() {
        let expected = Some(("sam".to_owned(), "a&b=c d".to_owned()));
        let json = r#" {"username":"sam","more":{"x":[1]},"password":"a&b=c d"}"#;
        assert_eq!(parse(Format::Json, json), expected);
        assert_eq!(parse(Format::Form, "username=sam&more=1&more=2&password=a%26b%3Dc+d"), expected);
    }

    #[test]
    fn refuses_missing_doubled_and_non_text_values() {
        for body in [
            "",
            "{}",
            "null",
            "[]",
            r#"["sam","pw"]"#,
            r#""sam""#,
            r#"{"username":"sam"}"#,
            r#"{"username":"","password":"pw"}"#,
            r#"{"username":"sam","password":""}"#,
            r#"{"username":"sam","password":null}"#,
            r#"{"username":"sam","password":7}"#,
            r#"{"username":["sam"],"password":"pw"}"#,
            r#"{"username":"sam","password":"pw","password":"pw"}"#,
            r#"{"username":"sam","password":"pw","\u0070assword":"pw"}"#,
            r#"{"username":"sam","password":"pw"}x"#,
            r#"{"username":"sam","password":"pw""#,
            r#"{"username":"\ud800","password":"pw"}"#,
            r#"{"username":"sam","password":"pw","device_name":""}"#,
            r#"{"username":"sam","password":"pw","device_name":"a\nb"}"#,
            r#"{"username":"sam","password":"pw","device_name":7}"#,
            r#"{"username":"sam","password":"pw","platform":"a\u0000"}"#,
        ] {
            assert_eq!(parse(Format::Json, body), None, "{body}");
        }
        for body in [
            "",
            "username=sam",
            "username=&password=pw",
            "username=sam&password=",
            "username=sam&username=sam&password=pw",
            "username=sam&password=pw&password=",
            "Username=sam&Password=pw",
            "username=sam&password=pw&platform=a&platform=a",
            "username=sam&password=pw&platform=123456789012345678901234567890123",
        ] {
            assert_eq!(parse(Format::Form, body), None, "{body}");
        }
        let deep = format!(r#"{{"username":{}{}}}"#, "[".repeat(100_000), "]".repeat(100_000));
        assert_eq!(parse(Format::Json, &deep), None);
        assert_eq!(parse(Format::Form, &format!("username=sam&password={}", "x".repeat(1025))), None);
        assert_eq!(parse(Format::Form, &format!("username={}&password=pw", "x".repeat(1025))), None);
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(body in proptest::collection::vec(any::<u8>(), 0..200)) {
            for format in [Format::Json, Format::Form] {
                if let Ok(read) = super::parse(format, &body) {
                    prop_assert!(!read.username.is_empty() && !read.password.expose_secret().is_empty());
                }
            }
        }

        #[test]
        fn any_text_comes_through(username in "\\PC{1,40}", password in ".{1,40}") {
            let json = serde_json::json!({ "username": username, "password": password }).to_string();
            let mut form = url::form_urlencoded::Serializer::new(String::new());
            let form = form.append_pair("username", &username).append_pair("password", &password).finish();
            let expected = Some((username, password));
            prop_assert_eq!(parse(Format::Json, &json), expected.clone());
            prop_assert_eq!(parse(Format::Form, &form), expected);
        }
    }
}
