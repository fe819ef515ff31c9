//! Argon2 hashes in PHC form, of this server and of others. One without a version is of version 1.0
//! (0x10), from before the form had versions.

use argon2::password_hash::phc::PasswordHash;
use argon2::{Algorithm, Argon2, Params, Version};
use aws_lc_rs::constant_time::verify_slices_are_equal;
use zeroize::Zeroizing;

use super::super::blocks::Blocks;
use super::super::invalid_hash::InvalidHash;
use super::super::limits::{MAX_LANES, MAX_MEMORY_KIB, MAX_PASSES};

/// A stored hash.
#[derive(Debug)]
pub(in super::super) struct Argon2Hash {
    algorithm: Algorithm,
    version: Version,
    params: Params,
    salt: Vec<u8>,
    hash: Vec<u8>,
}

impl Argon2Hash {
    pub(super) fn parse(text: &str) -> Result<Self, InvalidHash> {
        let damaged = InvalidHash::Damaged("Argon2");
        let parsed = PasswordHash::new(text).map_err(|_| damaged)?;
        let number = |name: &str| parsed.params.get_decimal(name).map_or(0, u64::from);
        if number("m") > u64::from(MAX_MEMORY_KIB) {
            return Err(InvalidHash::Memory { kib: number("m") });
        }
        if parsed.params.get("keyid").is_some() {
            return Err(InvalidHash::SecretKey);
        }
        let params = Params::try_from(&parsed).map_err(|_| damaged)?;
        if !is_affordable(&params) {
            return Err(InvalidHash::Time);
        }
        let (salt, hash) = parsed.salt.zip(parsed.hash).ok_or(damaged)?;
        Ok(Self {
            algorithm: Algorithm::try_from(parsed.algorithm.as_str()).map_err(|_| damaged)?,
            version: match parsed.version {
                Some(version) => Version::try_from(version).map_err(|_| damaged)?,
                None => Version::V0x10,
            },
            params,
            salt: salt.to_vec(),
            hash: hash.as_bytes().to_vec(),
        })
    }

    pub(super) fn kind(&self) -> &'static str {
        self.algorithm.as_str()
    }

    /// The memory of one check, in KiB.
    pub(super) fn memory_kib(&self) -> u32 {
        self.params.m_cost()
    }

    pub(super) fn is(&self, password: &str, blocks: &mut Blocks) -> bool {
        let argon2 = Argon2::new(self.algorithm, self.version, self.params.clone());
        let mut made = Zeroizing::new(vec![0; self.hash.len()]);
        let is_made = blocks.hash(&argon2, password.as_bytes(), &self.salt, &mut made).is_ok();
        is_made && verify_slices_are_equal(&made, &self.hash).is_ok()
    }

    /// Whether the hash costs an attacker less than a new one.
    pub(super) fn is_weaker_than(&self, present: &Params) -> bool {
        let cost = |params: &Params| u64::from(params.m_cost()) * u64::from(params.t_cost());
        self.algorithm != Algorithm::Argon2id
            || self.version != Version::V0x13
            || cost(&self.params) < cost(present)
    }
}

/// Whether a hash with these parameters may be checked at each sign-in.
pub(in super::super) fn is_affordable(params: &Params) -> bool {
    params.m_cost() <= MAX_MEMORY_KIB && params.t_cost() <= MAX_PASSES && params.p_cost() <= MAX_LANES
}
