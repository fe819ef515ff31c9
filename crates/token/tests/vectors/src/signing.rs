//! The ways to sign a token: by the server, by an attacker, or not at all.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, EcdsaSigningAlgorithm,
    Ed25519KeyPair, RSA_PKCS1_SHA256, RSA_PKCS1_SHA384, RSA_PKCS1_SHA512, RSA_PSS_SHA256, RSA_PSS_SHA384,
    RSA_PSS_SHA512,
};
use num_bigint::BigUint;
use serde::Deserialize;

use crate::hmac::Hmac;
use crate::padding::Padding;
use crate::template::expand;
use crate::world::World;

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Signed {
    /// The server's key with RS256.
    #[default]
    Server,
    /// Another key of the same size, with RS256.
    Stranger,
    /// The server's key with another algorithm.
    ServerWith(Scheme),
    /// The server's key with another padding.
    ServerPads(Padding),
    /// HMAC with a known value as the secret.
    Hmac(Hmac),
    /// A new P-256 key, the signature in the form of JWS or in DER.
    P256,
    P256Der,
    Ed25519,
    /// Fixed bytes.
    Bytes(String),
    /// A number derived from the server's signature.
    Number(Number),
    /// The server's signature with changed bytes.
    Edited(Edit),
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub(crate) enum Scheme {
    Rs384,
    Rs512,
    Ps256,
    Ps384,
    Ps512,
}

/// Numbers that are equivalent to the signature, or trivial, for a verifier that does not check the
/// range (RFC 8017 §5.2.2).
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Number {
    Zero,
    One,
    Modulus,
    ModulusMinusOne,
    ModulusPlusOne,
    PlusModulus,
    PlusTwiceModulus,
    Negative,
    Square,
    Exponent,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Edit {
    ZeroBefore,
    ZeroAfter,
    CutFirst,
    CutLast,
    CutToHalf,
    Doubled,
    Reversed,
    FirstBit,
    LastBit,
    MiddleBit,
    Complement,
    /// As a DER octet string.
    InDer,
}

impl Signed {
    pub(crate) fn sign(&self, world: &World, message: &[u8]) -> Vec<u8> {
        let own = || world.key.sign(&RSA_PKCS1_SHA256, message);
        match self {
            Self::Server => own(),
            Self::Stranger => world.stranger.sign(&RSA_PKCS1_SHA256, message),
            Self::ServerWith(Scheme::Rs384) => world.key.sign(&RSA_PKCS1_SHA384, message),
            Self::ServerWith(Scheme::Rs512) => world.key.sign(&RSA_PKCS1_SHA512, message),
            Self::ServerWith(Scheme::Ps256) => world.key.sign(&RSA_PSS_SHA256, message),
            Self::ServerWith(Scheme::Ps384) => world.key.sign(&RSA_PSS_SHA384, message),
            Self::ServerWith(Scheme::Ps512) => world.key.sign(&RSA_PSS_SHA512, message),
            Self::ServerPads(padding) => world.key.sign_block(&padding.block(world.key.size(), message)),
            Self::Hmac(hmac) => hmac.sign(world, message),
            Self::P256 => p256(&ECDSA_P256_SHA256_FIXED_SIGNING, message),
            Self::P256Der => p256(&ECDSA_P256_SHA256_ASN1_SIGNING, message),
            Self::Ed25519 => Ed25519KeyPair::generate().unwrap().sign(message).as_ref().to_vec(),
            Self::Bytes(text) => expand(text, &|_| None),
            Self::Number(number) => number.make(world, &own()),
            Self::Edited(edit) => edit.apply(own()),
        }
    }
}

fn p256(algorithm: &'static EcdsaSigningAlgorithm, message: &[u8]) -> Vec<u8> {
    let pair = EcdsaKeyPair::generate(algorithm).unwrap();
    pair.sign(&SystemRandom::new(), message).unwrap().as_ref().to_vec()
}

impl Number {
    fn make(self, world: &World, signature: &[u8]) -> Vec<u8> {
        let (n, s) = (&world.key.n, BigUint::from_bytes_be(signature));
        world.key.fill(&match self {
            Self::Zero => BigUint::ZERO,
            Self::One => 1_u8.into(),
            Self::Modulus => n.clone(),
            Self::ModulusMinusOne => n - 1_u8,
            Self::ModulusPlusOne => n + 1_u8,
            Self::PlusModulus => s + n,
            Self::PlusTwiceModulus => s + n * 2_u8,
            Self::Negative => n - s,
            Self::Square => &s * &s % n,
            Self::Exponent => world.key.e.clone(),
        })
    }
}

impl Edit {
    fn apply(self, mut bytes: Vec<u8>) -> Vec<u8> {
        let last = bytes.len() - 1;
        match self {
            Self::ZeroBefore => bytes.insert(0, 0),
            Self::ZeroAfter => bytes.push(0),
            Self::CutFirst => drop(bytes.remove(0)),
            Self::CutLast => bytes.truncate(last),
            Self::CutToHalf => bytes.truncate(bytes.len() / 2),
            Self::Doubled => bytes.extend_from_within(..),
            Self::Reversed => bytes.reverse(),
            Self::FirstBit => bytes[0] ^= 1,
            Self::LastBit => bytes[last] ^= 1,
            Self::MiddleBit => bytes[last / 2] ^= 0x10,
            Self::Complement => bytes.iter_mut().for_each(|byte| *byte = !*byte),
            Self::InDer => {
                let length = u16::try_from(bytes.len()).unwrap().to_be_bytes();
                bytes.splice(0..0, [0x04, 0x82, length[0], length[1]]);
            }
        }
        bytes
    }
}
