//! HMAC signatures whose secret is the public key or another value that an attacker knows.

use aws_lc_rs::hmac::{self, HMAC_SHA256, HMAC_SHA384, HMAC_SHA512};
use serde::Deserialize;

use crate::world::World;

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Hmac {
    hash: Hash,
    key: Key,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Hash {
    Sha256,
    Sha384,
    Sha512,
}

/// The forms of the public key that libraries have used as a secret, and trivial secrets.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Key {
    /// The PEM file, byte for byte.
    Pem,
    /// The PEM file without the line end at its end.
    PemTrimmed,
    /// The PEM file with Unix line ends.
    PemUnix,
    /// SPKI.
    Spki,
    /// RSAPublicKey, RFC 8017 §A.1.1.
    Pkcs1,
    /// The bytes of the modulus.
    Modulus,
    Jwk,
    Kid,
    Empty,
    Zeros,
}

impl Hmac {
    pub(crate) fn sign(self, world: &World, message: &[u8]) -> Vec<u8> {
        let server = &world.key;
        let key = match self.key {
            Key::Pem => server.public_pem().into_bytes(),
            Key::PemTrimmed => server.public_pem().trim_end().as_bytes().to_vec(),
            Key::PemUnix => server.public_pem().replace("\r\n", "\n").into_bytes(),
            Key::Spki => server.spki(),
            Key::Pkcs1 => server.pkcs1(),
            Key::Modulus => server.n.to_bytes_be(),
            Key::Jwk => server.jwk().into_bytes(),
            Key::Kid => server.kid().into_bytes(),
            Key::Empty => Vec::new(),
            Key::Zeros => vec![0; 32],
        };
        let hash = match self.hash {
            Hash::Sha256 => HMAC_SHA256,
            Hash::Sha384 => HMAC_SHA384,
            Hash::Sha512 => HMAC_SHA512,
        };
        hmac::sign(&hmac::Key::new(hash, &key), message).as_ref().to_vec()
    }
}
