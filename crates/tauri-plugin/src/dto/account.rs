//! The account: its second factor, and what has happened to it.
//!
//! [`TotpProposal`] is the only type of a window that has secrets: the user has to see them once.

use latchkey_client::{api, factor_method};
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::NamedDevice;

/// A kind of code that the server accepts as the second factor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "kebab-case")]
pub enum FactorMethod {
    /// The six digits of an authenticator (RFC 6238).
    Totp,
    /// One of the ten recovery codes.
    RecoveryCode,
    /// A one-time code that an operator makes in place of a lost factor.
    FactorCode,
}

/// What the user has to prove once more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "kebab-case")]
pub enum Need {
    /// The password.
    Password,
    /// A code of the second factor.
    Code,
    /// A sign-in in the browser: the account has neither a password nor a second factor.
    Browser,
}

/// A second factor that is being set up. It counts when a code of it was accepted. Shown once.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "camelCase")]
pub struct TotpProposal {
    /// The secret in base 32, for typing.
    #[cfg_attr(test, ts(type = "string"))]
    pub secret: Zeroizing<String>,
    /// The secret as the `otpauth` URI that authenticators read.
    #[cfg_attr(test, ts(type = "string"))]
    pub otpauth_uri: Zeroizing<String>,
    /// The URI as a QR code: an SVG document of black and white squares.
    #[cfg_attr(test, ts(type = "string"))]
    pub qr_svg: Zeroizing<String>,
    /// Ten codes for a lost authenticator; each counts once.
    #[cfg_attr(test, ts(type = "Array<string>"))]
    pub recovery_codes: Vec<Zeroizing<String>>,
}

/// The account's second factor and preferences.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "camelCase")]
pub struct AccountDetails {
    /// The second factor.
    pub factor: FactorView,
    /// The account's language, as a BCP 47 tag.
    pub language: Option<String>,
    /// The account's role, if it has one: `desk` or `admin`. A hint for a window: the server
    /// decides.
    pub role: Option<String>,
}

/// The account's second factor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "camelCase")]
pub struct FactorView {
    /// Whether an authenticator is set up.
    pub totp: bool,
    /// How many recovery codes are left.
    pub recovery_codes_left: u32,
    /// Whether the account must have a second factor.
    pub required: bool,
    /// From when on, in seconds since 1970. A session without one is held then.
    #[cfg_attr(test, ts(type = "number | null"))]
    pub required_from: Option<i64>,
    /// When it is removed, in seconds since 1970, because the user has lost it.
    #[cfg_attr(test, ts(type = "number | null"))]
    pub removal_at: Option<i64>,
}

/// Something that has happened to the account, to be answered on any of its devices.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "camelCase")]
pub struct Notice {
    /// Its id.
    pub id: String,
    /// What has happened.
    pub kind: NoticeKind,
    /// When, in seconds since 1970.
    #[cfg_attr(test, ts(type = "number"))]
    pub at: i64,
    /// From which IP address.
    pub address: Option<String>,
    /// On which device, as it describes itself.
    pub device: Option<NamedDevice>,
    /// Whether the device key was new to the account.
    pub new_key: bool,
    /// Whether this session may answer it.
    pub can_answer: bool,
}

/// What has happened to the account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "kebab-case")]
pub enum NoticeKind {
    /// A sign-in with a device key that is new to the account.
    NewSignIn,
    /// A wrong second factor after the right password.
    WrongFactor,
    /// The password was changed.
    PasswordChanged,
    /// The second factor was changed.
    FactorChanged,
    /// A one-time code was used.
    CodeUsed,
    /// The removal of the second factor was asked for. It is open while the removal is pending.
    FactorRemoval,
    /// A passkey was added.
    PasskeyAdded,
    /// A passkey was removed.
    PasskeyRemoved,
    /// The counter of a passkey has gone back: it may have been copied.
    PasskeySuspicious,
    /// An account of a provider was linked.
    AccountLinked,
    /// An account with a role made a code for a new password, or in place of the second factor.
    CodeMade,
    /// An administrator changed the account: its names, address, role, or whether it must have a
    /// second factor.
    AccountChanged,
}

/// The user's answer to a notice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "kebab-case")]
pub enum NoticeAnswer {
    /// "That was me".
    Mine,
    /// "Not me".
    NotMine,
}

/// What an answer has done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS), ts(export))]
#[serde(rename_all = "camelCase")]
pub struct NoticeAnswered {
    /// How many sessions it has ended.
    pub ended: u32,
    /// Whether the user should choose a new password now.
    pub change_password: bool,
}

impl Need {
    /// What `needs` consists of, in the order in which it is asked for.
    pub(super) fn list(needs: factor_method::Needs) -> Vec<Self> {
        match needs {
            factor_method::Needs::Password => vec![Self::Password],
            factor_method::Needs::Code => vec![Self::Code],
            factor_method::Needs::Both => vec![Self::Password, Self::Code],
            factor_method::Needs::Browser => vec![Self::Browser],
        }
    }
}

impl TotpProposal {
    /// The proposal as a window shows it, with `qr_svg` as the drawing of its URI.
    pub(crate) fn new(proposal: &api::TotpProposal, qr_svg: Zeroizing<String>) -> Self {
        let api::TotpProposal { secret, otpauth_uri, recovery_codes, expires_in: _ } = proposal;
        let recovery_codes = recovery_codes.iter().map(shown).collect();
        Self { secret: shown(secret), otpauth_uri: shown(otpauth_uri), qr_svg, recovery_codes }
    }
}

/// A secret that the user has to see.
pub(crate) fn shown(secret: &SecretString) -> Zeroizing<String> {
    Zeroizing::new(secret.expose_secret().to_owned())
}

impl From<NoticeAnswer> for api::NoticeAnswer {
    fn from(answer: NoticeAnswer) -> Self {
        match answer {
            NoticeAnswer::Mine => Self::Mine,
            NoticeAnswer::NotMine => Self::NotMine,
        }
    }
}

impl From<api::NoticeAnswered> for NoticeAnswered {
    fn from(api::NoticeAnswered { ended, change_password }: api::NoticeAnswered) -> Self {
        Self { ended, change_password }
    }
}

impl From<api::Notice> for Notice {
    fn from(notice: api::Notice) -> Self {
        let api::Notice { id, kind, at, address, device, new_key, can_answer } = notice;
        let (id, device) = (id.as_str().to_owned(), device.map(Into::into));
        Self { id, kind: kind.into(), at, address, device, new_key, can_answer }
    }
}

impl From<api::AccountDetails> for AccountDetails {
    fn from(api::AccountDetails { factor, language, role }: api::AccountDetails) -> Self {
        let api::FactorState { totp, recovery_codes_left, required, required_from, removal_at } = factor;
        let factor = FactorView { totp, recovery_codes_left, required, required_from, removal_at };
        Self { factor, language, role }
    }
}

super::same_variants!(factor_method::FactorMethod => FactorMethod { Totp, RecoveryCode, FactorCode });
super::same_variants!(api::NoticeKind => NoticeKind {
    NewSignIn, WrongFactor, PasswordChanged, FactorChanged, CodeUsed, FactorRemoval,
    PasskeyAdded, PasskeyRemoved, PasskeySuspicious, AccountLinked, CodeMade, AccountChanged,
});
