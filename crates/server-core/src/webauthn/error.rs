//! Why the answer of a browser is refused.

/// Why a credential was not registered, or an assertion was not accepted. Step numbers are those of
/// WebAuthn Level 3, §7.1 (registration) and §7.2 (authentication).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WebauthnError {
    /// Not the JSON, CBOR or binary form of the standard. Names the part.
    #[error("the {0} is not of the form that WebAuthn describes")]
    Malformed(&'static str),
    /// The client data are of another ceremony (§7.1 step 7, §7.2 step 10).
    #[error("the answer is of another kind of ceremony")]
    WrongType,
    /// The client data contain another challenge: of another request, or of one before (step 8,
    /// 11).
    #[error("the answer is to another challenge")]
    WrongChallenge,
    /// The page was not the server's (step 9, 12): somebody else's page, or another `public_url`.
    #[error("the answer was made for another page")]
    WrongOrigin,
    /// The page was inside another site's (step 10 and 11, 13 and 14).
    #[error("the answer was made inside another site's page")]
    CrossOrigin,
    /// The authenticator data are for another relying party (step 14, 15).
    #[error("the answer was made for another relying party")]
    WrongRelyingParty,
    /// The user was not present (step 15, 16).
    #[error("the authenticator did not test for the user's presence")]
    UserNotPresent,
    /// The user was not verified (step 16, 17), so it is one factor at most.
    #[error("the authenticator did not verify the user")]
    UserNotVerified,
    /// Backed up without being eligible, or no longer eligible as before (step 17, 18).
    #[error("the authenticator contradicts itself about backups")]
    BackupState,
    /// The key is for an algorithm that was not asked for (step 20).
    #[error("the key is for an algorithm that was not asked for")]
    WrongAlgorithm,
    /// The key is no key of its algorithm.
    #[error("the key is not valid")]
    InvalidKey,
    /// The credential belongs to another user (§7.2 step 6).
    #[error("the passkey belongs to another user")]
    WrongUser,
    /// The signature (§7.2 step 21).
    #[error("the signature is wrong")]
    WrongSignature,
}
