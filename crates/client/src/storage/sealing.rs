//! Sealing: the files on disk cannot be read without the device's secret. Owns the cipher; refuses
//! anything that was changed, truncated or sealed for another purpose.

use aws_lc_rs::aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use aws_lc_rs::hkdf::{HKDF_SHA256, KeyType, Salt};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use zeroize::Zeroizing;

/// The text was not sealed with this key, or the crypto library failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("it cannot be opened with this device's key")]
pub struct SealingError;

/// AES-256-GCM under a key derived from the device's secret, with a random nonce in front.
pub struct SealingKey(RandomizedNonceKey);

struct Aes256;

impl KeyType for Aes256 {
    fn len(&self) -> usize {
        32
    }
}

/// Binds a sealed text to its purpose and format.
const SESSION: &[u8] = b"latchkey session 1";
const RESPONSE: &[u8] = b"latchkey copy 1";

impl SealingKey {
    /// Derives the key; the same secret always gives the same one.
    ///
    /// # Errors
    /// Returns an error only if the crypto library fails.
    pub fn derive(secret: &[u8; 32]) -> Result<Self, SealingError> {
        let mut key = Zeroizing::new([0; 32]);
        Salt::new(HKDF_SHA256, b"latchkey")
            .extract(secret)
            .expand(&[b"sealing AES-256-GCM"], Aes256)
            .and_then(|output| output.fill(key.as_mut()))
            .map_err(|_| SealingError)?;
        RandomizedNonceKey::new(&AES_256_GCM, key.as_ref()).map(Self).map_err(|_| SealingError)
    }

    /// Seals `plain`: base64url of nonce, ciphertext and tag.
    ///
    /// # Errors
    /// Returns an error only if the crypto library fails.
    pub fn seal(&self, plain: &[u8]) -> Result<String, SealingError> {
        self.seal_as(SESSION, plain)
    }

    /// Seals a cached response. It does not open as a session, nor a session as a response.
    ///
    /// # Errors
    /// Returns an error only if the crypto library fails.
    pub fn seal_response(&self, plain: &[u8]) -> Result<String, SealingError> {
        self.seal_as(RESPONSE, plain)
    }

    fn seal_as(&self, purpose: &[u8], plain: &[u8]) -> Result<String, SealingError> {
        let mut body = Zeroizing::new(plain.to_vec());
        let nonce =
            self.0.seal_in_place_append_tag(Aad::from(purpose), &mut *body).map_err(|_| SealingError)?;
        Ok(URL_SAFE_NO_PAD.encode([nonce.as_ref(), body.as_slice()].concat()))
    }

    /// Opens a text that [`SealingKey::seal`] has made.
    ///
    /// # Errors
    /// For any other text.
    pub fn open(&self, sealed: &str) -> Result<Zeroizing<Vec<u8>>, SealingError> {
        self.open_as(SESSION, sealed)
    }

    /// Opens a text that [`SealingKey::seal_response`] has made.
    ///
    /// # Errors
    /// For any other text.
    pub fn open_response(&self, sealed: &str) -> Result<Zeroizing<Vec<u8>>, SealingError> {
        self.open_as(RESPONSE, sealed)
    }

    fn open_as(&self, purpose: &[u8], sealed: &str) -> Result<Zeroizing<Vec<u8>>, SealingError> {
        let bytes = URL_SAFE_NO_PAD.decode(sealed).map_err(|_| SealingError)?;
        let (nonce, body) = bytes.split_at_checked(NONCE_LEN).ok_or(SealingError)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| SealingError)?;
        let mut body = Zeroizing::new(body.to_vec());
        let length =
            self.0.open_in_place(nonce, Aad::from(purpose), &mut body).map_err(|_| SealingError)?.len();
        body.truncate(length);
        Ok(body)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_key_of_another_secret_opens_nothing() {
        let sealed = SealingKey::derive(&[1; 32]).unwrap().seal(b"token").unwrap();
        assert_eq!(SealingKey::derive(&[1; 32]).unwrap().open(&sealed).unwrap().as_slice(), b"token");
        assert_eq!(SealingKey::derive(&[2; 32]).unwrap().open(&sealed), Err(SealingError));
    }

    #[test]
    fn a_response_does_not_open_as_a_session() {
        let key = SealingKey::derive(&[1; 32]).unwrap();
        let response = key.seal_response(b"response").unwrap();
        assert_eq!(key.open_response(&response).unwrap().as_slice(), b"response");
        assert_eq!(key.open(&response), Err(SealingError));
        assert_eq!(key.open_response(&key.seal(b"token").unwrap()), Err(SealingError));
    }

    #[test]
    fn a_text_sealed_by_version_0_1_0_opens() {
        // If this fails, every stored session is lost at the update.
        let sealed = "WG6NPkoJBzmoDiIx01jBS_AVFx0krGI6jankDPOu7ZUbVq04o4NESZmnFw";
        let opened = SealingKey::derive(&[7; 32]).unwrap().open(sealed).unwrap();
        assert_eq!(opened.as_slice(), b"sealed by 0.1.0");
    }

    proptest! {
        #[test]
        fn a_text_with_one_changed_character_does_not_open(position in 0usize..200, replacement in "[A-Za-z0-9_-]") {
            let key = SealingKey::derive(&[1; 32]).unwrap();
            let sealed = key.seal(&[5; 40]).unwrap();
            let position = position % sealed.len();
            let mut changed = sealed.clone();
            changed.replace_range(position..=position, &replacement);
            prop_assert_eq!(key.open(&changed).is_ok(), changed == sealed);
        }

        #[test]
        fn any_other_text_does_not_open(text in ".{0,100}") {
            prop_assert!(SealingKey::derive(&[1; 32]).unwrap().open(&text).is_err());
        }
    }
}
