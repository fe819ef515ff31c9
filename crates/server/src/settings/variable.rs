//! The environment variables of the settings: their names, and their texts as values. Refuses a
//! variable with the prefix that names neither a setting nor something of another program.

use std::ffi::OsStr;

use toml::{Table, Value};

use super::foreign::is_foreign;
use super::{Settings, SettingsError};

const PREFIX: &str = "LATCHKEY_";

/// The variables of the settings that must not be in the file.
pub(super) const PRIVATE_KEY: &str = "LATCHKEY_PRIVATE_KEY";
pub(super) const MAIL_PASSWORD: &str = "LATCHKEY_MAIL_PASSWORD";

/// How similar a name must be to be the one that was meant: 1 is the same name.
const SIMILAR: f64 = 0.8;

/// The settings that have no default to be named by, with their sections.
const OPTIONAL: [(Option<&str>, &str); 18] = [
    (None, "contact"),
    (None, "metrics_listen"),
    (None, "public_url"),
    (None, "private_key_file"),
    (None, "seal_key_file"),
    (None, "tls_certificate_file"),
    (None, "tls_key_file"),
    (Some("mail"), "smtp_url"),
    (Some("mail"), "password_file"),
    (Some("mail"), "ca_file"),
    (Some("mail"), "from"),
    (Some("mail"), "reply_to"),
    (Some("mail"), "templates"),
    (Some("passkeys"), "rp_id"),
    (Some("passwords"), "breached_file"),
    (Some("tokens"), "issuer"),
    (Some("traces"), "ca_file"),
    (Some("traces"), "endpoint"),
];

/// The settings by their names, from the defaults.
pub(super) struct Known(Vec<Setting>);

pub(super) struct Setting {
    section: Option<String>,
    name: String,
    default: Option<Value>,
}

impl Known {
    pub(super) fn new() -> Self {
        let defaults = Table::try_from(Settings::default()).unwrap_or_default();
        let mut known: Vec<Setting> = OPTIONAL
            .into_iter()
            .map(|(section, name)| Setting {
                section: section.map(str::to_owned),
                name: name.to_owned(),
                default: None,
            })
            .collect();
        for (name, value) in defaults {
            match value {
                Value::Table(section) => known.extend(section.into_iter().map(|(leaf, default)| Setting {
                    section: Some(name.clone()),
                    name: leaf,
                    default: Some(default),
                })),
                default => known.push(Setting { section: None, name, default: Some(default) }),
            }
        }
        Self(known)
    }

    /// The setting of a variable; `None` if the variable belongs to another program.
    pub(super) fn setting(&self, variable: &str, value: &OsStr) -> Result<Option<&Setting>, SettingsError> {
        if !variable.starts_with(PREFIX) || is_foreign(variable, value) {
            return Ok(None);
        }
        match self.0.iter().find(|setting| setting.variable() == variable) {
            Some(setting) => Ok(Some(setting)),
            None => Err(SettingsError::UnknownVariable {
                name: variable.to_owned(),
                nearest: self.nearest(variable),
            }),
        }
    }

    /// The variable with the most similar name, if there is a similar one.
    fn nearest(&self, variable: &str) -> Option<String> {
        let names =
            self.0.iter().map(Setting::variable).chain([PRIVATE_KEY, MAIL_PASSWORD].map(str::to_owned));
        // Without the prefix, which makes all of them similar.
        let likeness = |name: &str| match (name.strip_prefix(PREFIX), variable.strip_prefix(PREFIX)) {
            (Some(name), Some(variable)) => strsim::normalized_damerau_levenshtein(name, variable),
            _ => 0.0,
        };
        let rated = names.map(|name| (likeness(&name), name));
        let best = rated.max_by(|(one, _), (other, _)| one.total_cmp(other));
        best.filter(|(likeness, _)| *likeness >= SIMILAR).map(|(_, name)| name)
    }
}

impl Setting {
    fn variable(&self) -> String {
        let section = self.section.iter().map(|section| format!("{section}_")).collect::<String>();
        format!("{PREFIX}{section}{}", self.name).to_uppercase()
    }

    /// The text of a variable as a value of the setting's type.
    pub(super) fn value(&self, text: &str) -> Option<Value> {
        match &self.default {
            None | Some(Value::String(_)) => Some(Value::String(text.to_owned())),
            Some(_) => {
                let mut table = toml::from_str::<Table>(&format!("value = {text}")).ok()?;
                table.remove("value").filter(|_| table.is_empty())
            }
        }
    }

    /// The form of its values, for someone who wrote another one.
    pub(super) fn wanted(&self) -> &'static str {
        match (self.name.as_str(), &self.default) {
            ("listen", _) => {
                "an address and a port, such as 127.0.0.1:5468, or unix: and the path of a socket"
            }
            ("metrics_listen", _) => "an address and a port, such as 127.0.0.1:5468",
            ("database_pool_mode", _) => "session or transaction",
            ("socket_mode", _) => "three octal digits, such as 0660",
            ("public_url", _) => {
                "an http or https URL without a user, query, fragment or blanks, such as https://auth.example"
            }
            ("trusted_proxies", _) => {
                r#"a list of addresses, networks and unix:, such as ["127.0.0.1", "10.0.0.0/8"]"#
            }
            ("related_origins", _) => r#"a list of origins, such as ["https://login.example"]"#,
            ("smtp_url", _) => "a URL such as smtp+starttls://USER@mail.example:587",
            ("from" | "reply_to", _) => "a mail address, such as Example <auth@example.com>",
            ("language", _) => "en or de",
            ("reset", _) => "with-factor, always or never",
            ("grace", _) => "a whole number and a unit, such as 24h or 7d",
            ("sample", _) => "a number from 0.0 to 1.0",
            ("endpoint", _) => {
                "a URL with https, or with http and this computer, such as http://localhost:4318"
            }
            ("required", _) => "never, admins or always",
            ("other_device", _) => "off, known or on",
            (_, Some(Value::Boolean(_))) => "true or false",
            (_, Some(Value::Integer(_))) => "a whole number in the setting's range",
            (_, Some(Value::Array(_))) => "a list of two whole numbers, such as [250, 1250]",
            _ => "a text",
        }
    }

    /// Puts a value at its place in a table of settings.
    pub(super) fn insert(&self, table: &mut Table, value: Value) {
        let table = match &self.section {
            None => Some(table),
            Some(section) => {
                table.entry(section.as_str()).or_insert_with(|| Value::Table(Table::new())).as_table_mut()
            }
        };
        if let Some(table) = table {
            table.insert(self.name.clone(), value);
        }
    }
}
