//! The layers: defaults < file < environment. Flags are set on the result by the command line.
//! Refuses names that are no setting, in the file and in the environment.

use std::ffi::OsString;
use std::fmt;
use std::path::{Path, PathBuf};

use secrecy::SecretString;
use toml::Table;

use super::Settings;
use super::traces::is_standard;
use super::variable::{Known, MAIL_PASSWORD, PRIVATE_KEY};

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
    /// A variable with the prefix of the settings that names none of them.
    #[error("the environment variable {name} is not a setting{}", did_you_mean(nearest.as_deref()))]
    UnknownVariable {
        /// The variable.
        name: String,
        /// The variable of a setting with a similar name.
        nearest: Option<String>,
    },
    /// A variable whose value is of the wrong type.
    #[error("the environment variable {name} has a value that its setting cannot have: it must be {wanted}")]
    Variable {
        /// The variable.
        name: String,
        /// The form of the setting's values.
        wanted: &'static str,
    },
    /// A variable of OpenTelemetry with a value that is not honoured.
    #[error("the environment variable {name} {reason}")]
    Standard {
        /// The variable.
        name: &'static str,
        /// What is honoured.
        reason: &'static str,
    },
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

fn did_you_mean(nearest: Option<&str>) -> String {
    nearest.map(|name| format!("; is {name} meant?")).unwrap_or_default()
}

impl Settings {
    /// Reads the layers below the command line: the defaults, the file if it exists, and the
    /// variables of `environment` that name a setting: `LATCHKEY_TOKENS_BEARER` is `tokens.bearer`.
    /// An empty variable counts as unset. Variables of other programs are ignored.
    ///
    /// # Errors
    /// Returns an error if a layer cannot be read or is invalid. Does not call [`Settings::check`]:
    /// the caller may set more first.
    pub fn load(
        file: Option<&Path>,
        environment: impl IntoIterator<Item = (OsString, OsString)>,
    ) -> Result<Self, SettingsError> {
        let mut table = file.map_or(Ok(Table::new()), read)?;
        let (mut private_key, mut mail_password, mut standard) = (None, None, Vec::new());
        let known = Known::new();
        for (name, value) in environment.into_iter().filter(|(_, value)| !value.is_empty()) {
            // A name that is not Unicode is no setting's, and cannot be shown.
            let Some(name) = name.to_str() else { continue };
            if is_standard(name) {
                standard.push((name.to_owned(), value.to_string_lossy().into_owned()));
            } else if name == PRIVATE_KEY {
                let wanted = "a private key in PEM form";
                let key = value.into_string();
                let key = key.map_err(|_| SettingsError::Variable { name: name.to_owned(), wanted })?;
                private_key = Some(SecretString::from(key));
            } else if name == MAIL_PASSWORD {
                let password = value.into_string();
                let invalid = |_| SettingsError::Variable { name: name.to_owned(), wanted: "a text" };
                mail_password = Some(SecretString::from(password.map_err(invalid)?));
            } else if let Some(setting) = known.setting(name, &value)? {
                let invalid = || SettingsError::Variable { name: name.to_owned(), wanted: setting.wanted() };
                let text = value.to_str().ok_or_else(invalid)?;
                setting.insert(&mut table, setting.value(text).ok_or_else(invalid)?);
                // Checked one by one, so that the error names the variable.
                Settings::deserialize_from(table.clone()).map_err(|_| invalid())?;
            }
        }
        let mut settings = Settings::deserialize_from(table)
            .map_err(|_| SettingsError::Value { name: "(unknown)", reason: "is not valid" })?;
        if private_key.is_some() && settings.private_key_file.is_some() {
            return Err(SettingsError::TwoPrivateKeys);
        }
        settings.private_key = private_key;
        settings.mail.password = mail_password;
        settings.traces.standard = standard;
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
