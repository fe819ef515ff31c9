//! The rules of trust of Latchkey, and nothing else.
//!
//! Owns: what a token says ([`Claims`]), whether it may be believed ([`Verifier`]), which keys are believed
//! ([`KeySet`]), and the proof that a device holds its key ([`DeviceKey`], [`proof`]).
//!
//! Refuses: files, HTTP, SQL, a clock and globals. Time is an argument ([`UnixTime`]), keys are handed in, and
//! signing with the server's key is not possible here: an app that links this crate can check tokens, never make them.
//!
//! ```
//! # use latchkey_token::{KeySet, TokenKind, UnixTime, Verifier, VerifyError};
//! # fn app(public_key_pem: &str, stored_token: &str, now: UnixTime) -> Result<(), Box<dyn std::error::Error>> {
//! let keys = KeySet::from_pem(public_key_pem)?;
//! let verifier = Verifier::new(TokenKind::Session, keys, "https://auth.example", "this-device");
//! match verifier.verify(stored_token, now) {
//!     Ok(claims) => println!("signed in as {}", claims.profile.preferred_username),
//!     Err(VerifyError::Expired) => println!("the lease has run out"),
//!     Err(error) => println!("not signed in: {error}"),
//! }
//! # Ok(()) }
//! ```

mod claim;
mod claims;
mod compact;
mod device_key;
mod error;
mod header;
mod json;
mod jws;
mod keys;
mod payload;
pub mod proof;
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
pub use thumbprint::Thumbprint;
pub use time::{LEEWAY_SECONDS, UnixTime};
pub use verify::Verifier;
