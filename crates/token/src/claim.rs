//! The names of the claims that the verifier reads. All other claims are custom claims, which the
//! operator defines.

use std::fmt;

/// A claim that Latchkey issues, or checks if another issuer sets it. An account's custom claims
/// may not use these names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Claim {
    /// Issuer, RFC 7519 §4.1.1.
    Iss,
    /// Audience, RFC 7519 §4.1.3.
    Aud,
    /// Issued at, RFC 7519 §4.1.6.
    Iat,
    /// Not before, RFC 7519 §4.1.5.
    Nbf,
    /// Expiry, RFC 7519 §4.1.4.
    Exp,
    /// Confirmation, RFC 7800 §3.1; Latchkey reads its `jkt` member (RFC 9449 §6.1).
    Cnf,
    /// Subject, RFC 7519 §4.1.2.
    Sub,
    /// Token id, RFC 7519 §4.1.7.
    Jti,
    /// Session id, OpenID Connect Front-Channel Logout 1.0 §3.
    Sid,
    /// The client that the token was issued to, RFC 9068 §2.2: the device id.
    ClientId,
    /// When the user last entered the password, OpenID Connect Core 1.0 §2.
    AuthTime,
    /// How strongly the user has proved who it is, OpenID Connect Core 1.0 §2: `1fa` or `2fa`.
    Acr,
    /// By which methods, RFC 8176.
    Amr,
    /// The name that the user signs in with, OpenID Connect Core 1.0 §5.1.
    PreferredUsername,
    /// Given name, OpenID Connect Core 1.0 §5.1.
    GivenName,
    /// Family name, OpenID Connect Core 1.0 §5.1.
    FamilyName,
    /// E-mail address, OpenID Connect Core 1.0 §5.1.
    Email,
}

impl Claim {
    /// All claims, in the order of declaration.
    pub const ALL: [Self; 17] = [
        Self::Iss,
        Self::Aud,
        Self::Iat,
        Self::Nbf,
        Self::Exp,
        Self::Cnf,
        Self::Sub,
        Self::Jti,
        Self::Sid,
        Self::ClientId,
        Self::AuthTime,
        Self::Acr,
        Self::Amr,
        Self::PreferredUsername,
        Self::GivenName,
        Self::FamilyName,
        Self::Email,
    ];

    /// The claim's name in the token.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Iss => "iss",
            Self::Aud => "aud",
            Self::Iat => "iat",
            Self::Nbf => "nbf",
            Self::Exp => "exp",
            Self::Cnf => "cnf",
            Self::Sub => "sub",
            Self::Jti => "jti",
            Self::Sid => "sid",
            Self::ClientId => "client_id",
            Self::AuthTime => "auth_time",
            Self::Acr => "acr",
            Self::Amr => "amr",
            Self::PreferredUsername => "preferred_username",
            Self::GivenName => "given_name",
            Self::FamilyName => "family_name",
            Self::Email => "email",
        }
    }

    /// Returns the claim called `name`, or `None` for a custom claim.
    pub fn named(name: &str) -> Option<Self> {
        Some(match name {
            "iss" => Self::Iss,
            "aud" => Self::Aud,
            "iat" => Self::Iat,
            "nbf" => Self::Nbf,
            "exp" => Self::Exp,
            "cnf" => Self::Cnf,
            "sub" => Self::Sub,
            "jti" => Self::Jti,
            "sid" => Self::Sid,
            "client_id" => Self::ClientId,
            "auth_time" => Self::AuthTime,
            "acr" => Self::Acr,
            "amr" => Self::Amr,
            "preferred_username" => Self::PreferredUsername,
            "given_name" => Self::GivenName,
            "family_name" => Self::FamilyName,
            "email" => Self::Email,
            _ => return None,
        })
    }
}

impl fmt::Display for Claim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_claim_is_found_only_by_its_exact_name() {
        for (at, claim) in Claim::ALL.into_iter().enumerate() {
            assert_eq!(Claim::named(claim.name()), Some(claim));
            assert_eq!(claim as usize, at, "ALL is in the order of declaration");
        }
        for other in ["", "Iss", "iss ", "scope", "azp"] {
            assert_eq!(Claim::named(other), None);
        }
    }
}
