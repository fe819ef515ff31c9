//! The document on disk. Owns its format: what is open (why nobody is signed in, where the key is kept, notices that wait
//! for the server) and what is sealed (the token). Fields that a later version added are kept.

use latchkey_token::UnixTime;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use zeroize::Zeroizing;

use super::sealing::{SealingError, SealingKey};
use crate::reasons::SignedOutReason;
use crate::view::KeyPlace;

/// The format that this version writes.
const FORMAT: u64 = 1;

/// The most sign-out notices that wait for the server at once; the oldest go first. Each is about 600 bytes.
pub const MAX_NOTICES: usize = 16;

/// The document. An empty one is a device where nobody ever signed in.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Record {
    format: u64,
    /// Why nobody is signed in, where somebody was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended: Option<SignedOutReason>,
    /// Where the secret is that opens `sealed`. Without a session: `keychain` if the last secret
    /// was there, so that the next one goes nowhere else without a question.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key_place: Option<KeyPlace>,
    /// The thumbprint of the device key whose secret this app has put into a file. A key file with
    /// another one is not ours.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key_file: Option<String>,
    /// The thumbprint of the one whose file was to be deleted last. If the file is still there,
    /// deleting it was cut short.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub discarded_key_file: Option<String>,
    /// The session, sealed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sealed: Option<String>,
    /// Sign-out notices that have not reached the server yet.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notices: Vec<String>,
    #[serde(flatten)]
    unknown: Map<String, Value>,
}

/// Why a document is not a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RecordError {
    /// Not JSON, or not of this shape.
    #[error("the stored session is damaged")]
    Damaged,
    /// Written by a later version of the app.
    #[error("the stored session was written by a later version")]
    Newer,
}

impl Record {
    /// Reads a document.
    ///
    /// # Errors
    /// See [`RecordError`].
    pub fn from_bytes(document: &[u8]) -> Result<Self, RecordError> {
        #[derive(Deserialize)]
        struct Format {
            format: u64,
        }
        // The format first: a later one may have any shape.
        let Format { format } = serde_json::from_slice(document).map_err(|_| RecordError::Damaged)?;
        if format > FORMAT {
            return Err(RecordError::Newer);
        }
        serde_json::from_slice(document).map_err(|_| RecordError::Damaged)
    }

    /// Writes the document.
    pub fn to_bytes(&self) -> Vec<u8> {
        // Strings, numbers and maps with text keys: nothing here can fail to be JSON.
        serde_json::to_vec_pretty(&Self { format: FORMAT, ..self.clone() }).unwrap_or_default()
    }

    /// Takes back that a key file is ours: it is about to be deleted.
    pub fn discard_key_file(&mut self) {
        if let Some(name) = self.key_file.take() {
            self.discarded_key_file = Some(name);
        }
    }

    /// Lets a notice wait for the server.
    pub fn add_notice(&mut self, notice: String) {
        self.notices.push(notice);
        let surplus = self.notices.len().saturating_sub(MAX_NOTICES);
        self.notices.drain(..surplus);
    }
}

/// What is sealed.
#[derive(Clone, Debug)]
pub struct StoredSession {
    /// The session token.
    pub token: SecretString,
    /// The newest time that was ever seen: by the own clock, in a token, or from the server.
    pub newest: UnixTime,
    unknown: Map<String, Value>,
}

#[derive(Serialize, Deserialize)]
struct Plain {
    token: Zeroizing<String>,
    newest: UnixTime,
    #[serde(flatten)]
    unknown: Map<String, Value>,
}

impl StoredSession {
    /// A session to be kept.
    pub fn new(token: SecretString, newest: UnixTime) -> Self {
        Self { token, newest, unknown: Map::new() }
    }

    /// The same session with a newer token or time.
    pub fn renewed(&self, token: SecretString, newest: UnixTime) -> Self {
        Self { token, newest, unknown: self.unknown.clone() }
    }

    /// Seals the session.
    ///
    /// # Errors
    /// Only if the crypto library fails.
    pub fn seal(&self, key: &SealingKey) -> Result<String, SealingError> {
        let token = Zeroizing::new(self.token.expose_secret().to_owned());
        let plain = Plain { token, newest: self.newest, unknown: self.unknown.clone() };
        let json = serde_json::to_vec(&plain).map(Zeroizing::new).map_err(|_| SealingError)?;
        key.seal(&json)
    }

    /// Opens a sealed session.
    ///
    /// # Errors
    /// When it was sealed by another key, or changed.
    pub fn open(sealed: &str, key: &SealingKey) -> Result<Self, SealingError> {
        let json = key.open(sealed)?;
        let mut plain: Plain = serde_json::from_slice(&json).map_err(|_| SealingError)?;
        let token = SecretString::from(std::mem::take(&mut *plain.token));
        Ok(Self { token, newest: plain.newest, unknown: plain.unknown })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn fields_of_a_later_version_are_kept() {
        let text = br#"{"format":1,"sealed":"abc","key_place":"file","theme":{"a":[1]}}"#;
        let record = Record::from_bytes(text).unwrap();
        assert_eq!(record.key_place, Some(KeyPlace::File));
        let again: Value = serde_json::from_slice(&record.to_bytes()).unwrap();
        assert_eq!(again["theme"], serde_json::json!({"a":[1]}));
        assert_eq!(again, serde_json::from_slice::<Value>(text).unwrap());

        let key = SealingKey::derive(&[1; 32]).unwrap();
        let sealed = key.seal(br#"{"token":"t","newest":5,"later":true}"#).unwrap();
        let resealed = StoredSession::open(&sealed, &key).unwrap().seal(&key).unwrap();
        let plain: Value = serde_json::from_slice(&key.open(&resealed).unwrap()).unwrap();
        assert_eq!(plain, serde_json::json!({"token":"t","newest":5,"later":true}));
    }

    #[test]
    fn a_later_format_is_recognised_whatever_its_shape() {
        assert_eq!(Record::from_bytes(br#"{"format":2,"sealed":{}}"#), Err(RecordError::Newer));
        for text in [
            "",
            "{}",
            "[]",
            "null",
            r#"{"format":"1"}"#,
            r#"{"format":1,"sealed":7}"#,
            r#"{"format":1,"notices":[1]}"#,
        ] {
            assert_eq!(Record::from_bytes(text.as_bytes()), Err(RecordError::Damaged), "{text}");
        }
    }

    #[test]
    fn notices_have_a_bound() {
        let mut record = Record::default();
        for number in 0..40 {
            record.add_notice(number.to_string());
        }
        assert_eq!(record.notices.len(), MAX_NOTICES);
        assert_eq!(record.notices.last().unwrap(), "39");
    }

    proptest! {
        #[test]
        fn no_document_panics(document in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = Record::from_bytes(&document);
        }
    }
}
