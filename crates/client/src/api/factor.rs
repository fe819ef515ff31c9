//! The account's second factor as the server describes it. Refuses a proposal that no authenticator
//! reads, because the user would be locked out by it.

use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;

use super::error::ApiError;

/// Maximum length of the `otpauth` URI, in bytes. A QR code has room for about 2900.
const MAX_URI_BYTES: usize = 1024;
const MAX_SECRET_CHARS: usize = 128;
const MAX_RECOVERY_CODES: usize = 32;
const MAX_RECOVERY_CODE_CHARS: usize = 64;

/// A second factor that is being set up (RFC 6238). It counts when a code of it was accepted.
/// Cannot be printed: there is no `Debug`.
#[derive(Clone)]
pub struct TotpProposal {
    /// The secret in base 32 (RFC 4648 §6).
    pub secret: SecretString,
    /// The secret as a URI, which authenticators read from a QR code.
    pub otpauth_uri: SecretString,
    /// The codes for a lost authenticator.
    pub recovery_codes: Vec<SecretString>,
    /// How long the server remembers it, in seconds.
    pub expires_in: i64,
}

/// What the server reports about the account besides its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountDetails {
    /// The second factor.
    pub factor: FactorState,
    /// The language, as a BCP 47 tag.
    pub language: Option<String>,
    /// The role, if it has one.
    pub role: Option<String>,
}

/// The account's second factor.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct FactorState {
    /// Whether an authenticator is set up.
    pub totp: bool,
    /// How many recovery codes are left.
    #[serde(default)]
    pub recovery_codes_left: u32,
    /// Whether the account must have a second factor.
    #[serde(default)]
    pub required: bool,
    /// From when on, in seconds since 1970.
    #[serde(default)]
    pub required_from: Option<i64>,
    /// When it is removed, in seconds since 1970, because the user has lost it.
    #[serde(default)]
    pub removal_at: Option<i64>,
}

#[derive(Deserialize)]
pub(super) struct ProposalJson {
    secret: SecretString,
    otpauth_uri: SecretString,
    recovery_codes: Vec<SecretString>,
    #[serde(default = "ten_minutes")]
    expires_in: i64,
}

#[derive(Deserialize)]
pub(super) struct RemovalJson {
    pub(super) removal_at: i64,
}

#[derive(Deserialize)]
pub(super) struct RecoveryCodesJson {
    recovery_codes: Vec<SecretString>,
}

/// A server without second factors has none of these members.
#[derive(Deserialize)]
pub(super) struct MeJson {
    #[serde(default)]
    factor: FactorState,
    language: Option<String>,
    role: Option<String>,
}

const fn ten_minutes() -> i64 {
    600
}

impl TryFrom<ProposalJson> for TotpProposal {
    type Error = ApiError;

    fn try_from(json: ProposalJson) -> Result<Self, ApiError> {
        let secret = json.secret.expose_secret();
        let is_base32 = secret.bytes().all(|byte| matches!(byte, b'A'..=b'Z' | b'2'..=b'7' | b'='));
        let uri = json.otpauth_uri.expose_secret();
        let is_uri = uri.starts_with("otpauth://totp/") && uri.bytes().all(|byte| byte.is_ascii_graphic());
        let fits = (16..=MAX_SECRET_CHARS).contains(&secret.len()) && uri.len() <= MAX_URI_BYTES;
        if !(is_base32 && is_uri && fits) {
            return Err(ApiError::InvalidResponse);
        }
        Ok(Self {
            recovery_codes: checked(json.recovery_codes)?,
            secret: json.secret,
            otpauth_uri: json.otpauth_uri,
            expires_in: json.expires_in.clamp(0, 3600),
        })
    }
}

impl TryFrom<RecoveryCodesJson> for Vec<SecretString> {
    type Error = ApiError;

    fn try_from(json: RecoveryCodesJson) -> Result<Self, ApiError> {
        checked(json.recovery_codes)
    }
}

fn checked(codes: Vec<SecretString>) -> Result<Vec<SecretString>, ApiError> {
    let fits = |code: &SecretString| {
        let code = code.expose_secret();
        (1..=MAX_RECOVERY_CODE_CHARS).contains(&code.len())
            && code.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-*~$=".contains(&byte))
    };
    let is_valid = (1..=MAX_RECOVERY_CODES).contains(&codes.len()) && codes.iter().all(fits);
    if is_valid { Ok(codes) } else { Err(ApiError::InvalidResponse) }
}

impl From<MeJson> for AccountDetails {
    fn from(MeJson { factor, language, role }: MeJson) -> Self {
        let short = |text: &String| text.len() <= 35 && text.bytes().all(|byte| byte.is_ascii_graphic());
        Self { factor, language: language.filter(short), role: role.filter(short) }
    }
}
