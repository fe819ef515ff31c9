//! Why a token is rejected: one variant for each check that can fail, in the order of the checks.

use crate::claim::Claim;

/// The first check that a token failed. Contains no part of the token, so it may be logged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum VerifyError {
    /// Longer than [`MAX_TOKEN_BYTES`](crate::MAX_TOKEN_BYTES): probably not a token.
    #[error("the token is too long")]
    TooLong,
    /// Not three non-empty parts of canonical base64url without padding (RFC 7515 §3.1, §2): cut
    /// off, or changed on its way.
    #[error("the token is not in compact form")]
    NotCompact,
    /// The header is not one JSON object with unique names (RFC 7515 §4), or a member has the wrong
    /// JSON type.
    #[error("the token's header is malformed")]
    HeaderMalformed,
    /// `alg` is not exactly `RS256` (RFC 8725 §3.1).
    #[error("the token's algorithm is not allowed")]
    AlgorithmNotAllowed,
    /// The header requires an extension (`crit`, RFC 7515 §4.1.11); Latchkey supports none.
    #[error("the token requires an extension that is not supported")]
    CriticalHeader,
    /// The header contains a key or a link to one, or changes how the payload is read (`jwk`,
    /// `jku`, `x5u`, `x5c`, `b64`, `zip`; RFC 8725 §3.10).
    #[error("the token's header has a parameter that is not allowed")]
    HeaderNotAllowed,
    /// `typ` is missing or names another kind (RFC 8725 §3.11): for instance an access token in
    /// place of a session token.
    #[error("the token is of another kind")]
    WrongType,
    /// `kid` is missing or names no key of the set: the token comes from another server, or its key
    /// was removed.
    #[error("the token's key is unknown")]
    UnknownKey,
    /// The signature does not match the key: the token was changed or forged.
    #[error("the token's signature is wrong")]
    WrongSignature,
    /// The signature is valid, but the payload is not one JSON object with unique names.
    #[error("the token's claims are malformed")]
    PayloadMalformed,
    /// A required claim is missing.
    #[error("the token lacks the claim {0}")]
    ClaimMissing(Claim),
    /// A claim has the wrong JSON type or a value outside its range.
    #[error("the token's claim {0} is malformed")]
    ClaimMalformed(Claim),
    /// `iss` is not the expected issuer: the token comes from another server.
    #[error("the token is from another issuer")]
    WrongIssuer,
    /// `aud` lacks an expected audience: the token is for another device or another API.
    #[error("the token is for another audience")]
    WrongAudience,
    /// `iat` is in the future by more than the leeway: the clock of this machine or of the server
    /// is wrong.
    #[error("the token was issued in the future")]
    IssuedInFuture,
    /// `nbf` is in the future by more than the leeway.
    #[error("the token is not valid yet")]
    NotYetValid,
    /// `exp` is in the past by the leeway or more.
    #[error("the token has expired")]
    Expired,
    /// `cnf.jkt` is the key of another device (RFC 9449 §6.1).
    #[error("the token is bound to another device key")]
    WrongDeviceKey,
}

impl VerifyError {
    /// A stable code for scripts and problem documents.
    pub const fn code(self) -> &'static str {
        match self {
            Self::TooLong => "too_long",
            Self::NotCompact => "not_compact",
            Self::HeaderMalformed => "header_malformed",
            Self::AlgorithmNotAllowed => "algorithm_not_allowed",
            Self::CriticalHeader => "critical_header",
            Self::HeaderNotAllowed => "header_not_allowed",
            Self::WrongType => "wrong_type",
            Self::UnknownKey => "unknown_key",
            Self::WrongSignature => "wrong_signature",
            Self::PayloadMalformed => "payload_malformed",
            Self::ClaimMissing(_) => "claim_missing",
            Self::ClaimMalformed(_) => "claim_malformed",
            Self::WrongIssuer => "wrong_issuer",
            Self::WrongAudience => "wrong_audience",
            Self::IssuedInFuture => "issued_in_future",
            Self::NotYetValid => "not_yet_valid",
            Self::Expired => "expired",
            Self::WrongDeviceKey => "wrong_device_key",
        }
    }

    /// The claim that failed the check, if the check is about one claim.
    pub const fn claim(self) -> Option<Claim> {
        match self {
            Self::ClaimMissing(claim) | Self::ClaimMalformed(claim) => Some(claim),
            Self::WrongIssuer => Some(Claim::Iss),
            Self::WrongAudience => Some(Claim::Aud),
            Self::IssuedInFuture => Some(Claim::Iat),
            Self::NotYetValid => Some(Claim::Nbf),
            Self::Expired => Some(Claim::Exp),
            Self::WrongDeviceKey => Some(Claim::Cnf),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Scripts, logs and problem documents rely on the codes: they never change.
    #[test]
    fn every_error_has_its_code_and_its_claim() {
        let table = [
            (VerifyError::TooLong, "too_long", None),
            (VerifyError::NotCompact, "not_compact", None),
            (VerifyError::HeaderMalformed, "header_malformed", None),
            (VerifyError::AlgorithmNotAllowed, "algorithm_not_allowed", None),
            (VerifyError::CriticalHeader, "critical_header", None),
            (VerifyError::HeaderNotAllowed, "header_not_allowed", None),
            (VerifyError::WrongType, "wrong_type", None),
            (VerifyError::UnknownKey, "unknown_key", None),
            (VerifyError::WrongSignature, "wrong_signature", None),
            (VerifyError::PayloadMalformed, "payload_malformed", None),
            (VerifyError::ClaimMissing(Claim::Sid), "claim_missing", Some("sid")),
            (VerifyError::ClaimMalformed(Claim::AuthTime), "claim_malformed", Some("auth_time")),
            (VerifyError::WrongIssuer, "wrong_issuer", Some("iss")),
            (VerifyError::WrongAudience, "wrong_audience", Some("aud")),
            (VerifyError::IssuedInFuture, "issued_in_future", Some("iat")),
            (VerifyError::NotYetValid, "not_yet_valid", Some("nbf")),
            (VerifyError::Expired, "expired", Some("exp")),
            (VerifyError::WrongDeviceKey, "wrong_device_key", Some("cnf")),
        ];
        for (error, code, claim) in table {
            assert_eq!((error.code(), error.claim().map(Claim::name)), (code, claim));
        }
    }

    #[test]
    fn the_message_contains_the_claim() {
        assert_eq!(VerifyError::ClaimMissing(Claim::Sid).to_string(), "the token lacks the claim sid");
        assert_eq!(VerifyError::ClaimMalformed(Claim::Aud).to_string(), "the token's claim aud is malformed");
    }
}
