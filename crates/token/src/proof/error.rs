//! Why a proof is rejected: one variant for each rule of RFC 9449 §4.3, in the order of the checks.

/// The first rule that a proof or sign-out token breaks. Contains no part of the proof, so it may
/// be logged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum ProofError {
    /// Not one JWT in compact form, or too long (rule 2).
    #[error("the proof is not a well-formed JWT")]
    NotCompact,
    /// The header is not one JSON object with unique names.
    #[error("the proof's header is malformed")]
    HeaderMalformed,
    /// `typ` is not `dpop+jwt` (rule 4), or for a sign-out token `sign-out+jwt`.
    #[error("the proof's type is not dpop+jwt")]
    WrongType,
    /// `alg` is not `ES256` (rule 5).
    #[error("the proof's algorithm is not ES256")]
    AlgorithmNotAllowed,
    /// The header has `crit`.
    #[error("the proof requires an extension that is not supported")]
    CriticalHeader,
    /// `jwk` has a private member (rule 7).
    #[error("the proof contains a private key")]
    PrivateKey,
    /// `jwk` is missing or not a P-256 public key (RFC 7518 §6.2).
    #[error("the proof's key is missing or not a P-256 key")]
    KeyMalformed,
    /// The signature does not match `jwk` (rule 6).
    #[error("the proof's signature is wrong")]
    WrongSignature,
    /// A required claim is missing or of the wrong type (rule 3).
    #[error("the proof's claims are malformed")]
    ClaimsMalformed,
    /// `htm` is another method (rule 8).
    #[error("the proof is for another method")]
    WrongMethod,
    /// `htu` is another URL (rule 9).
    #[error("the proof is for another URL")]
    WrongUrl,
    /// `nonce` was not issued by this server recently (rule 10).
    #[error("the proof's nonce is not fresh")]
    NonceNotFresh,
    /// There is no nonce, and `iat` is more than [`WINDOW_SECONDS`](super::WINDOW_SECONDS) from the
    /// server's time (rule 11): the device's clock is wrong.
    #[error("the proof's time is too far from the server's")]
    OutsideWindow,
    /// `ath` is missing or the hash of another token (rule 12).
    #[error("the proof is for another token")]
    WrongToken,
    /// The token is bound to another key (rule 12).
    #[error("the proof's key is not the one the token is bound to")]
    WrongKey,
    /// The sign-out token is for another server.
    #[error("the sign-out token is for another server")]
    WrongAudience,
}

impl ProofError {
    /// Whether the same request may pass with a fresh nonce, because only the device's clock is
    /// wrong.
    pub const fn wants_nonce(self) -> bool {
        matches!(self, Self::NonceNotFresh | Self::OutsideWindow)
    }
}
