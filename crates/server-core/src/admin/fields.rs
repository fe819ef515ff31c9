//! The fields of one line of an import, and how exports of databases write them: any case and
//! blanks in names, `NULL` and empty texts for nothing, `1` and `yes` for true. A field that this
//! server does not have is left out, and its name reported once.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::import_error::LineError;

/// The maximum number of names of unknown fields that are remembered.
const MAX_UNUSED: usize = 64;

/// The fields of an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Field {
    Username,
    PasswordHash,
    GivenName,
    FamilyName,
    Email,
    Claims,
    Disabled,
}

impl Field {
    /// The field with this name, in any case and with blanks, "-" or "_" between its words.
    pub(super) fn named(name: &str) -> Option<Self> {
        let letters = name.chars().filter(|c| !c.is_whitespace() && !"_-.\u{feff}".contains(*c));
        let name: String = letters.flat_map(char::to_lowercase).collect();
        Some(match name.as_str() {
            "username" => Self::Username,
            "passwordhash" => Self::PasswordHash,
            "givenname" => Self::GivenName,
            "familyname" => Self::FamilyName,
            "email" => Self::Email,
            "claims" => Self::Claims,
            "disabled" => Self::Disabled,
            _ => return None,
        })
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Username => "username",
            Self::PasswordHash => "password_hash",
            Self::GivenName => "given_name",
            Self::FamilyName => "family_name",
            Self::Email => "email",
            Self::Claims => "claims",
            Self::Disabled => "disabled",
        }
    }
}

/// The names of fields that were left out.
#[derive(Debug, Default)]
pub(super) struct Unused(BTreeSet<String>);

impl Unused {
    /// Whether the name was not seen before.
    pub(super) fn is_new(&mut self, name: &str) -> bool {
        self.0.len() < MAX_UNUSED && self.0.insert(name.to_owned())
    }
}

/// The fields of a line.
#[derive(Debug, Default)]
pub(super) struct Line {
    pub(super) username: String,
    pub(super) password_hash: String,
    pub(super) given_name: Option<String>,
    pub(super) family_name: Option<String>,
    pub(super) email: Option<String>,
    pub(super) claims: Map<String, Value>,
    pub(super) disabled: bool,
}

impl Line {
    /// Reads the fields, which have no unknown name.
    pub(super) fn read(fields: impl IntoIterator<Item = (Field, Value)>) -> Result<Self, LineError> {
        let mut line = Self::default();
        let mut seen: Vec<Field> = Vec::new();
        for (field, value) in fields {
            if seen.contains(&field) {
                return Err(LineError::Form(format!("{} is there twice", field.name())));
            }
            seen.push(field);
            match field {
                Field::Username => line.username = required(field, value)?,
                Field::PasswordHash => line.password_hash = hash(value)?,
                Field::GivenName => line.given_name = text(field, value)?,
                Field::FamilyName => line.family_name = text(field, value)?,
                Field::Email => line.email = text(field, value)?,
                Field::Claims => line.claims = claims(value)?,
                Field::Disabled => line.disabled = truth(value)?,
            }
        }
        for field in [Field::Username, Field::PasswordHash] {
            if !seen.contains(&field) {
                return Err(missing(field));
            }
        }
        Ok(line)
    }
}

fn missing(field: Field) -> LineError {
    LineError::Form(format!("{} is missing or empty", field.name()))
}

/// A text; an empty one is none.
fn text(field: Field, value: Value) -> Result<Option<String>, LineError> {
    match value {
        Value::Null => Ok(None),
        Value::String(text) => Ok(Some(text.trim().to_owned()).filter(|text| !text.is_empty())),
        Value::Number(number) => Ok(Some(number.to_string())),
        Value::Bool(_) | Value::Array(_) | Value::Object(_) => {
            Err(LineError::Form(format!("{} is not a text", field.name())))
        }
    }
}

fn required(field: Field, value: Value) -> Result<String, LineError> {
    text(field, value)?.ok_or_else(|| missing(field))
}

/// A text, or an object as Keycloak and Firebase export it.
fn hash(value: Value) -> Result<String, LineError> {
    match value {
        Value::Object(_) => Ok(value.to_string()),
        _ => required(Field::PasswordHash, value),
    }
}

/// An object, or a text that is one.
fn claims(value: Value) -> Result<Map<String, Value>, LineError> {
    let not_an_object = || LineError::Form("claims is not a JSON object".to_owned());
    match value {
        Value::Object(claims) => Ok(claims),
        Value::Null => Ok(Map::new()),
        Value::String(text) if text.trim().is_empty() => Ok(Map::new()),
        Value::String(text) => serde_json::from_str(&text).map_err(|_| not_an_object()),
        Value::Bool(_) | Value::Number(_) | Value::Array(_) => Err(not_an_object()),
    }
}

/// A truth value as databases and spreadsheets write it; nothing is false.
fn truth(value: Value) -> Result<bool, LineError> {
    let word = match value {
        Value::Null => return Ok(false),
        Value::Bool(truth) => return Ok(truth),
        Value::Number(number) => number.to_string(),
        Value::String(text) => text.trim().to_ascii_lowercase(),
        Value::Array(_) | Value::Object(_) => "-".to_owned(),
    };
    match word.as_str() {
        "true" | "t" | "yes" | "y" | "on" | "1" => Ok(true),
        "" | "false" | "f" | "no" | "n" | "off" | "0" => Ok(false),
        _ => Err(LineError::Form("disabled is true or false (also yes and no, 1 and 0)".to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(fields: &[(Field, Value)]) -> Result<Line, String> {
        Line::read(fields.iter().cloned()).map_err(|error| error.to_string())
    }

    #[test]
    fn a_field_is_found_in_any_spelling_of_its_name() {
        for name in
            ["password_hash", "Password Hash", " PASSWORD-HASH ", "passwordHash", "\u{feff}password_hash"]
        {
            assert_eq!(Field::named(name), Some(Field::PasswordHash), "{name:?}");
        }
        for name in ["", "password", "id", "user_name_2"] {
            assert_eq!(Field::named(name), None, "{name:?}");
        }
    }

    #[test]
    fn truth_is_read_as_databases_and_spreadsheets_write_it() {
        for value in
            [json!(true), json!(1), json!("TRUE"), json!("yes"), json!("1"), json!("t"), json!(" On ")]
        {
            assert_eq!(truth(value.clone()).ok(), Some(true), "{value}");
        }
        for value in [json!(false), json!(0), json!("FALSE"), json!("no"), json!("0"), json!(""), json!(null)]
        {
            assert_eq!(truth(value.clone()).ok(), Some(false), "{value}");
        }
        for value in [json!("perhaps"), json!(2), json!([]), json!({})] {
            assert!(truth(value.clone()).unwrap_err().to_string().contains("yes and no"), "{value}");
        }
    }

    #[test]
    fn a_line_needs_a_name_and_a_hash_and_has_each_field_once() {
        let (name, hash) = ((Field::Username, json!(" sam ")), (Field::PasswordHash, json!("$2b$…")));
        let given = (Field::GivenName, json!("  "));
        let line = read(&[name.clone(), hash.clone(), given]).unwrap();
        assert_eq!((line.username.as_str(), line.given_name), ("sam", None));
        assert_eq!(read(std::slice::from_ref(&name)).unwrap_err(), "password_hash is missing or empty");
        assert_eq!(
            read(&[(Field::Username, json!(null)), hash.clone()]).unwrap_err(),
            "username is missing or empty"
        );
        assert_eq!(read(&[name.clone(), hash.clone(), name.clone()]).unwrap_err(), "username is there twice");
        assert_eq!(read(&[name, hash, (Field::Email, json!([]))]).unwrap_err(), "email is not a text");
    }
}
