//! The settings of mail: where it goes out, from whom, and what is mailed. Mail is optional.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use lettre::message::Mailbox;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use latchkey_server_core::Language;
use latchkey_server_core::settings::{MailPolicy, MailReset};

use super::SettingsError;
use super::smtp_url::SmtpUrl;

/// Mail. Without `smtp_url` none is sent.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct MailSettings {
    /// The server that takes mail. `None`: no mail.
    pub smtp_url: Option<SmtpUrl>,
    /// A file with the password of the user in `smtp_url`.
    pub password_file: Option<PathBuf>,
    /// That password itself. Only from the environment.
    #[serde(skip)]
    pub password: Option<SecretString>,
    /// The certificate authorities that may sign the SMTP server's certificate, PEM. `None`: the
    /// system's.
    pub ca_file: Option<PathBuf>,
    /// Who mail is from.
    pub from: Option<MailAddress>,
    /// Whom answers go to. `None`: `from`.
    pub reply_to: Option<MailAddress>,
    /// The language of accounts that have none of their own.
    pub language: Language,
    /// A folder with texts in place of the built-in ones.
    pub templates: Option<PathBuf>,
    /// Who gets a code by mail after forgetting the password.
    pub reset: MailReset,
}

/// `auth@example.com` or `Example <auth@example.com>`.
#[derive(Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(try_from = "String", into = "String")]
pub struct MailAddress(Mailbox);

/// A text that is no mail address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a mail address: write auth@example.com or Example <auth@example.com>")]
pub struct InvalidMailAddress;

impl MailSettings {
    /// What the use cases need to know.
    pub(crate) fn policy(&self) -> MailPolicy {
        let Self { smtp_url, reset, language, .. } = self;
        MailPolicy { is_configured: smtp_url.is_some(), reset: *reset, language: *language }
    }

    /// Checks combinations of values.
    pub(super) fn check(&self) -> Result<(), SettingsError> {
        let user = self.smtp_url.as_ref().and_then(|url| url.user.as_ref());
        let in_url = self.smtp_url.as_ref().is_some_and(|url| url.password.is_some());
        let passwords = [in_url, self.password_file.is_some(), self.password.is_some()];
        let passwords = passwords.into_iter().filter(|is_set| *is_set).count();
        let is_on = self.smtp_url.is_some();
        let rules = [
            ("mail.from", !is_on || self.from.is_some(), "must be set if mail.smtp_url is"),
            ("mail.smtp_url", is_on || self.from.is_none(), "must be set if mail.from is"),
            ("mail.smtp_url", user.is_some() || passwords == 0, "must name the user of the password"),
            (
                "mail.smtp_url",
                user.is_none() || passwords > 0,
                "names a user without a password: set mail.password_file or LATCHKEY_MAIL_PASSWORD",
            ),
            ("mail.password_file", passwords < 2, "must not be set beside another password of the same user"),
        ];
        match rules.into_iter().find(|(_, holds, _)| !holds) {
            Some((name, _, reason)) => Err(SettingsError::Value { name, reason }),
            None => Ok(()),
        }
    }
}

impl MailAddress {
    /// Name and address.
    pub(crate) fn mailbox(&self) -> &Mailbox {
        &self.0
    }
}

impl FromStr for MailAddress {
    type Err = InvalidMailAddress;

    fn from_str(text: &str) -> Result<Self, InvalidMailAddress> {
        text.parse().map(Self).map_err(|_| InvalidMailAddress)
    }
}

impl TryFrom<String> for MailAddress {
    type Error = InvalidMailAddress;

    fn try_from(text: String) -> Result<Self, InvalidMailAddress> {
        text.parse()
    }
}

impl From<MailAddress> for String {
    fn from(address: MailAddress) -> Self {
        address.0.to_string()
    }
}

impl fmt::Debug for MailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
