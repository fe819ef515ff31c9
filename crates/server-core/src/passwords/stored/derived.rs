//! Hashes by PBKDF2, scrypt and salted SHA, of other programs only, in the form
//! `$NAME$PARAMETERS$SALT$HASH` (PHC string format; salt and hash in base64 without padding).

use std::num::NonZeroU32;

use aws_lc_rs::cipher::{AES_256, EncryptingKey, EncryptionContext, UnboundCipherKey};
use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::iv::FixedLength;
use aws_lc_rs::{digest, pbkdf2};
use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::general_purpose::{GeneralPurpose, NO_PAD, STANDARD_NO_PAD};
use zeroize::Zeroizing;

use super::super::invalid_hash::InvalidHash;
use super::super::limits::{MAX_ITERATED, MAX_LANES, MAX_MEMORY_KIB};

/// The shortest and the longest hash and the longest salt that are taken, in bytes.
const MIN_HASH_BYTES: usize = 16;
const MAX_HASH_BYTES: usize = 256;
const MAX_SALT_BYTES: usize = 256;

/// A SHA function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Sha {
    Sha1,
    Sha256,
    Sha384,
    Sha512,
}

impl Sha {
    const ALL: [Self; 4] = [Self::Sha1, Self::Sha256, Self::Sha384, Self::Sha512];

    /// The function with this name: `sha1`, `sha256` …
    pub(in super::super) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|sha| sha.name() == name)
    }

    fn name(self) -> &'static str {
        match self {
            Self::Sha1 => "sha1",
            Self::Sha256 => "sha256",
            Self::Sha384 => "sha384",
            Self::Sha512 => "sha512",
        }
    }

    fn digest(self) -> &'static digest::Algorithm {
        match self {
            Self::Sha1 => &digest::SHA1_FOR_LEGACY_USE_ONLY,
            Self::Sha256 => &digest::SHA256,
            Self::Sha384 => &digest::SHA384,
            Self::Sha512 => &digest::SHA512,
        }
    }

    fn pbkdf2(self) -> pbkdf2::Algorithm {
        match self {
            Self::Sha1 => pbkdf2::PBKDF2_HMAC_SHA1,
            Self::Sha256 => pbkdf2::PBKDF2_HMAC_SHA256,
            Self::Sha384 => pbkdf2::PBKDF2_HMAC_SHA384,
            Self::Sha512 => pbkdf2::PBKDF2_HMAC_SHA512,
        }
    }

    /// Length of its output, in bytes.
    pub(in super::super) fn bytes(self) -> usize {
        self.digest().output_len()
    }
}

/// How a hash is made from a password and a salt.
#[derive(Clone, Copy, Debug)]
pub(in super::super) enum Function {
    /// RFC 8018 §5.2.
    Pbkdf2(Sha, NonZeroU32),
    /// RFC 7914.
    Scrypt(scrypt::Params),
    /// AES-256 in counter mode with the result of scrypt as its key: the bytes that Firebase
    /// combines with the key of the project.
    FirebaseScrypt(scrypt::Params),
    /// One SHA of password and salt, as LDAP servers store it.
    Salted(Sha),
}

impl Function {
    /// PBKDF2 with a hash of `bytes`.
    pub(in super::super) fn pbkdf2(sha: Sha, iterations: u64, bytes: usize) -> Result<Self, InvalidHash> {
        let blocks = bytes.div_ceil(sha.bytes()) as u64;
        if iterations.saturating_mul(blocks) > u64::from(MAX_ITERATED) {
            return Err(InvalidHash::Time);
        }
        let iterations = u32::try_from(iterations).ok().and_then(NonZeroU32::new);
        iterations.map(|iterations| Self::Pbkdf2(sha, iterations)).ok_or(InvalidHash::Damaged("PBKDF2"))
    }

    /// The parameters of scrypt, with `n` as a power of two.
    pub(in super::super) fn scrypt(ln: u64, r: u64, p: u64) -> Result<scrypt::Params, InvalidHash> {
        let damaged = InvalidHash::Damaged("scrypt");
        let ln = u8::try_from(ln).ok().filter(|ln| (1..=40).contains(ln)).ok_or(damaged)?;
        let kib = (1_u64 << ln).saturating_mul(r.saturating_mul(128)) / 1024;
        if kib > u64::from(MAX_MEMORY_KIB) {
            return Err(InvalidHash::Memory { kib });
        }
        let is_affordable = kib.saturating_mul(p) <= 4 * u64::from(MAX_MEMORY_KIB);
        if p > u64::from(MAX_LANES) || !is_affordable {
            return Err(InvalidHash::Time);
        }
        let (r, p) = (u32::try_from(r).map_err(|_| damaged)?, u32::try_from(p).map_err(|_| damaged)?);
        scrypt::Params::new(ln, r, p).map_err(|_| damaged)
    }

    fn name(self) -> String {
        match self {
            Self::Pbkdf2(sha, _) => format!("pbkdf2-{}", sha.name()),
            Self::Scrypt(_) => "scrypt".to_owned(),
            Self::FirebaseScrypt(_) => "firebase-scrypt".to_owned(),
            Self::Salted(sha) => format!("salted-{}", sha.name()),
        }
    }

    fn params(self) -> String {
        match self {
            Self::Pbkdf2(_, iterations) => format!("i={iterations}"),
            Self::Scrypt(params) | Self::FirebaseScrypt(params) => {
                format!("ln={},r={},p={}", params.log_n(), params.r(), params.p())
            }
            Self::Salted(_) => String::new(),
        }
    }
}

/// A stored hash.
#[derive(Debug)]
pub(in super::super) struct DerivedHash {
    function: Function,
    salt: Vec<u8>,
    hash: Vec<u8>,
}

impl DerivedHash {
    /// Checks the lengths of a hash that another program made.
    fn new(function: Function, salt: Vec<u8>, hash: Vec<u8>) -> Result<Self, InvalidHash> {
        let is_whole = match function {
            Function::Salted(sha) => hash.len() == sha.bytes(),
            Function::Pbkdf2(..) | Function::Scrypt(_) | Function::FirebaseScrypt(_) => {
                (MIN_HASH_BYTES..=MAX_HASH_BYTES).contains(&hash.len())
            }
        };
        let damaged = || InvalidHash::Damaged(function.kind());
        (is_whole && salt.len() <= MAX_SALT_BYTES)
            .then_some(Self { function, salt, hash })
            .ok_or_else(damaged)
    }

    /// Reads the stored form, also as passlib and RustCrypto write it.
    pub(super) fn parse(text: &str) -> Result<Self, InvalidHash> {
        let mut parts = text.strip_prefix('$').ok_or(InvalidHash::Unknown)?.split('$');
        let name = parts.next().unwrap_or_default();
        // passlib's name for PBKDF2 with SHA-1.
        let name = if name == "pbkdf2" { "pbkdf2-sha1" } else { name };
        let kinds = ["scrypt", "firebase-scrypt", "pbkdf2-", "salted-"];
        if !kinds.iter().any(|kind| name.starts_with(kind)) {
            return Err(InvalidHash::Unknown);
        }
        let (Some(params), Some(salt), Some(hash), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(InvalidHash::Damaged("scrypt, PBKDF2 or SHA"));
        };
        let number = |name: &str| -> Option<u64> {
            params.split(',').find_map(|param| param.strip_prefix(name)?.strip_prefix('=')?.parse().ok())
        };
        let hash = unpack(hash).ok_or(InvalidHash::Damaged("scrypt, PBKDF2 or SHA"))?;
        let scrypt = || match (number("ln"), number("r"), number("p")) {
            (Some(ln), Some(r), Some(p)) => Function::scrypt(ln, r, p),
            _ => Err(InvalidHash::Damaged("scrypt")),
        };
        let function = match name.split_once('-') {
            None if name == "scrypt" => Function::Scrypt(scrypt()?),
            Some(("firebase", "scrypt")) => Function::FirebaseScrypt(scrypt()?),
            Some(("pbkdf2", sha)) => {
                let iterations = number("i").or_else(|| params.parse().ok());
                let iterations = iterations.ok_or(InvalidHash::Damaged("PBKDF2"))?;
                Function::pbkdf2(Sha::named(sha).ok_or(InvalidHash::Unknown)?, iterations, hash.len())?
            }
            Some(("salted", sha)) => Function::Salted(Sha::named(sha).ok_or(InvalidHash::Unknown)?),
            _ => return Err(InvalidHash::Unknown),
        };
        let salt = unpack(salt).ok_or(InvalidHash::Damaged(function.kind()))?;
        Self::new(function, salt, hash)
    }

    /// The stored form of a hash that another program made.
    pub(in super::super) fn text(
        function: Function,
        salt: Vec<u8>,
        hash: Vec<u8>,
    ) -> Result<String, InvalidHash> {
        let Self { function, salt, hash } = Self::new(function, salt, hash)?;
        let [salt, hash] = [salt, hash].map(|bytes| STANDARD_NO_PAD.encode(bytes));
        Ok(format!("${}${}${salt}${hash}", function.name(), function.params()))
    }

    pub(super) fn kind(&self) -> &'static str {
        self.function.kind()
    }

    /// The memory of one check, in KiB.
    pub(super) fn memory_kib(&self) -> u32 {
        match self.function {
            Function::Scrypt(params) | Function::FirebaseScrypt(params) => {
                let blocks = params.n().saturating_add(u64::from(params.p()));
                u32::try_from(blocks.saturating_mul(u64::from(params.r())) / 8).unwrap_or(u32::MAX)
            }
            Function::Pbkdf2(..) | Function::Salted(_) => 0,
        }
    }

    pub(super) fn is(&self, password: &str) -> bool {
        let mut made = Zeroizing::new(vec![0; self.hash.len()]);
        let password = password.as_bytes();
        match self.function {
            Function::Pbkdf2(sha, iterations) => {
                pbkdf2::derive(sha.pbkdf2(), iterations, &self.salt, password, &mut made);
            }
            Function::Scrypt(params) => {
                if scrypt::scrypt(password, &self.salt, &params, &mut made).is_err() {
                    return false;
                }
            }
            Function::FirebaseScrypt(params) => {
                let mut key = Zeroizing::new([0; 32]);
                let derived = scrypt::scrypt(password, &self.salt, &params, key.as_mut()).is_ok();
                if !derived || key_stream(&key, &mut made).is_none() {
                    return false;
                }
            }
            Function::Salted(sha) => {
                let mut context = digest::Context::new(sha.digest());
                context.update(password);
                context.update(&self.salt);
                made.copy_from_slice(context.finish().as_ref());
            }
        }
        verify_slices_are_equal(&made, &self.hash).is_ok()
    }
}

impl Function {
    fn kind(self) -> &'static str {
        match self {
            Self::Pbkdf2(..) => "pbkdf2",
            Self::Scrypt(_) => "scrypt",
            Self::FirebaseScrypt(_) => "firebase-scrypt",
            Self::Salted(_) => "salted-sha",
        }
    }
}

/// Fills `bytes`, which are zeros, with the key stream of AES-256 in counter mode from counter 0.
fn key_stream(key: &[u8; 32], bytes: &mut [u8]) -> Option<()> {
    let key = EncryptingKey::ctr(UnboundCipherKey::new(&AES_256, key).ok()?).ok()?;
    let start = EncryptionContext::Iv128(FixedLength::from([0; 16]));
    key.less_safe_encrypt(bytes, start).ok().map(drop)
}

/// Some programs do not clear the last bits, which belong to no byte.
const LENIENT: GeneralPurpose = GeneralPurpose::new(&STANDARD, NO_PAD.with_decode_allow_trailing_bits(true));

/// Base64, padded or not; passlib writes "." for "+".
pub(in super::super) fn unpack(text: &str) -> Option<Vec<u8>> {
    let text = text.trim_end_matches('=').replace(['.', '-'], "+").replace('_', "/");
    LENIENT.decode(text).ok()
}
