//! The JWTs that a device signs with its key: a proof of possession for every request (DPoP, RFC
//! 9449), and the sign-out token. Owns both sides: the device signs, the server verifies. Refuses
//! to remember proofs: the caller checks whether a `jti` was used before.

mod envelope;
mod error;
mod htu;
mod jwk;
mod sign;
mod sign_out_token;
mod verify;

pub use error::ProofError;
pub use htu::{Htu, InvalidUrl};
pub use sign::{Request, sign};
pub use sign_out_token::{VerifiedSignOutToken, issue_sign_out_token, verify_sign_out_token};
pub use verify::{Expectation, ProofVerifier, VerifiedProof, WINDOW_SECONDS, verify};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::sent_token::SentToken;

/// The `typ` of a proof's header (RFC 9449 §4.2).
const TYP: &str = "dpop+jwt";

/// The `ath` claim: base64url of the token's SHA-256 (RFC 9449 §4.2).
struct TokenHash([u8; 43]);

impl TokenHash {
    /// `None` never happens: 32 bytes are 43 characters.
    fn of(token: &SentToken<'_>) -> Option<Self> {
        let mut text = [0; 43];
        URL_SAFE_NO_PAD.encode_slice(token.digest()?, &mut text).ok()?;
        Some(Self(text))
    }

    fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}
