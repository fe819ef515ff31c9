//! The most that checking one hash may cost, made here or imported. Each sign-in of such an account
//! occupies a worker for that time.

/// Memory, in KiB.
pub(super) const MAX_MEMORY_KIB: u32 = 1024 * 1024;

/// Passes of Argon2.
pub(super) const MAX_PASSES: u32 = 64;

/// Lanes of Argon2 and scrypt.
pub(super) const MAX_LANES: u32 = 64;

/// The cost of bcrypt, as a power of two.
pub(super) const MAX_BCRYPT_COST: u32 = 16;

/// Rounds of PBKDF2, for all blocks of its output together.
pub(super) const MAX_ITERATED: u32 = 10_000_000;
