//! Why a token is not believed: one variant for each check that can fail, in the order of the checks.

use crate::claim::Claim;

/// The first check that a token failed. Holds nothing of the token itself, so it may be logged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum VerifyError {
    /// Longer than [`MAX_TOKEN_BYTES`](crate::MAX_TOKEN_BYTES). Likely not a token at all.
    #[error("the token is too long")]
    TooLong,
    /// Not three non-empty parts of canonical base64url without padding (RFC 7515 §3.1, §2). A token has one spelling.
    #[error("the token is not in compact form")]
    NotCompact,
    /// The header is not one JSON object with each name once (RFC 7515 §4), or a member has the wrong JSON type.
    #[error("the token's header is malformed")]
    HeaderMalformed,
    /// `alg` is not exactly `RS256` (RFC 8725 §3.1).
    #[error("the token's algorithm is not allowed")]
    AlgorithmNotAllowed,
    /// The header asks for an extension that must be understood (`crit`, RFC 7515 §4.1.11); Latchkey understands none.
    #[error("the token asks for an extension that is not supported")]
    CriticalHeader,
    /// The header brings or points at a key of its own, or changes how the payload is read
    /// (`jwk`, `jku`, `x5u`, `x5c`, `b64`, `zip`; RFC 8725 §3.10).
    #[error("the token's header has a parameter that is not allowed")]
    HeaderNotAllowed,
    /// `typ` is missing or another kind's (RFC 8725 §3.11): an access token where a session token is due, or the reverse.
    #[error("this is not the kind of token that is expected here")]
    WrongType,
    /// `kid` is missing or names no key of the set: the token comes from another environment, or its key was retired.
    #[error("the token's key is not known")]
    UnknownKey,
    /// The signature does not fit the key: the token was changed, or made by somebody else.
    #[error("the token's signature is wrong")]
    WrongSignature,
    /// Signed, but the payload is not one JSON object with each name once.
    #[error("the token's claims are malformed")]
    PayloadMalformed,
    /// A claim that must be there is not.
    #[error("the token lacks the claim {0}")]
    ClaimMissing(Claim),
    /// A claim has the wrong JSON type or a value outside its range.
    #[error("the token's claim {0} is malformed")]
    ClaimMalformed(Claim),
    /// `iss` is somebody else.
    #[error("the token was issued by somebody else")]
    WrongIssuer,
    /// `aud` does not name everybody it should: the token is for another device or another API.
    #[error("the token is for somebody else")]
    WrongAudience,
    /// `iat` is in the future by more than the leeway: this machine's clock, or the server's, is wrong.
    #[error("the token was issued in the future")]
    IssuedInFuture,
    /// `nbf` is in the future by more than the leeway.
    #[error("the token is not valid yet")]
    NotYetValid,
    /// `exp` has passed by the leeway or more.
    #[error("the token has expired")]
    Expired,
    /// `cnf.jkt` is another device's key (RFC 9449 §6.1).
    #[error("the token is bound to another device key")]
    WrongDeviceKey,
}

impl VerifyError {
    /// A stable name for scripts and problem documents.
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

    /// The claim that failed, where it is one claim's fault.
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

    /// Scripts, logs and problem documents hold on to these: none may change or be given twice.
    #[test]
    fn each_error_has_its_code_and_names_its_claim() {
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
    fn a_message_names_the_claim() {
        assert_eq!(VerifyError::ClaimMissing(Claim::Sid).to_string(), "the token lacks the claim sid");
        assert_eq!(VerifyError::ClaimMalformed(Claim::Aud).to_string(), "the token's claim aud is malformed");
    }
}
