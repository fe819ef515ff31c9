//! Fuzz targets: any bytes as the body of a request. How they are run: `latchkey_fuzz`.

use latchkey_server_core::sign_in::Credentials;
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Map, Value};

use super::content_type::Format;
use super::credentials::parse;
use super::{code, confirm, forgot, notices, password, second_factor, sign_out_token};
use latchkey_fuzz::fuzz;

/// A body parsed by another parser, which uses the last of two equal names. `None` where that
/// parser rejects the contents of a field that the server ignores.
fn object(body: &[u8]) -> Option<Map<String, Value>> {
    serde_json::from_slice(body).ok()
}

fn same(one: &Credentials, other: &Credentials) -> bool {
    one.username == other.username
        && one.password.expose_secret() == other.password.expose_secret()
        && (&one.label.name, &one.label.platform) == (&other.label.name, &other.label.platform)
}

/// The fields under the names of the body.
fn fields(credentials: &Credentials) -> Vec<(&'static str, String)> {
    let mut fields = vec![
        ("username", credentials.username.clone()),
        ("password", credentials.password.expose_secret().to_owned()),
    ];
    fields.extend(credentials.label.name.clone().map(|name| ("device_name", name)));
    fields.extend(credentials.label.platform.clone().map(|platform| ("platform", platform)));
    fields
}

#[test]
fn sign_in() {
    fuzz("sign_in", 4, try_sign_in);
}

/// Whether the input is a sign-in, as JSON or as a form.
fn try_sign_in(input: &[u8]) -> bool {
    let mut taken = false;
    for format in [Format::Json, Format::Form] {
        let Ok(credentials) = parse(format, input) else { continue };
        taken = true;
        let fields = fields(&credentials);
        assert!(fields.iter().all(|(_, value)| !value.is_empty()));
        let label = [&credentials.label.name, &credentials.label.platform];
        assert!(label.into_iter().flatten().all(|text| !text.contains(char::is_control)));
        if let (Format::Json, Some(said)) = (format, object(input)) {
            assert!(fields.iter().all(|(name, value)| said[*name] == value.as_str()));
        }
        // The same user signs in with either encoding.
        let json = serde_json::to_vec(&fields.iter().cloned().collect::<std::collections::BTreeMap<_, _>>());
        let form = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(&fields).finish();
        let json = parse(Format::Json, &json.unwrap()).unwrap();
        let form = parse(Format::Form, form.as_bytes()).unwrap();
        assert!(same(&credentials, &json) && same(&credentials, &form));
    }
    taken
}

#[test]
fn bodies() {
    fuzz("bodies", 9, try_bodies);
}

/// Whether the input is a body of one of the other routes that take JSON.
fn try_bodies(input: &[u8]) -> bool {
    let notice = sign_out_token::Body::parse(input).map(|body| {
        if let Some(said) = object(input) {
            assert_eq!(said["notice"], body.notice.as_str());
        }
    });
    let change = password::Change::parse(input).map(|change| {
        let Some(said) = object(input) else { return };
        assert_eq!(said["current"], change.current.expose_secret());
        assert_eq!(said["new"], change.new.expose_secret());
        assert_eq!(said.get("end_other_sessions").is_some_and(|end| *end == true), change.end_other_sessions);
    });
    let code = code::Fields::parse(input).map(|redemption| {
        let Some(said) = object(input) else { return };
        assert_eq!(said["code"], redemption.code.expose_secret());
        if let Some(password) = &redemption.new_password {
            assert_eq!(said["new_password"], password.expose_secret());
        }
    });
    let name = forgot::Fields::parse(input).map(|fields| {
        if let Some(said) = object(input) {
            assert_eq!(said["username"], fields.username.as_str());
        }
    });
    let factor = second_factor::Fields::parse(input).map(|fields| {
        let Some(said) = object(input) else { return };
        assert_eq!(said["challenge"], fields.challenge.as_str());
        assert_eq!(said["code"], fields.code.expose_secret());
    });
    let enrolment = second_factor::EnrolFields::parse(input).map(|enrolment| {
        if let Some(said) = object(input) {
            assert_eq!(said["challenge"], enrolment.challenge.as_str());
        }
    });
    let answer = notices::Body::parse(input).map(|body| {
        let Some(said) = object(input) else { return };
        let is_mine = matches!(body.answer, notices::Answer::Mine);
        assert_eq!(said["answer"], if is_mine { "mine" } else { "not_mine" });
    });
    let taken = [notice, change, code, name, factor, enrolment, answer].iter().any(Result::is_ok);
    // Any object is one, also an empty one.
    let given = confirm::Fields::parse(input).is_ok_and(|given| {
        let texts = [("password", &given.password), ("code", &given.code)];
        if let Some(said) = object(input) {
            for (name, text) in texts {
                let said = said.get(name).and_then(Value::as_str).filter(|said| !said.is_empty());
                assert_eq!(said, text.as_ref().map(SecretString::expose_secret));
            }
        }
        texts.iter().any(|(_, text)| text.is_some())
    });
    taken || given
}
