//! The fields of one line of an import, and how exports of databases write them: any case and
//! blanks in names, `NULL` and empty texts for nothing, `1` and `yes` for true. A field that this
//! server does not have is left out, and its name reported once; so is the value of an optional
//! field that only this server's export gives a meaning, such as an id that is no UUID.

use std::collections::BTreeSet;

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use uuid::Uuid;

use super::import_error::LineError;
use super::line_factor::LineFactor;
use crate::accounts::Role;
use crate::language::Language;
use crate::passkeys::CarriedPasskey;
use crate::passwords;
use crate::providers::CarriedLink;

/// The most links or passkeys of a line.
const MAX_LISTED: usize = 100;

/// The word for an account without a password, in place of the kind of its hash.
const NONE: &str = "none";

/// The maximum number of names of unknown fields that are remembered.
const MAX_UNUSED: usize = 64;

/// The fields of an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Field {
    Id,
    Username,
    Password,
    PasswordHash,
    GivenName,
    FamilyName,
    Email,
    Language,
    Claims,
    CreatedAt,
    Disabled,
    DisabledAt,
    Role,
    Factor,
    FactorRequired,
    Links,
    Passkeys,
}

impl Field {
    /// The field with this name, in any case and with blanks, "-" or "_" between its words.
    pub(super) fn named(name: &str) -> Option<Self> {
        let letters = name.chars().filter(|c| !c.is_whitespace() && !"_-.\u{feff}".contains(*c));
        let name: String = letters.flat_map(char::to_lowercase).collect();
        Some(match name.as_str() {
            "id" => Self::Id,
            "username" => Self::Username,
            "password" => Self::Password,
            "passwordhash" => Self::PasswordHash,
            "givenname" => Self::GivenName,
            "familyname" => Self::FamilyName,
            "email" => Self::Email,
            "language" => Self::Language,
            "claims" => Self::Claims,
            "createdat" => Self::CreatedAt,
            "disabled" => Self::Disabled,
            "disabledat" => Self::DisabledAt,
            "role" => Self::Role,
            "factor" => Self::Factor,
            "factorrequired" => Self::FactorRequired,
            "links" => Self::Links,
            "passkeys" => Self::Passkeys,
            _ => return None,
        })
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Id => "id",
            Self::Username => "username",
            Self::Password => "password",
            Self::PasswordHash => "password_hash",
            Self::GivenName => "given_name",
            Self::FamilyName => "family_name",
            Self::Email => "email",
            Self::Language => "language",
            Self::Claims => "claims",
            Self::CreatedAt => "created_at",
            Self::Disabled => "disabled",
            Self::DisabledAt => "disabled_at",
            Self::Role => "role",
            Self::Factor => "factor",
            Self::FactorRequired => "factor_required",
            Self::Links => "links",
            Self::Passkeys => "passkeys",
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
    pub(super) id: Option<Uuid>,
    pub(super) username: String,
    /// `None`: the line says that there is no password.
    pub(super) password_hash: Option<String>,
    pub(super) given_name: Option<String>,
    pub(super) family_name: Option<String>,
    pub(super) email: Option<String>,
    pub(super) language: Option<Language>,
    pub(super) claims: Map<String, Value>,
    /// In seconds since 1970.
    pub(super) created_at: Option<i64>,
    pub(super) disabled: bool,
    /// In seconds since 1970.
    pub(super) disabled_at: Option<i64>,
    pub(super) role: Option<Role>,
    pub(super) factor: Option<LineFactor>,
    pub(super) factor_required: bool,
    pub(super) links: Vec<CarriedLink>,
    pub(super) passkeys: Vec<CarriedPasskey>,
    /// Fields whose values mean nothing here, with the reason.
    pub(super) left_out: Vec<&'static str>,
}

impl Line {
    /// Reads the fields, which have no unknown name.
    pub(super) fn read(fields: impl IntoIterator<Item = (Field, Value)>) -> Result<Self, LineError> {
        let mut line = Self::default();
        let mut seen: Vec<Field> = Vec::new();
        let mut password = None;
        for (field, value) in fields {
            if seen.contains(&field) {
                return Err(LineError::Form(format!("{} is there twice", field.name())));
            }
            seen.push(field);
            match field {
                Field::Id => line.id = line.optional(value, id, "id (not a UUID)"),
                Field::Username => line.username = required(field, value)?,
                Field::Password => password = text(field, value)?,
                Field::PasswordHash => line.password_hash = hash(value)?,
                Field::GivenName => line.given_name = text(field, value)?,
                Field::FamilyName => line.family_name = text(field, value)?,
                Field::Email => line.email = text(field, value)?,
                Field::Language => {
                    line.language = line.optional(value, language, "language (not en or de)");
                }
                Field::Claims => line.claims = claims(value)?,
                Field::CreatedAt => {
                    line.created_at = line.optional(value, seconds, "created_at (not in seconds since 1970)");
                }
                Field::Disabled => line.disabled = truth(field, value)?,
                Field::DisabledAt => {
                    line.disabled_at =
                        line.optional(value, seconds, "disabled_at (not in seconds since 1970)");
                }
                Field::Role => line.role = line.optional(value, role, "role"),
                Field::Factor => line.factor = LineFactor::read(value)?,
                Field::FactorRequired => line.factor_required = truth(field, value)?,
                Field::Links => line.links = list(field, value, CarriedLink::is_valid)?,
                Field::Passkeys => line.passkeys = list(field, value, CarriedPasskey::is_valid)?,
            }
        }
        if !seen.contains(&Field::Username) {
            return Err(missing(Field::Username));
        }
        match (password.as_deref(), &line.password_hash) {
            (Some(NONE), _) => line.password_hash = None,
            (_, None) => return Err(missing(Field::PasswordHash)),
            (None, Some(_)) => {}
            (Some(kind), Some(hash)) if passwords::kind(hash) == Some(kind) => {}
            (Some(_), Some(_)) => line.left_out.push("password"),
        }
        Ok(line)
    }

    /// A value that `read` understands. Another one is left out.
    fn optional<T>(&mut self, value: Value, read: fn(&str) -> Option<T>, name: &'static str) -> Option<T> {
        let text = match value {
            Value::Null => return None,
            Value::String(text) if text.trim().is_empty() => return None,
            Value::String(text) => text,
            value => value.to_string(),
        };
        let read = read(text.trim());
        if read.is_none() {
            self.left_out.push(name);
        }
        read
    }
}

/// A list that only an export of this server has.
fn list<T: DeserializeOwned>(
    field: Field,
    value: Value,
    is_valid: fn(&T) -> bool,
) -> Result<Vec<T>, LineError> {
    let value = match value {
        Value::Null => return Ok(Vec::new()),
        Value::String(text) if text.trim().is_empty() => return Ok(Vec::new()),
        Value::String(text) => serde_json::from_str(&text).unwrap_or(Value::String(text)),
        value => value,
    };
    let list: Option<Vec<T>> = serde_json::from_value(value).ok();
    let valid = list.filter(|list| list.len() <= MAX_LISTED && list.iter().all(is_valid));
    valid.ok_or_else(|| LineError::Form(format!("{} are not as `user export` writes them", field.name())))
}

fn id(text: &str) -> Option<Uuid> {
    Uuid::try_parse(text).ok()
}

fn language(text: &str) -> Option<Language> {
    Language::parse(&text.to_ascii_lowercase())
}

fn role(text: &str) -> Option<Role> {
    Role::parse(&text.to_ascii_lowercase())
}

fn seconds(text: &str) -> Option<i64> {
    text.parse().ok().filter(|seconds| *seconds >= 0)
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
fn hash(value: Value) -> Result<Option<String>, LineError> {
    match value {
        Value::Object(_) => Ok(Some(value.to_string())),
        _ => text(Field::PasswordHash, value),
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
fn truth(field: Field, value: Value) -> Result<bool, LineError> {
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
        _ => Err(LineError::Form(format!("{} is true or false (also yes and no, 1 and 0)", field.name()))),
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
        for name in ["", "pass", "identity", "user_name_2"] {
            assert_eq!(Field::named(name), None, "{name:?}");
        }
    }

    #[test]
    fn truth_is_read_as_databases_and_spreadsheets_write_it() {
        for value in
            [json!(true), json!(1), json!("TRUE"), json!("yes"), json!("1"), json!("t"), json!(" On ")]
        {
            assert_eq!(truth(Field::Disabled, value.clone()).ok(), Some(true), "{value}");
        }
        for value in [json!(false), json!(0), json!("FALSE"), json!("no"), json!("0"), json!(""), json!(null)]
        {
            assert_eq!(truth(Field::Disabled, value.clone()).ok(), Some(false), "{value}");
        }
        for value in [json!("perhaps"), json!(2), json!([]), json!({})] {
            assert!(
                truth(Field::Disabled, value.clone()).unwrap_err().to_string().contains("yes and no"),
                "{value}"
            );
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

    #[test]
    fn a_line_without_a_password_says_so() {
        let (name, none) = ((Field::Username, json!("sam")), (Field::Password, json!("none")));
        assert_eq!(read(&[name.clone(), none.clone()]).unwrap().password_hash, None);
        let line = read(&[name.clone(), (Field::PasswordHash, Value::Null), none]).unwrap();
        assert_eq!((line.password_hash, line.left_out), (None, vec![]));
        // The column of another system: it may have anything.
        let other = [name, (Field::PasswordHash, json!("$2b$…")), (Field::Password, json!("hunter2"))];
        assert_eq!(read(&other).unwrap().left_out, ["password"]);
    }

    #[test]
    fn a_value_that_only_an_export_of_this_server_has_is_left_out_where_it_means_something_else() {
        let line = [(Field::Username, json!("sam")), (Field::PasswordHash, json!("$2b$…"))];
        let foreign = [
            (Field::Id, json!(42)),
            (Field::Language, json!("fr")),
            (Field::CreatedAt, json!("2024-01-02 03:04:05")),
            (Field::DisabledAt, json!(-1)),
            (Field::Role, json!("editor")),
        ];
        let read = read(&[&line[..], &foreign].concat()).unwrap();
        assert_eq!(read.left_out.len(), foreign.len(), "{:?}", read.left_out);
        assert_eq!((read.id, read.language, read.created_at, read.role), (None, None, None, None));
        assert!(!read.disabled && read.disabled_at.is_none());
    }
}
