//! Stored password hashes: Argon2 of this server, and the kinds that other programs' accounts come
//! with. Decides which are too weak to stay, and refuses what costs too much to check.

mod argon2;
mod bcrypt;
mod derived;

use ::argon2::Params;
use secrecy::SecretString;

use super::blocks::Blocks;
use super::invalid_hash::InvalidHash;
use super::spelling::spellings;
use argon2::Argon2Hash;
use bcrypt::BcryptHash;

pub(super) use argon2::is_affordable;
pub(super) use derived::{DerivedHash, Function, Sha, unpack};

/// A stored hash.
#[derive(Debug)]
pub(super) enum Stored {
    Argon2(Argon2Hash),
    Bcrypt(BcryptHash),
    Derived(DerivedHash),
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
        if text.starts_with("$argon2") {
            Argon2Hash::parse(text).map(Self::Argon2)
        } else if text.starts_with("$2") || text.starts_with("bcrypt_sha256$") {
            BcryptHash::parse(text).map(Self::Bcrypt)
        } else {
            DerivedHash::parse(text).map(Self::Derived)
        }
    }

    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::Argon2(hash) => hash.kind(),
            Self::Bcrypt(hash) => hash.kind(),
            Self::Derived(hash) => hash.kind(),
        }
    }

    /// The memory that a check takes, in KiB.
    pub(super) fn memory_kib(&self) -> u32 {
        match self {
            Self::Argon2(hash) => hash.memory_kib(),
            Self::Bcrypt(_) => 0,
            Self::Derived(hash) => hash.memory_kib(),
        }
    }

    /// Whether the hash costs at least as much as a new one, which `present` has the parameters
    /// of.
    pub(super) fn is_current(&self, present: &Params) -> bool {
        matches!(self, Self::Argon2(hash) if !hash.is_weaker_than(present))
    }

    fn is(&self, password: &str, blocks: &mut Blocks) -> bool {
        match self {
            Self::Argon2(hash) => hash.is(password, blocks),
            Self::Bcrypt(hash) => hash.is(password),
            Self::Derived(hash) => hash.is(password),
        }
    }

    /// Compares every spelling of a password. `present` has the parameters of new hashes.
    pub(super) fn verify(&self, password: &SecretString, present: &Params, blocks: &mut Blocks) -> Verdict {
        let found = spellings(password).enumerate().find(|(_, text)| self.is(text, blocks));
        match (self, found) {
            (_, None) => Verdict::Wrong,
            (Self::Bcrypt(hash), Some((_, text))) if !hash.covers(&text) => Verdict::Right,
            // A hash of another spelling is replaced too: other programs' keyboards do not match
            // it.
            (stored, Some((0, _))) if stored.is_current(present) => Verdict::Right,
            _ => Verdict::RightButWeak,
        }
    }
}

#[cfg(test)]
mod tests {
    use ::argon2::password_hash::PasswordHasher as _;
    use ::argon2::{Algorithm, Argon2, Version};

    use super::*;

    fn argon2(algorithm: Algorithm, memory: u32, iterations: u32) -> Argon2<'static> {
        Argon2::new(algorithm, Version::V0x13, Params::new(memory, iterations, 1, None).unwrap())
    }

    fn verdict(stored: &str, password: &str) -> Verdict {
        let present = argon2(Algorithm::Argon2id, 64, 2);
        Stored::parse(stored).unwrap().verify(&password.into(), present.params(), &mut Blocks::default())
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
        let hash = |password: &str| ::bcrypt::hash(password, 4).unwrap();
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
        let foreign = |password: &str| ::bcrypt::hash(password, 4).unwrap();
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
    fn a_hash_of_letters_as_typed_matches_and_is_replaced() {
        let own = argon2(Algorithm::Argon2id, 64, 2);
        let hash = |password: &str| own.hash_password(password.as_bytes()).unwrap().to_string();
        let (composed, typed) = ("\u{fc}ber alles", "u\u{308}ber alles");
        for (stored, password, expected) in [
            (hash(composed), typed, Verdict::Right),
            (hash(typed), typed, Verdict::RightButWeak),
            (hash(typed), composed, Verdict::Wrong),
        ] {
            assert_eq!(verdict(&stored, password), expected, "{stored} {password:?}");
        }
    }

    #[test]
    fn a_hash_by_pbkdf2_in_the_form_of_passlib_matches_and_is_replaced() {
        // Made by hashlib of Python.
        for stored in [
            "$pbkdf2$1212$MDEyMzQ1Njc4OWFiY2RlZg$mPXyzm6xN3lVcDxpLzg6y5eGcPw",
            "$pbkdf2-sha256$1212$MDEyMzQ1Njc4OWFiY2RlZg$3pBUfcx3d1gBWfqLtf0btp4emlcH1ehzy/A7tmpC6/E",
        ] {
            assert_eq!(verdict(stored, "autobots rule"), Verdict::RightButWeak, "{stored}");
            assert_eq!(verdict(stored, "autobots rul"), Verdict::Wrong, "{stored}");
        }
    }

    #[test]
    fn an_unknown_damaged_or_too_expensive_hash_is_refused() {
        let good = argon2(Algorithm::Argon2id, 64, 2).hash_password(b"autobots rule").unwrap().to_string();
        let scrypt =
            "$scrypt$ln=10,r=8,p=1$WYsRYsyZE4KQMgag9P5/Lw$tJeBQvgF1kO8yYkbtcCl8AyOjbrBXuAcyVUyoE7eyt8";
        let pbkdf2 =
            "$pbkdf2-sha256$i=1000$Q4gRYuzdG8M4x5iTktIa4w$1ZV9htRWWHfXfJaYPiO5Y9JVc8PuT6upVy8L6TjakQc";
        assert!(Stored::parse(scrypt).is_ok() && Stored::parse(pbkdf2).is_ok());
        let (argon2, bcrypt) = (InvalidHash::Damaged("Argon2"), InvalidHash::Damaged("bcrypt"));
        for (text, expected) in [
            ("", InvalidHash::Unknown),
            ("autobots rule", InvalidHash::Unknown),
            ("$5$rounds=5000$saltsalt$hash", InvalidHash::Unknown),
            ("$6$saltsalt$hash", InvalidHash::Unknown),
            ("$P$Bsaltsalthash", InvalidHash::Unknown),
            ("$pbkdf2-sha256$i=1000", InvalidHash::Damaged("scrypt, PBKDF2 or SHA")),
            ("$argon2id$v=19$m=64,t=2,p=1", argon2),
            ("$argon2id$v=19$m=64,t=2,p=1$c29tZXNhbHQ", argon2),
            ("$argon2x$v=19$m=64,t=2,p=1$c29tZXNhbHQ$c29tZWhhc2hzb21laGFzaA", argon2),
            ("$2b$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOe", bcrypt),
            ("$2b$31$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW", InvalidHash::Time),
            ("$2x$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW", bcrypt),
            (&good.replace("m=64", "m=4194304"), InvalidHash::Memory { kib: 4_194_304 }),
            (&good.replace("t=2", "t=4000000000"), InvalidHash::Time),
            (&good.replace("p=1", "p=1,keyid=aaaa"), InvalidHash::SecretKey),
            (&good.replace("v=19", "v=18"), argon2),
            (&scrypt.replace("ln=10", "ln=22"), InvalidHash::Memory { kib: 4_194_304 }),
            (&scrypt.replace("ln=10", "ln=63"), InvalidHash::Damaged("scrypt")),
            (&scrypt.replace("r=8", "r=4294967295"), InvalidHash::Memory { kib: 549_755_813_760 }),
            (&scrypt.replace("p=1", "p=4294967295"), InvalidHash::Time),
            (&pbkdf2.replace("i=1000", "i=0"), InvalidHash::Damaged("PBKDF2")),
            (&pbkdf2.replace("i=1000", "i=4000000000"), InvalidHash::Time),
            (&pbkdf2.replace("sha256", "md5"), InvalidHash::Unknown),
        ] {
            assert_eq!(Stored::parse(text).err(), Some(expected), "{text}");
        }
    }
}
