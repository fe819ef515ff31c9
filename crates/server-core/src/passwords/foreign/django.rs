//! Django's hashes (`django.contrib.auth.hashers`): `ALGORITHM$…`, the salt as text.

use super::super::invalid_hash::InvalidHash;
use super::super::stored::{DerivedHash, Function, Sha, unpack};

pub(super) fn read(text: &str) -> Result<String, InvalidHash> {
    let (algorithm, rest) = text.split_once('$').ok_or_else(|| without_algorithm(text))?;
    match algorithm {
        "argon2" => Ok(format!("${rest}")),
        // `bcrypt$$2b$…`: the second "$" belongs to the hash.
        "bcrypt" => Ok(rest.to_owned()),
        "bcrypt_sha256" => Ok(text.to_owned()),
        "pbkdf2_sha1" => pbkdf2(Sha::Sha1, rest),
        "pbkdf2_sha256" => pbkdf2(Sha::Sha256, rest),
        "scrypt" => scrypt(rest),
        // `sha1` has the salt before the password; Django dropped it in version 5.1.
        "md5" | "sha1" | "unsalted_md5" | "unsalted_sha1" | "crypt" => Err(InvalidHash::Broken),
        _ => Err(InvalidHash::Unknown),
    }
}

/// Hexadecimal digits alone are MD5 or SHA without a salt.
fn without_algorithm(text: &str) -> InvalidHash {
    match text.len() >= 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        true => InvalidHash::Broken,
        false => InvalidHash::Unknown,
    }
}

/// `ITERATIONS$SALT$HASH`.
fn pbkdf2(sha: Sha, rest: &str) -> Result<String, InvalidHash> {
    let damaged = InvalidHash::Damaged("PBKDF2 of Django");
    let fields: Vec<&str> = rest.split('$').collect();
    let [iterations, salt, hash] = fields.as_slice() else { return Err(damaged) };
    let hash = unpack(hash).ok_or(damaged)?;
    let function = Function::pbkdf2(sha, iterations.parse().map_err(|_| damaged)?, hash.len())?;
    DerivedHash::text(function, salt.as_bytes().to_vec(), hash)
}

/// `N$SALT$R$P$HASH`.
fn scrypt(rest: &str) -> Result<String, InvalidHash> {
    let damaged = InvalidHash::Damaged("scrypt of Django");
    let fields: Vec<&str> = rest.split('$').collect();
    let [n, salt, r, p, hash] = fields.as_slice() else { return Err(damaged) };
    let number = |text: &str| text.parse::<u64>().map_err(|_| damaged);
    let n = number(n)?;
    if !n.is_power_of_two() {
        return Err(damaged);
    }
    let params = Function::scrypt(u64::from(n.ilog2()), number(r)?, number(p)?)?;
    DerivedHash::text(Function::Scrypt(params), salt.as_bytes().to_vec(), unpack(hash).ok_or(damaged)?)
}
