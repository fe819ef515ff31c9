//! What a device says with its key: a proof of possession with every request (DPoP, RFC 9449), and a notice that it has
//! signed out. One module serves both sides: the device signs, the server verifies. Refuses nothing by memory: whether a
//! `jti` was seen before is for the caller, who has the state.

mod envelope;
mod error;
mod htu;
mod jwk;
mod notice;
mod sign;
mod verify;

pub use error::ProofError;
pub use htu::{Htu, InvalidUrl};
pub use notice::{VerifiedNotice, sign_notice, verify_notice};
pub use sign::{Request, sign};
pub use verify::{Expectation, VerifiedProof, WINDOW_SECONDS, verify};

/// The header's `typ` (RFC 9449 §4.2).
const TYP: &str = "dpop+jwt";

/// The `ath` claim: base64url of the token's SHA-256 (RFC 9449 §4.2).
fn token_hash(token: &str) -> String {
    use base64::Engine as _;
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, token.as_bytes());
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(digest)
}
