//! What a token says. A [`Claims`] is handed out by the verifier only after every check; reading one from text without
//! verification is not offered.

use serde::{Serialize, Serializer};
use serde_json::{Map, Value};

use crate::thumbprint::Thumbprint;
use crate::time::UnixTime;

/// The claims of either kind of token. Serializes to the token's payload.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Claims {
    /// Issuer: the server's name, a URL.
    pub iss: String,
    /// Subject: the account's id, which outlives its user name.
    pub sub: String,
    /// Audience: who may accept the token.
    pub aud: Audience,
    /// Issued at.
    pub iat: UnixTime,
    /// Expiry. Of a session token: the end of the lease.
    pub exp: UnixTime,
    /// Not before; Latchkey does not issue it, but honours it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nbf: Option<UnixTime>,
    /// Token id.
    pub jti: String,
    /// Session id: one sign-in on one device.
    pub sid: String,
    /// When the password was last typed.
    pub auth_time: UnixTime,
    /// The device key that the token is bound to; absent from a bearer token.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cnf: Option<Confirmation>,
    /// Who the person is.
    #[serde(flatten)]
    pub profile: Profile,
    /// Whatever else the operator wrote into the account.
    #[serde(flatten)]
    pub custom: Map<String, Value>,
}

/// Who may accept a token (RFC 7519 §4.1.3). A session token is for one device and says so with a plain string; an
/// access token is for the API and the device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Audience {
    /// A plain string.
    One(String),
    /// A list; never empty.
    Several(Vec<String>),
}

impl Audience {
    /// Whether `audience` is one of those named.
    pub fn contains(&self, audience: &str) -> bool {
        match self {
            Self::One(one) => one == audience,
            Self::Several(several) => several.iter().any(|one| one == audience),
        }
    }
}

impl Serialize for Audience {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::One(one) => one.serialize(serializer),
            Self::Several(several) => several.serialize(serializer),
        }
    }
}

/// The key that the bearer must prove to hold (RFC 7800 §3.1, RFC 9449 §6.1).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Confirmation {
    /// Thumbprint of the device key.
    pub jkt: Thumbprint,
}

/// Who the person is, by the names of OpenID Connect Core 1.0 §5.1.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Profile {
    /// The name that the person signs in with.
    pub preferred_username: String,
    /// Given name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub given_name: Option<String>,
    /// Family name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub family_name: Option<String>,
    /// E-mail address, not verified.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
}
