//! The server's answer to a sign-in: tokens, or a challenge that a second factor completes. Refuses
//! a challenge that no server of ours makes.

use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;

use super::error::ApiError;
use crate::factor_method::FactorMethod;
use crate::view::PendingKind;

/// Maximum length of a challenge, in bytes.
const MAX_CHALLENGE_BYTES: usize = 1024;

/// The longest time that a challenge may take, in seconds.
const MAX_SECONDS: i64 = 3600;

/// The tokens of a sign-in or a renewal, not verified yet.
#[derive(Debug)]
pub struct Tokens {
    /// For API calls.
    pub access: SecretString,
    /// For the next start; a renewal returns one only if the current one has aged.
    pub session: Option<SecretString>,
    /// Seconds until the absolute limit of the session, if the server reports it.
    pub ends_in: Option<i64>,
    /// How many notices this session can read.
    pub notices: u32,
}

/// The outcome of a right password, a right code, or a renewal.
#[derive(Debug)]
pub enum SignInAnswer {
    /// The tokens of the session.
    Tokens(Tokens),
    /// What the user has to do first. There is no session yet, or it does not continue yet.
    Challenge(Challenge),
}

/// A sign-in that waits for a second factor.
#[derive(Clone, Debug)]
pub struct Challenge {
    /// The challenge itself. It is bound to the device key and id that asked.
    pub token: SecretString,
    /// What it waits for.
    pub kind: PendingKind,
    /// Whether a factor may be set up without an operator's code.
    pub authorized: bool,
    /// The kinds of code that the server accepts.
    pub methods: Vec<FactorMethod>,
    /// How long it lasts, in seconds.
    pub expires_in: i64,
}

/// The members of a problem that make it a challenge.
#[derive(Deserialize)]
pub(super) struct ChallengeJson {
    challenge: SecretString,
    #[serde(default = "five_minutes")]
    expires_in: i64,
    authorized: Option<bool>,
    #[serde(default)]
    methods: Vec<String>,
}

const fn five_minutes() -> i64 {
    300
}

impl ChallengeJson {
    /// The challenge of `kind`; `authorized` unless the document says otherwise.
    pub(super) fn read(self, kind: PendingKind, authorized: bool) -> Result<Challenge, ApiError> {
        let token = self.challenge.expose_secret();
        let is_plain = token.bytes().all(|byte| byte.is_ascii_graphic());
        if token.is_empty() || token.len() > MAX_CHALLENGE_BYTES || !is_plain {
            return Err(ApiError::InvalidResponse);
        }
        Ok(Challenge {
            kind,
            authorized: self.authorized.unwrap_or(authorized),
            methods: self.methods.iter().filter_map(|name| method(name)).collect(),
            expires_in: self.expires_in.clamp(0, MAX_SECONDS),
            token: self.challenge,
        })
    }
}

/// A method of a later server has no words here.
fn method(name: &str) -> Option<FactorMethod> {
    match name {
        "totp" => Some(FactorMethod::Totp),
        "recovery_code" => Some(FactorMethod::RecoveryCode),
        "factor_code" => Some(FactorMethod::FactorCode),
        _ => None,
    }
}
