//! One seal key: how a value is sealed, opened and hashed with it.
//!
//! A sealed value is `KEYID.base64url(nonce ‖ ciphertext ‖ tag)`, by AES-256-GCM (NIST SP
//! 800-38D) with a random nonce. What the value belongs to is the associated data, so that a value
//! that is moved to another row does not open.

use std::fmt;

use aws_lc_rs::aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use zeroize::Zeroizing;

/// Bytes of a key.
pub(super) const KEY_BYTES: usize = 32;

/// Bytes of the hash of a key that its id is made of.
const ID_BYTES: usize = 9;

/// A key, ready for use.
pub(super) struct Key {
    id: String,
    cipher: RandomizedNonceKey,
    mac: hmac::Key,
}

/// Shows the id only.
impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Key").field(&self.id).finish()
    }
}

impl Key {
    /// Derives the keys for the three uses. `None` if the crypto library fails.
    pub(super) fn new(bytes: &[u8; KEY_BYTES]) -> Option<Self> {
        let root = hmac::Key::new(hmac::HMAC_SHA256, bytes);
        let derive = |label: &str| hmac::sign(&root, label.as_bytes());
        let id = derive("latchkey seal 1: id");
        Some(Self {
            id: URL_SAFE_NO_PAD.encode(id.as_ref().get(..ID_BYTES)?),
            cipher: RandomizedNonceKey::new(&AES_256_GCM, derive("latchkey seal 1: cipher").as_ref()).ok()?,
            mac: hmac::Key::new(hmac::HMAC_SHA256, derive("latchkey seal 1: mac").as_ref()),
        })
    }

    /// Its id: 12 characters, which tell nothing about the key.
    pub(super) fn id(&self) -> &str {
        &self.id
    }

    /// Seals a value. `None` if the crypto library fails.
    pub(super) fn seal(&self, about: &str, value: &[u8]) -> Option<String> {
        let mut text = Zeroizing::new(value.to_vec());
        let nonce = self.cipher.seal_in_place_append_tag(Aad::from(about.as_bytes()), &mut *text).ok()?;
        let mut bytes = nonce.as_ref().to_vec();
        bytes.extend_from_slice(&text);
        Some(format!("{}.{}", self.id, URL_SAFE_NO_PAD.encode(bytes)))
    }

    /// Opens the second part of a sealed value. `None` if it was sealed about something else, with
    /// another key, or is changed.
    pub(super) fn open(&self, about: &str, sealed: &str) -> Option<Zeroizing<Vec<u8>>> {
        let bytes = URL_SAFE_NO_PAD.decode(sealed).ok()?;
        let (nonce, text) = bytes.split_at_checked(NONCE_LEN)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let mut text = Zeroizing::new(text.to_vec());
        let length = self.cipher.open_in_place(nonce, Aad::from(about.as_bytes()), &mut text).ok()?.len();
        text.truncate(length);
        Some(text)
    }

    /// HMAC-SHA256 of the parts, each with its length before it, so that no two lists have the same
    /// input.
    pub(super) fn mac(&self, parts: &[&[u8]]) -> [u8; 32] {
        let mut context = hmac::Context::with_key(&self.mac);
        for part in parts {
            context.update(&u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
            context.update(part);
        }
        let mut bytes = [0; 32];
        bytes.iter_mut().zip(context.sign().as_ref()).for_each(|(byte, signed)| *byte = *signed);
        bytes
    }
}

/// The key id and the rest of a sealed value.
pub(super) fn split(sealed: &str) -> Option<(&str, &str)> {
    sealed.split_once('.')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(byte: u8) -> Key {
        Key::new(&[byte; KEY_BYTES]).unwrap()
    }

    #[test]
    fn a_value_opens_only_about_what_it_was_sealed_and_with_its_key() {
        let sealed = key(1).seal("account-1", b"secret").unwrap();
        let (id, rest) = split(&sealed).unwrap();
        assert_eq!(id, key(1).id());
        assert_eq!(key(1).open("account-1", rest).unwrap().as_slice(), b"secret");
        assert!(key(1).open("account-2", rest).is_none());
        assert!(key(2).open("account-1", rest).is_none());
        for at in 0..rest.len() {
            let mut changed = rest.as_bytes().to_vec();
            changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(changed).unwrap();
            assert!(key(1).open("account-1", &changed).is_none(), "{at}");
        }
        assert!(key(1).open("account-1", "").is_none());
    }

    #[test]
    fn the_same_value_is_never_sealed_to_the_same_text() {
        assert_ne!(key(1).seal("a", b"secret"), key(1).seal("a", b"secret"));
    }

    #[test]
    fn a_mac_depends_on_the_key_and_on_where_a_part_ends() {
        let mac = key(1).mac(&[b"a", b"bc"]);
        assert_eq!(mac, key(1).mac(&[b"a", b"bc"]));
        assert_ne!(mac, key(1).mac(&[b"ab", b"c"]));
        assert_ne!(mac, key(1).mac(&[b"abc"]));
        assert_ne!(mac, key(2).mac(&[b"a", b"bc"]));
    }
}
