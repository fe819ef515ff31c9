//! Why a hash from another program is not taken. The texts never quote the hash.

use super::limits::{MAX_BCRYPT_COST, MAX_ITERATED, MAX_MEMORY_KIB, MAX_PASSES};

/// Why a text cannot be stored as the hash of a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidHash {
    /// Of no kind that can be checked here.
    #[error(
        "the password hash is of no known kind: Argon2 ($argon2id$…), bcrypt ($2b$…), scrypt or PBKDF2 as \
         Django, Werkzeug, Keycloak or Firebase write them, or {{SSHA}}, {{SSHA256}}, {{SSHA512}} of LDAP; \
         give the account a new password with: latchkey-server user add"
    )]
    Unknown,
    /// Of a known kind, and incomplete or changed.
    #[error("the password hash ({0}) is damaged: a part is missing, or not in the form of its kind")]
    Damaged(&'static str),
    /// A kind that anyone can invert.
    #[error(
        "the password hash is MD5, DES, SHA-1 of an old Django or no hash at all, which is not taken; \
         give the account a new password with: latchkey-server user add"
    )]
    Broken,
    /// A mark in the place of a hash, for an account that signs in in another way.
    #[error(
        "the account has no password (its hash is a mark such as \"!\"); give it one with: \
         latchkey-server user add"
    )]
    NoPassword,
    /// Checking takes more memory than one sign-in may.
    #[error(
        "the password hash takes {kib} KiB of memory to check, and {MAX_MEMORY_KIB} KiB are allowed; \
         give the account a new password with: latchkey-server user add"
    )]
    Memory {
        /// The memory, in KiB.
        kib: u64,
    },
    /// Checking takes more time than one sign-in may.
    #[error(
        "the password hash takes too long to check: {MAX_PASSES} passes of Argon2, cost \
         {MAX_BCRYPT_COST} of bcrypt and {MAX_ITERATED} rounds of PBKDF2 are allowed; give the account a \
         new password with: latchkey-server user add"
    )]
    Time,
    /// An Argon2 hash that needs a secret key.
    #[error("the password hash was made with a secret key (keyid), which this server does not have")]
    SecretKey,
    /// A hash of Firebase without the parameters of its project.
    #[error(
        "the password hash is Firebase's and needs the project's hash parameters: use \
         --firebase-parameters FILE"
    )]
    FirebaseParameters,
}
