//! The rules of WebAuthn (Level 3) for passkeys: who the relying party is, what a browser is asked
//! for, and whether its answer is accepted (§7.1 and §7.2). Asks for discoverable credentials with
//! user verification, and for no attestation.
//!
//! Pure: no database, no clock, no randomness. What is known of a ceremony or a credential is an
//! argument. CBOR is read by `coset`, signatures are verified by `aws-lc-rs`.

mod assertion;
mod authenticator_data;
mod client_data;
mod credential_json;
mod error;
mod options;
mod public_key;
mod registration;
mod relying_party;

pub use error::WebauthnError;
pub use relying_party::{NoPasskeys, RelyingPartyError};

pub(crate) use assertion::{Assertion, KnownCredential};
pub(crate) use options::{NewUser, creation_options, request_options};
pub(crate) use public_key::is_public_key;
pub(crate) use registration::{NewCredential, register};
pub(crate) use relying_party::{Bound, RelyingParty};

/// Random bytes of a challenge (§13.4.3 asks for 16 at least).
pub(crate) const CHALLENGE_BYTES: usize = 32;

/// Random bytes of a user handle (§14.6.1 recommends 64).
pub(crate) const USER_HANDLE_BYTES: usize = 64;

/// Longest credential id (§4, Credential ID).
const MAX_CREDENTIAL_ID_BYTES: usize = 1023;

/// How long a browser lets the user take, in milliseconds. The ceremony itself ends with its
/// request.
const TIMEOUT_MS: u32 = 300_000;

#[cfg(test)]
mod tests;
