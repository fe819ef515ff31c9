//! The layers: defaults < file < environment. Flags are set on the result by the command line.

use std::ffi::OsString;
use std::fmt;
use std::path::{Path, PathBuf};

use secrecy::SecretString;
use toml::{Table, Value};

use super::Settings;

/// Why the settings cannot be used. Holds no value of a secret one.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SettingsError {
    /// The file cannot be read.
    #[error("the settings file {} cannot be read: {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// The file is not TOML, has an unknown name or a value of the wrong type.
    #[error("the settings file {} is not valid: {reason}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Where and why.
        reason: FileFault,
    },
    /// A variable that begins like a setting's but does not name a setting.
    #[error("the environment variable {0} is not a setting")]
    UnknownVariable(String),
    /// A variable whose value is of the wrong type.
    #[error("the environment variable {0} has a value that its setting cannot have")]
    Variable(String),
    /// The private key is named twice.
    #[error("set LATCHKEY_PRIVATE_KEY or LATCHKEY_PRIVATE_KEY_FILE, not both")]
    TwoPrivateKeys,
    /// A value that does not make sense.
    #[error("the setting {name} {reason}")]
    Value {
        /// The setting.
        name: &'static str,
        /// The values that it accepts.
        reason: &'static str,
    },
}

/// Why a settings file is invalid, and in which line. Does not quote the line: it may contain a
/// password.
#[derive(Debug)]
pub struct FileFault {
    line: usize,
    message: String,
}

impl fmt::Display for FileFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.message)
    }
}

const PREFIX: &str = "LATCHKEY_";

/// The settings that have no default to be named by.
const OPTIONAL: [&str; 5] =
    ["metrics_listen", "public_url", "private_key_file", "tls_certificate_file", "tls_key_file"];

impl Settings {
    /// Reads the layers below the command line: the defaults, the file if it exists, and the
    /// variables of `environment` that name a setting: `LATCHKEY_TOKENS_BEARER` is `tokens.bearer`.
    /// An empty variable counts as unset.
    ///
    /// # Errors
    /// Returns an error if a layer cannot be read or is invalid. Does not call [`Settings::check`]:
    /// the caller may set more first.
    pub fn load(
        file: Option<&Path>,
        environment: impl IntoIterator<Item = (OsString, OsString)>,
    ) -> Result<Self, SettingsError> {
        let mut table = file.map_or(Ok(Table::new()), read)?;
        let mut private_key = None;
        let known = Known::new();
        for (name, value) in environment.into_iter().filter(|(_, value)| !value.is_empty()) {
            let Some(name) = name.to_str().filter(|name| name.starts_with(PREFIX)) else { continue };
            let variable = || SettingsError::Variable(name.to_owned());
            if name == "LATCHKEY_PRIVATE_KEY" {
                private_key = Some(SecretString::from(value.into_string().map_err(|_| variable())?));
            } else if let Some(setting) = known.setting(name)? {
                let text = value.to_str().ok_or_else(variable)?;
                insert(&mut table, setting, setting.value(text).ok_or_else(variable)?);
                // Checked one by one, so that the error names the variable.
                Settings::deserialize_from(table.clone()).map_err(|_| variable())?;
            }
        }
        let mut settings = Settings::deserialize_from(table)
            .map_err(|_| SettingsError::Value { name: "(unknown)", reason: "is not valid" })?;
        if private_key.is_some() && settings.private_key_file.is_some() {
            return Err(SettingsError::TwoPrivateKeys);
        }
        settings.private_key = private_key;
        Ok(settings)
    }

    fn deserialize_from(table: Table) -> Result<Self, toml::de::Error> {
        table.try_into()
    }
}

fn read(path: &Path) -> Result<Table, SettingsError> {
    let unreadable = |source| SettingsError::Unreadable { path: path.to_owned(), source };
    let text = std::fs::read_to_string(path).map_err(unreadable)?;
    let fault = |error: toml::de::Error| SettingsError::File {
        path: path.to_owned(),
        reason: FileFault {
            line: error
                .span()
                .and_then(|span| text.get(..span.start))
                .map_or(1, |s| s.matches('\n').count() + 1),
            message: without_values(error.message()),
        },
    };
    // Parse as settings first: these errors have a line number.
    toml::from_str::<Settings>(&text).map_err(fault)?;
    toml::from_str(&text).map_err(fault)
}

/// An error's text without the string that it quotes: `invalid type: string "…", expected u32`.
fn without_values(message: &str) -> String {
    match (message.split_once('"'), message.rsplit_once('"')) {
        (Some((before, _)), Some((_, after))) => format!("{before}\"…\"{after}"),
        _ => message.to_owned(),
    }
}

/// The settings by their names, from the defaults.
struct Known(Vec<Setting>);

struct Setting {
    section: Option<String>,
    name: String,
    default: Option<Value>,
}

impl Known {
    fn new() -> Self {
        let defaults = Table::try_from(Settings::default()).unwrap_or_default();
        let mut known: Vec<Setting> = OPTIONAL
            .into_iter()
            .map(|name| Setting { section: None, name: name.to_owned(), default: None })
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
    fn setting(&self, variable: &str) -> Result<Option<&Setting>, SettingsError> {
        if let Some(setting) = self.0.iter().find(|setting| setting.variable() == variable) {
            return Ok(Some(setting));
        }
        // Variables of the app and of its build have this prefix too, but do not name a section of
        // the server's settings.
        let sections = self.0.iter().filter_map(|setting| setting.section.as_deref());
        let mut prefixes = sections.map(|section| format!("{PREFIX}{}_", section.to_uppercase()));
        match prefixes.any(|prefix| variable.starts_with(&prefix)) {
            true => Err(SettingsError::UnknownVariable(variable.to_owned())),
            false => Ok(None),
        }
    }
}

impl Setting {
    fn variable(&self) -> String {
        let section = self.section.iter().map(|section| format!("{section}_")).collect::<String>();
        format!("{PREFIX}{section}{}", self.name).to_uppercase()
    }

    /// The text of a variable as a value of the setting's type.
    fn value(&self, text: &str) -> Option<Value> {
        match &self.default {
            None | Some(Value::String(_)) => Some(Value::String(text.to_owned())),
            Some(_) => {
                let mut table = toml::from_str::<Table>(&format!("value = {text}")).ok()?;
                table.remove("value").filter(|_| table.is_empty())
            }
        }
    }
}

fn insert(table: &mut Table, setting: &Setting, value: Value) {
    let table = match &setting.section {
        None => Some(table),
        Some(section) => {
            table.entry(section.as_str()).or_insert_with(|| Value::Table(Table::new())).as_table_mut()
        }
    };
    if let Some(table) = table {
        table.insert(setting.name.clone(), value);
    }
}
