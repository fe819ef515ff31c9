//! The claims of a verified token. Only the verifier makes a [`Claims`], after every check passed;
//! there is no way to read one from unverified text.

use serde::{Serialize, Serializer};
use serde_json::{Map, Value};

use crate::thumbprint::Thumbprint;
use crate::time::UnixTime;

/// The claims of an access or session token. Serializes to the token's payload.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Claims {
    /// Issuer: the server's name, a URL.
    pub iss: String,
    /// Subject: the account's id, which stays the same when its user name changes.
    pub sub: String,
    /// Audience: who may accept the token.
    pub aud: Audience,
    /// Issued at.
    pub iat: UnixTime,
    /// Expiry. Of a session token: the end of the lease.
    pub exp: UnixTime,
    /// Not before. Latchkey does not issue this claim, but checks it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nbf: Option<UnixTime>,
    /// Token id.
    pub jti: String,
    /// Session id: one sign-in on one device.
    pub sid: String,
    /// The client that an access token was issued to (RFC 9068 §2.2): the device id, which `aud`
    /// contains too. Absent from session tokens, and from access tokens of earlier versions.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_id: Option<String>,
    /// When the user last entered the password.
    pub auth_time: UnixTime,
    /// How strongly the user has proved who it is: `1fa` by one factor, `2fa` by two. Absent from
    /// tokens of earlier versions.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub acr: Option<String>,
    /// By which methods (RFC 8176): `pwd`, `otp`, `mfa` … Absent from tokens of earlier versions.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub amr: Option<Vec<String>>,
    /// The device key that the token is bound to; absent from a bearer token.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cnf: Option<Confirmation>,
    /// The user's names and e-mail address.
    #[serde(flatten)]
    pub profile: Profile,
    /// The custom claims that the operator set on the account.
    #[serde(flatten)]
    pub custom: Map<String, Value>,
}

/// Who may accept a token (RFC 7519 §4.1.3). The audience of a session token is one device, as a
/// plain string; that of an access token is the API and the device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Audience {
    /// A plain string.
    One(String),
    /// A list; never empty.
    Several(Vec<String>),
}

impl Audience {
    /// Whether `audience` is in the claim.
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

/// The key that the sender of the token must prove to hold (RFC 7800 §3.1, RFC 9449 §6.1).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Confirmation {
    /// Thumbprint of the device key.
    pub jkt: Thumbprint,
}

/// The user's names and e-mail address (OpenID Connect Core 1.0 §5.1).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Profile {
    /// The name that the user signs in with.
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
