//! What a token says. A [`Claims`] is handed out by the verifier only after every check; reading one from text without
//! verification is not offered.

use serde::{Serialize, Serializer};
use serde_json::{Map, Value};

use crate::error::{Claim, VerifyError};
use crate::thumbprint::Thumbprint;
use crate::time::UnixTime;

/// Names that an account's custom claims may not take: those that Latchkey issues itself, and those of RFC 7519 §4.1.
pub const RESERVED_CLAIMS: [&str; 14] = [
    "iss",
    "sub",
    "aud",
    "exp",
    "nbf",
    "iat",
    "jti",
    "sid",
    "auth_time",
    "cnf",
    "preferred_username",
    "given_name",
    "family_name",
    "email",
];

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

/// A signed payload whose claims are read one by one, in the order of the checks.
pub(crate) struct Payload(pub(crate) Map<String, Value>);

impl Payload {
    /// A claim that must be a string, not empty.
    pub(crate) fn text(&self, claim: Claim) -> Result<&str, VerifyError> {
        self.optional_text(claim)?.ok_or(VerifyError::ClaimMissing(claim))
    }

    /// A claim that must be a date. RFC 7519 §2 lets a date be fractional; ours are integers, and a float would only
    /// be a second spelling.
    pub(crate) fn time(&self, claim: Claim) -> Result<UnixTime, VerifyError> {
        self.optional_time(claim)?.ok_or(VerifyError::ClaimMissing(claim))
    }

    pub(crate) fn optional_time(&self, claim: Claim) -> Result<Option<UnixTime>, VerifyError> {
        let Some(value) = self.0.get(claim.name()) else { return Ok(None) };
        let time = value.as_i64().map(UnixTime::new).ok_or(VerifyError::ClaimMalformed(claim))?;
        if time < UnixTime::new(0) || time > UnixTime::MAX_CLAIM {
            return Err(VerifyError::ClaimMalformed(claim));
        }
        Ok(Some(time))
    }

    pub(crate) fn audience(&self) -> Result<Audience, VerifyError> {
        let malformed = VerifyError::ClaimMalformed(Claim::Aud);
        let text = |value: &Value| {
            value.as_str().filter(|text| !text.is_empty()).map(str::to_owned).ok_or(malformed)
        };
        match self.0.get(Claim::Aud.name()) {
            None => Err(VerifyError::ClaimMissing(Claim::Aud)),
            Some(Value::Array(values)) if !values.is_empty() => {
                values.iter().map(text).collect::<Result<_, _>>().map(Audience::Several)
            }
            Some(value) => text(value).map(Audience::One),
        }
    }

    pub(crate) fn confirmation(&self) -> Result<Option<Confirmation>, VerifyError> {
        let Some(value) = self.0.get(Claim::Cnf.name()) else { return Ok(None) };
        let jkt = value.get("jkt").and_then(Value::as_str).and_then(Thumbprint::parse);
        jkt.map(|jkt| Some(Confirmation { jkt })).ok_or(VerifyError::ClaimMalformed(Claim::Cnf))
    }

    /// What is left after the checks: the claims that say who.
    pub(crate) fn into_claims(
        mut self,
        aud: Audience,
        cnf: Option<Confirmation>,
    ) -> Result<Claims, VerifyError> {
        let claims = Claims {
            iss: self.text(Claim::Iss)?.to_owned(),
            sub: self.text(Claim::Sub)?.to_owned(),
            aud,
            iat: self.time(Claim::Iat)?,
            exp: self.time(Claim::Exp)?,
            nbf: self.optional_time(Claim::Nbf)?,
            jti: self.text(Claim::Jti)?.to_owned(),
            sid: self.text(Claim::Sid)?.to_owned(),
            auth_time: self.time(Claim::AuthTime)?,
            cnf,
            profile: Profile {
                preferred_username: self.text(Claim::PreferredUsername)?.to_owned(),
                given_name: self.optional_text(Claim::GivenName)?.map(str::to_owned),
                family_name: self.optional_text(Claim::FamilyName)?.map(str::to_owned),
                email: self.optional_text(Claim::Email)?.map(str::to_owned),
            },
            custom: Map::new(),
        };
        self.0.retain(|name, _| !RESERVED_CLAIMS.contains(&name.as_str()));
        Ok(Claims { custom: self.0, ..claims })
    }

    fn optional_text(&self, claim: Claim) -> Result<Option<&str>, VerifyError> {
        match self.0.get(claim.name()) {
            None => Ok(None),
            Some(Value::String(text)) if !text.is_empty() => Ok(Some(text)),
            Some(_) => Err(VerifyError::ClaimMalformed(claim)),
        }
    }
}
