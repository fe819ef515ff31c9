//! RSA key pairs, including the numbers that the product never exposes.

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der, PublicKeyX509Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{KeyPair as _, RsaEncoding};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use num_bigint::BigUint;

/// The key pair of a server.
pub struct ServerKey {
    pair: KeyPair,
    pub(crate) n: BigUint,
    pub(crate) e: BigUint,
    d: BigUint,
}

impl ServerKey {
    /// Generates a pair of 2048 bits.
    pub fn generate() -> Self {
        Self::new(KeyPair::generate(KeySize::Rsa2048).unwrap())
    }

    /// Reads the pair from a PEM file (PKCS #8).
    pub fn from_pem(text: &str) -> Self {
        Self::new(KeyPair::from_pkcs8(pem::parse(text).unwrap().contents()).unwrap())
    }

    fn new(pair: KeyPair) -> Self {
        let der: Pkcs8V1Der<'_> = pair.as_der().unwrap();
        let [n, e, d] = numbers(der.as_ref());
        Self { pair, n, e, d }
    }

    /// The public key: SPKI in PEM form.
    pub fn public_pem(&self) -> String {
        pem::encode(&pem::Pem::new("PUBLIC KEY", self.spki()))
    }

    pub(crate) fn spki(&self) -> Vec<u8> {
        let der: PublicKeyX509Der<'_> = self.pair.public_key().as_der().unwrap();
        der.as_ref().to_vec()
    }

    pub(crate) fn pkcs1(&self) -> Vec<u8> {
        self.pair.public_key().as_ref().to_vec()
    }

    pub(crate) fn jwk(&self) -> String {
        let encode = |number: &BigUint| URL_SAFE_NO_PAD.encode(number.to_bytes_be());
        format!(r#"{{"e":"{}","kty":"RSA","n":"{}"}}"#, encode(&self.e), encode(&self.n))
    }

    /// The thumbprint (RFC 7638 §3).
    pub(crate) fn kid(&self) -> String {
        URL_SAFE_NO_PAD.encode(digest(&SHA256, self.jwk().as_bytes()))
    }

    pub(crate) fn size(&self) -> usize {
        self.pair.public_modulus_len()
    }

    pub(crate) fn sign(&self, padding: &'static dyn RsaEncoding, message: &[u8]) -> Vec<u8> {
        let mut signature = vec![0; self.size()];
        self.pair.sign(padding, &SystemRandom::new(), message, &mut signature).unwrap();
        signature
    }

    /// RSASP1 (RFC 8017 §5.2.1) on a block with any padding.
    pub(crate) fn sign_block(&self, block: &[u8]) -> Vec<u8> {
        let number = BigUint::from_bytes_be(block);
        assert!(number < self.n, "the block is not less than the modulus");
        self.fill(&number.modpow(&self.d, &self.n))
    }

    /// Writes a number in the length of the modulus, or in more bytes if it is larger.
    pub(crate) fn fill(&self, number: &BigUint) -> Vec<u8> {
        let digits = number.to_bytes_be();
        let mut bytes = vec![0; self.size().saturating_sub(digits.len())];
        bytes.extend(digits);
        bytes
    }
}

/// Reads the modulus and both exponents of a PKCS #8 RSA key (RFC 5208 §5, RFC 8017 §A.1.2).
fn numbers(pkcs8: &[u8]) -> [BigUint; 3] {
    let (info, _) = element(pkcs8);
    let (_version, rest) = element(info);
    let (_algorithm, rest) = element(rest);
    let (key, _) = element(rest);
    let (key, _) = element(key);
    let (_version, rest) = element(key);
    let (n, rest) = element(rest);
    let (e, rest) = element(rest);
    let (d, _) = element(rest);
    [n, e, d].map(BigUint::from_bytes_be)
}

/// Splits DER into the contents of the first element and the rest.
fn element(der: &[u8]) -> (&[u8], &[u8]) {
    let (length, start) = match der[1] {
        short @ 0..=0x7f => (usize::from(short), 2),
        long => {
            let digits = &der[2..2 + usize::from(long & 0x7f)];
            (digits.iter().fold(0, |length, digit| length << 8 | usize::from(*digit)), 2 + digits.len())
        }
    };
    der[start..].split_at(length)
}
