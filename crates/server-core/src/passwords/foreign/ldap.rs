//! The values of `userPassword` in an LDAP directory (RFC 2307 §5.3): `{SCHEME}` and the hash, as
//! OpenLDAP, 389 Directory Server and passlib write them.

use super::super::invalid_hash::InvalidHash;
use super::super::stored::{DerivedHash, Function, Sha, unpack};

const DAMAGED: InvalidHash = InvalidHash::Damaged("of LDAP");

/// `scheme` is in capitals.
pub(super) fn read(scheme: &str, rest: &str) -> Result<String, InvalidHash> {
    match scheme {
        "SHA" | "SSHA" => salted(Sha::Sha1, scheme, rest),
        "SHA256" | "SSHA256" => salted(Sha::Sha256, scheme, rest),
        "SHA384" | "SSHA384" => salted(Sha::Sha384, scheme, rest),
        "SHA512" | "SSHA512" => salted(Sha::Sha512, scheme, rest),
        "PBKDF2" | "PBKDF2-SHA1" => pbkdf2(Sha::Sha1, rest),
        "PBKDF2-SHA256" => pbkdf2(Sha::Sha256, rest),
        "PBKDF2-SHA512" => pbkdf2(Sha::Sha512, rest),
        // The hash is in the form of crypt(3), or of Argon2.
        "CRYPT" | "BCRYPT" | "ARGON2" if rest.starts_with("$2") || rest.starts_with("$argon2") => {
            Ok(rest.to_owned())
        }
        "MD5" | "SMD5" | "CRYPT" | "CLEARTEXT" => Err(InvalidHash::Broken),
        _ => Err(InvalidHash::Unknown),
    }
}

/// The digest, then the salt, in one text of base64.
fn salted(sha: Sha, scheme: &str, rest: &str) -> Result<String, InvalidHash> {
    let bytes = unpack(rest).ok_or(DAMAGED)?;
    let (hash, salt) = bytes.split_at_checked(sha.bytes()).ok_or(DAMAGED)?;
    if scheme.starts_with("SS") == salt.is_empty() {
        return Err(DAMAGED);
    }
    DerivedHash::text(Function::Salted(sha), salt.to_vec(), hash.to_vec())
}

/// `ITERATIONS$SALT$HASH`, with "." for "+" in base64.
fn pbkdf2(sha: Sha, rest: &str) -> Result<String, InvalidHash> {
    let fields: Vec<&str> = rest.split('$').collect();
    let [iterations, salt, hash] = fields.as_slice() else { return Err(DAMAGED) };
    let (salt, hash) = (unpack(salt).ok_or(DAMAGED)?, unpack(hash).ok_or(DAMAGED)?);
    let function = Function::pbkdf2(sha, iterations.parse().map_err(|_| DAMAGED)?, hash.len())?;
    DerivedHash::text(function, salt, hash)
}
