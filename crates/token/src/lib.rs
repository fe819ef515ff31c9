//! Verifies Latchkey's tokens and the proofs that devices sign.
//!
//! Owns: the claims of a token ([`Claims`]), the checks that a token must pass ([`Verifier`]), the
//! public keys that verify it ([`KeySet`]), and the proof that a device holds its key
//! ([`DeviceKey`], [`proof`]).
//!
//! Refuses: files, HTTP, SQL, a clock and globals. Time is an argument ([`UnixTime`]) and the
//! caller passes the keys. Signing with the server's key is impossible here: an app that links this
//! crate can verify tokens, not issue them.
//!
//! ```
//! # use latchkey_token::{KeySet, TokenKind, UnixTime, Verifier, VerifyError};
//! # use std::error::Error;
//! # fn app(public_pem: &str, stored_token: &str, now: UnixTime) -> Result<(), Box<dyn Error>> {
//! let keys = KeySet::from_pem(public_pem)?;
//! let verifier = Verifier::new(TokenKind::Session, keys, "https://auth.example", "this-device");
//! match verifier.verify(stored_token, now) {
//!     Ok(claims) => println!("signed in as {}", claims.profile.preferred_username),
//!     Err(VerifyError::Expired) => println!("the lease has expired"),
//!     Err(error) => println!("not signed in: {error}"),
//! }
//! # Ok(()) }
//! ```

mod base64url;
mod claim;
mod claims;
mod compact;
mod device_key;
mod error;
mod good_signatures;
mod header;
mod json;
mod jws;
mod keys;
mod payload;
pub mod proof;
mod recent;
mod sent_token;
mod thumbprint;
mod time;
mod verify;

pub use claim::Claim;
pub use claims::{Audience, Claims, Confirmation, Profile};
pub use compact::MAX_TOKEN_BYTES;
pub use device_key::{DeviceKey, DeviceKeyError};
pub use error::VerifyError;
pub use header::TokenKind;
pub use keys::{KeyError, KeySet, MAX_KEYS, MIN_RSA_BITS};
pub use sent_token::SentToken;
pub use thumbprint::Thumbprint;
pub use time::{LEEWAY_SECONDS, UnixTime};
pub use verify::Verifier;
