//! What a mail tells, as typed data. Has no room for a secret, nor for a text that a device says of
//! itself: addresses and times are the server's own.

use std::net::IpAddr;

use latchkey_token::UnixTime;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What a mail tells its account's owner. The names of the variants are those of the templates.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(tag = "template", content = "data", rename_all = "snake_case")]
pub enum Mail {
    /// The code that was asked for because the password was forgotten. It is computed when the
    /// mail is sent.
    CodeAskedFor,
    /// The code of an invitation.
    Invitation {
        /// When the code expires.
        expires_at: UnixTime,
    },
    /// A code from an operator, for a new password.
    ResetCode {
        /// When the code expires.
        expires_at: UnixTime,
    },
    /// A code from an operator, in place of the second factor.
    FactorCode {
        /// When the code expires.
        expires_at: UnixTime,
    },
    /// A sign-in with a device key that is new to the account.
    NewSignIn(Origin),
    /// The password was right and the second factor was wrong.
    WrongFactor(Origin),
    /// The password was changed.
    PasswordChanged(Origin),
    /// The second factor was changed.
    FactorChanged {
        /// How.
        change: FactorChange,
        /// By whom.
        #[serde(flatten)]
        origin: Origin,
    },
    /// A provider's account was linked.
    AccountLinked(Origin),
    /// The removal of a lost second factor was asked for.
    FactorRemoval {
        /// When it is removed.
        due: UnixTime,
        /// By whom.
        #[serde(flatten)]
        origin: Origin,
    },
    /// A passkey was changed, or refused.
    PasskeyChanged {
        /// What happened.
        change: PasskeyChange,
        /// By whom.
        #[serde(flatten)]
        origin: Origin,
    },
    /// A one-time code or a recovery code was used.
    CodeUsed {
        /// Which.
        code: UsedCode,
        /// By whom.
        #[serde(flatten)]
        origin: Origin,
    },
    /// An account with a role made a code for this one, and was shown it.
    CodeMade {
        /// For what.
        code: UsedCode,
        /// By whom.
        #[serde(flatten)]
        origin: Origin,
    },
    /// An account with a role gave the account another e-mail address, or none. It goes to
    /// the one of before.
    AddressChanged {
        /// The address of before.
        to: String,
        /// By whom.
        #[serde(flatten)]
        origin: Origin,
    },
    /// Sessions of the account were ended by a device that is new to it.
    SessionsEnded {
        /// How many.
        count: usize,
        /// By whom.
        #[serde(flatten)]
        origin: Origin,
    },
}

/// When something happened, and who did it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct Origin {
    /// When.
    pub at: UnixTime,
    /// The address that the device called from; `None` if there was no device, or if its address is
    /// not known.
    pub address: Option<IpAddr>,
    /// Whether a device did it, and not an operator at the command line. Mails that were queued
    /// before this field existed have an address if a device did it.
    #[serde(default)]
    pub by_device: bool,
}

impl Origin {
    /// Something that an operator did.
    pub fn operator(at: UnixTime) -> Self {
        Self { at, address: None, by_device: false }
    }

    /// Something that a device did.
    pub fn device(at: UnixTime, address: Option<IpAddr>) -> Self {
        Self { at, address, by_device: true }
    }
}

/// A change of the second factor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FactorChange {
    /// The account has one now.
    SwitchedOn,
    /// The account has none any more.
    SwitchedOff,
    /// The account has none any more: its owner has lost it, and nobody has said no.
    Lost,
    /// It was replaced with another one.
    Replaced,
    /// The recovery codes are new ones.
    RecoveryCodes,
}

/// What happened to a passkey.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PasskeyChange {
    /// The account has one more.
    Added,
    /// The account has it no more.
    Removed,
    /// It was refused, because its counter went back: there may be a copy of it.
    Suspicious,
}

/// A code that was used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum UsedCode {
    /// Of an invitation.
    Invite,
    /// For a new password.
    Password,
    /// In place of the second factor.
    Factor,
    /// A recovery code.
    Recovery,
}

impl Mail {
    /// The name of its template.
    #[must_use]
    pub fn template(&self) -> &'static str {
        match self {
            Self::CodeAskedFor => "code_asked_for",
            Self::Invitation { .. } => "invitation",
            Self::ResetCode { .. } => "reset_code",
            Self::FactorCode { .. } => "factor_code",
            Self::NewSignIn(_) => "new_sign_in",
            Self::WrongFactor(_) => "wrong_factor",
            Self::PasswordChanged(_) => "password_changed",
            Self::FactorChanged { .. } => "factor_changed",
            Self::AccountLinked(_) => "account_linked",
            Self::FactorRemoval { .. } => "factor_removal",
            Self::PasskeyChanged { .. } => "passkey_changed",
            Self::CodeUsed { .. } => "code_used",
            Self::CodeMade { .. } => "code_made",
            Self::AddressChanged { .. } => "address_changed",
            Self::SessionsEnded { .. } => "sessions_ended",
        }
    }

    /// The address that it goes to, where that is not the account's.
    pub(super) fn to(&self) -> Option<&str> {
        match self {
            Self::AddressChanged { to, .. } => Some(to),
            _ => None,
        }
    }

    /// When the code that an operator sends in it expires.
    pub(super) fn code_expires_at(&self) -> Option<UnixTime> {
        match *self {
            Self::Invitation { expires_at }
            | Self::ResetCode { expires_at }
            | Self::FactorCode { expires_at } => Some(expires_at),
            _ => None,
        }
    }

    /// The data as it is stored beside the template's name.
    pub(super) fn data(&self) -> String {
        let whole = serde_json::to_value(self).unwrap_or_default();
        whole.get("data").map_or_else(|| "null".to_owned(), Value::to_string)
    }

    /// The mail of a template's name and data; `None` if this version does not know it.
    pub(super) fn parse(template: &str, data: &str) -> Option<Self> {
        let data: Value = serde_json::from_str(data).ok()?;
        serde_json::from_value(serde_json::json!({ "template": template, "data": data })).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mail_is_read_as_it_was_stored() {
        let at = UnixTime::new(1_800_000_000);
        let origin = Origin::device(at, Some("2001:db8::7".parse().unwrap()));
        for mail in [
            Mail::CodeAskedFor,
            Mail::Invitation { expires_at: at },
            Mail::ResetCode { expires_at: at },
            Mail::FactorCode { expires_at: at },
            Mail::NewSignIn(origin),
            Mail::WrongFactor(origin),
            Mail::PasswordChanged(Origin::operator(at)),
            Mail::FactorChanged { change: FactorChange::SwitchedOff, origin },
            Mail::FactorRemoval { due: at, origin },
            Mail::PasskeyChanged { change: PasskeyChange::Suspicious, origin },
            Mail::CodeUsed { code: UsedCode::Recovery, origin },
            Mail::CodeMade { code: UsedCode::Factor, origin },
            Mail::AddressChanged { to: "sam@example.com".to_owned(), origin },
            Mail::SessionsEnded { count: 3, origin },
        ] {
            let tag = serde_json::to_value(&mail).unwrap()["template"].clone();
            assert_eq!(tag, mail.template());
            assert_eq!(Mail::parse(mail.template(), &mail.data()), Some(mail));
        }
        assert_eq!(Mail::parse("of_a_later_version", "null"), None);
    }
}
