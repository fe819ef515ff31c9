//! The JWTs that a device signs with its key: a proof of possession for every request (DPoP, RFC
//! 9449), and the sign-out token. Owns both sides: the device signs, the server verifies. Refuses
//! to hold state: the caller checks whether a `jti` was used before.

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
pub use verify::{Expectation, VerifiedProof, WINDOW_SECONDS, verify};

/// The `typ` of a proof's header (RFC 9449 §4.2).
const TYP: &str = "dpop+jwt";

/// The `ath` claim: base64url of the token's SHA-256 (RFC 9449 §4.2).
fn token_hash(token: &str) -> String {
    use base64::Engine as _;
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, token.as_bytes());
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(digest)
}
