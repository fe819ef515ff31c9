//! bcrypt hashes, of other programs only, and Django's bcrypt of SHA-256, for passwords over 72
//! bytes.

use aws_lc_rs::digest;
use zeroize::Zeroizing;

use super::super::invalid_hash::InvalidHash;
use super::super::limits::MAX_BCRYPT_COST;

/// bcrypt ignores the rest of a longer password, in bytes.
const BCRYPT_BYTES: usize = 72;

/// Before a hash of the SHA-256 of the password, in hexadecimal digits.
const SHA256: &str = "bcrypt_sha256$";

/// A stored hash.
#[derive(Debug)]
pub(in super::super) struct BcryptHash {
    text: String,
    of_sha256: bool,
}

impl BcryptHash {
    pub(super) fn parse(text: &str) -> Result<Self, InvalidHash> {
        let (of_sha256, text) = text.strip_prefix(SHA256).map_or((false, text), |text| (true, text));
        let damaged = InvalidHash::Damaged("bcrypt");
        let parts: bcrypt::HashParts = text.parse().map_err(|_| damaged)?;
        let is_known = ["$2a$", "$2b$", "$2y$"].iter().any(|version| text.starts_with(version));
        if text.len() != 60 || !is_known || parts.get_cost() < 4 {
            return Err(damaged);
        }
        if parts.get_cost() > MAX_BCRYPT_COST {
            return Err(InvalidHash::Time);
        }
        Ok(Self { text: text.to_owned(), of_sha256 })
    }

    pub(super) fn kind(&self) -> &'static str {
        if self.of_sha256 { "bcrypt-sha256" } else { "bcrypt" }
    }

    pub(super) fn is(&self, password: &str) -> bool {
        let is = |password: &[u8]| bcrypt::verify(password, &self.text).unwrap_or(false);
        if !self.of_sha256 {
            return is(password.as_bytes());
        }
        let digest = digest::digest(&digest::SHA256, password.as_bytes());
        let digits: String = digest.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
        is(Zeroizing::new(digits).as_bytes())
    }

    /// Whether the hash covers the whole password. If it does not, a hash of all of it must not
    /// replace this one: the end was never checked.
    pub(super) fn covers(&self, password: &str) -> bool {
        self.of_sha256 || password.len() <= BCRYPT_BYTES
    }
}
