//! Stored password hashes: Argon2 in its PHC form, and bcrypt from an import. Decides which are too
//! weak to stay, and which cost too much to check.

use argon2::password_hash::{PasswordVerifier as _, phc::PasswordHash};
use argon2::{Algorithm, Argon2, Params, Version};
use secrecy::SecretString;

use super::spelling::{foreign_spellings, spellings};

/// Maximum costs of a hash, made here or imported. Each sign-in of such an account occupies a
/// worker for that time.
const MAX_MEMORY_KIB: u32 = 1024 * 1024;
const MAX_ITERATIONS: u32 = 64;
const MAX_LANES: u32 = 64;
const MAX_BCRYPT_COST: u32 = 16;

/// bcrypt ignores the rest of a longer password, in bytes.
const BCRYPT_BYTES: usize = 72;

/// The text is not a password hash, or a kind that cannot be checked here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the password hash is neither Argon2 ($argon2id$…) nor bcrypt ($2b$…), or its parameters are out of bounds"
)]
pub struct InvalidHash;

/// A stored hash.
#[derive(Debug)]
pub(super) enum Stored {
    Argon2(Box<PasswordHash>, Params),
    Bcrypt(String),
}

/// The result of comparing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Wrong,
    Right,
    /// Right, but the hash is weak: it should be replaced.
    RightButWeak,
}

impl Stored {
    pub(super) fn parse(text: &str) -> Result<Self, InvalidHash> {
        if text.starts_with("$argon2") { Self::argon2(text) } else { Self::bcrypt(text) }
    }

    fn argon2(text: &str) -> Result<Self, InvalidHash> {
        let hash = PasswordHash::new(text).map_err(|_| InvalidHash)?;
        let params = Params::try_from(&hash).map_err(|_| InvalidHash)?;
        let is_known = Algorithm::try_from(hash.algorithm.as_str()).is_ok()
            && hash.version.is_none_or(|version| Version::try_from(version).is_ok());
        let is_whole = hash.salt.is_some() && hash.hash.is_some();
        if is_known && is_whole && is_affordable(&params) {
            Ok(Self::Argon2(Box::new(hash), params))
        } else {
            Err(InvalidHash)
        }
    }

    fn bcrypt(text: &str) -> Result<Self, InvalidHash> {
        let parts: bcrypt::HashParts = text.parse().map_err(|_| InvalidHash)?;
        let is_known = ["$2a$", "$2b$", "$2y$"].iter().any(|version| text.starts_with(version));
        let is_bounded = (4..=MAX_BCRYPT_COST).contains(&parts.get_cost());
        if text.len() == 60 && is_known && is_bounded {
            Ok(Self::Bcrypt(text.to_owned()))
        } else {
            Err(InvalidHash)
        }
    }

    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::Argon2(hash, _) => {
                Algorithm::try_from(hash.algorithm.as_str()).map_or("argon2", |kind| kind.as_str())
            }
            Self::Bcrypt(_) => "bcrypt",
        }
    }

    /// Compares. `present` has the parameters of new hashes.
    pub(super) fn verify(&self, password: &SecretString, present: &Argon2<'_>) -> Verdict {
        match self {
            Self::Argon2(hash, params) => {
                let is = |text: &str| present.verify_password(text.as_bytes(), hash.as_ref()).is_ok();
                match spellings(password).position(|text| is(&text)) {
                    None => Verdict::Wrong,
                    Some(0) if !is_weaker(hash, params, present.params()) => Verdict::Right,
                    // Also a hash of the earlier spelling, which other blanks do not match.
                    Some(_) => Verdict::RightButWeak,
                }
            }
            Self::Bcrypt(hash) => {
                let is = |text: &str| bcrypt::verify(text, hash).unwrap_or(false);
                match foreign_spellings(password).find(|text| is(text)) {
                    None => Verdict::Wrong,
                    // The end of a longer password was never checked, so a hash of all of it must
                    // not replace this one.
                    Some(text) if text.len() > BCRYPT_BYTES => Verdict::Right,
                    Some(_) => Verdict::RightButWeak,
                }
            }
        }
    }
}

/// Whether a hash with these parameters may be checked at each sign-in.
pub(super) fn is_affordable(params: &Params) -> bool {
    params.m_cost() <= MAX_MEMORY_KIB && params.t_cost() <= MAX_ITERATIONS && params.p_cost() <= MAX_LANES
}

/// Whether a hash costs an attacker less than a new one.
fn is_weaker(hash: &PasswordHash, params: &Params, present: &Params) -> bool {
    let cost = |params: &Params| u64::from(params.m_cost()) * u64::from(params.t_cost());
    hash.algorithm.as_str() != Algorithm::Argon2id.as_str()
        || hash.version != Some(Version::V0x13.into())
        || cost(params) < cost(present)
}

#[cfg(test)]
mod tests {
    use argon2::password_hash::PasswordHasher as _;

    use super::*;

    fn argon2(algorithm: Algorithm, memory: u32, iterations: u32) -> Argon2<'static> {
        Argon2::new(algorithm, Version::V0x13, Params::new(memory, iterations, 1, None).unwrap())
    }

    fn verdict(stored: &str, password: &str) -> Verdict {
        let present = argon2(Algorithm::Argon2id, 64, 2);
        Stored::parse(stored).unwrap().verify(&password.into(), &present)
    }

    #[test]
    fn a_weaker_argon2_hash_is_replaced() {
        for (algorithm, memory, iterations, expected) in [
            (Algorithm::Argon2id, 64, 2, Verdict::Right),
            (Algorithm::Argon2id, 128, 1, Verdict::Right),
            (Algorithm::Argon2id, 64, 1, Verdict::RightButWeak),
            (Algorithm::Argon2i, 64, 2, Verdict::RightButWeak),
        ] {
            let hash =
                argon2(algorithm, memory, iterations).hash_password("autobots rule".as_bytes()).unwrap();
            assert_eq!(verdict(&hash.to_string(), "autobots rule"), expected, "{hash}");
            assert_eq!(verdict(&hash.to_string(), "autobots rul"), Verdict::Wrong);
        }
    }

    #[test]
    fn a_bcrypt_hash_of_the_whole_password_is_replaced() {
        let long = "x".repeat(73);
        let hash = |password: &str| bcrypt::hash(password, 4).unwrap();
        assert_eq!(verdict(&hash("autobots rule"), "autobots rule"), Verdict::RightButWeak);
        assert_eq!(verdict(&hash("autobots rule"), "autobots rule "), Verdict::Wrong);
        assert_eq!(
            verdict(&hash("autobots rule").replace("$2b$", "$2y$"), "autobots rule"),
            Verdict::RightButWeak
        );
        assert_eq!(verdict(&hash(&long), &long), Verdict::Right);
        // Made by another program (a test vector of OpenBSD).
        let known = "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW";
        assert_eq!(verdict(known, "U*U"), Verdict::RightButWeak);
    }

    #[test]
    fn a_hash_with_other_blanks_matches_and_is_replaced() {
        let own = argon2(Algorithm::Argon2id, 64, 2);
        let own = |password: &str| own.hash_password(password.as_bytes()).unwrap().to_string();
        let foreign = |password: &str| bcrypt::hash(password, 4).unwrap();
        let (plain, other) = ("autobots rule", "autobots\u{a0}rule");
        for (stored, typed, expected) in [
            (own(plain), plain, Verdict::Right),
            (own(plain), other, Verdict::Right),
            (own(other), other, Verdict::RightButWeak),
            (own(other), plain, Verdict::Wrong),
            (own(plain), "autobots\u{200b}rule", Verdict::Wrong),
            (foreign(plain), other, Verdict::RightButWeak),
            (foreign(other), other, Verdict::RightButWeak),
            (foreign(other), plain, Verdict::Wrong),
        ] {
            assert_eq!(verdict(&stored, typed), expected, "{stored} {typed:?}");
        }
    }

    #[test]
    fn an_unknown_or_too_expensive_hash_is_refused() {
        let good = argon2(Algorithm::Argon2id, 64, 2).hash_password(b"autobots rule").unwrap().to_string();
        for text in [
            "",
            "autobots rule",
            "$argon2id$v=19$m=64,t=2,p=1",
            "$argon2id$v=19$m=64,t=2,p=1$c29tZXNhbHQ",
            "$argon2x$v=19$m=64,t=2,p=1$c29tZXNhbHQ$c29tZWhhc2hzb21laGFzaA",
            "$2b$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOe",
            "$2b$31$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW",
            "$2x$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW",
            "$5$rounds=5000$saltsalt$hash",
            &good.replace("m=64", "m=4194304"),
            &good.replace("t=2", "t=4000000000"),
            &good.replace("v=19", "v=18"),
        ] {
            assert_eq!(Stored::parse(text).err(), Some(InvalidHash), "{text}");
        }
    }
}
