//! The stored record of this device's session: in the clear why no account is signed in, the place
//! of the key and the sign-out tokens that wait for the server; and the session itself, sealed.
//! Refuses to drop members that a later version has added.

use serde::Deserialize;
use serde_json::{Map, Value};

use super::document::{Document, FORMAT, reason_from_disk, reason_to_disk};
use crate::device::KeyPlace;
use crate::reasons::{Ended, SignedOutReason};

/// Maximum number of sign-out tokens that wait for the server. Each has about 600 bytes.
pub const MAX_NOTICES: usize = 16;

/// The record of this device's session. The default is a device on which no account was ever signed
/// in.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Record {
    /// Why no account is signed in, where one was.
    pub ended: Option<SignedOutReason>,
    /// When the server ended that session, and from where.
    pub ended_how: Option<Ended>,
    /// Where the secret is that opens `sealed`. Without a session: `keychain` if the last secret
    /// was there, so that the next sign-in asks before it uses a file.
    pub key_place: Option<KeyPlace>,
    /// The thumbprint of the device key whose secret this app has put into a file. A key file with
    /// another thumbprint is not ours.
    pub key_file: Option<String>,
    /// The thumbprint of the device key whose file was to be deleted last. If the file is still
    /// there, deleting it was interrupted.
    pub discarded_key_file: Option<String>,
    /// The session, sealed.
    pub sealed: Option<String>,
    /// Whether the keychain's secret is still to be deleted, because the session that needed it has
    /// ended.
    pub delete_secret: bool,
    /// Sign-out tokens that have not reached the server yet.
    pub notices: Vec<String>,
    unknown: Map<String, Value>,
}

/// Why a document is not a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RecordError {
    /// It is not JSON, or has another shape.
    #[error("the stored session is damaged")]
    Damaged,
    /// A later version of the app has written it.
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
        let document: Document = serde_json::from_slice(document).map_err(|_| RecordError::Damaged)?;
        Ok(document.into())
    }

    /// Writes the document.
    pub fn to_bytes(&self) -> Vec<u8> {
        // Strings, numbers and maps with text keys: none of these can fail to be JSON.
        serde_json::to_vec_pretty(&Document::from(self.clone())).unwrap_or_default()
    }

    /// Notes that the key file is about to be deleted.
    pub fn discard_key_file(&mut self) {
        if let Some(name) = self.key_file.take() {
            self.discarded_key_file = Some(name);
        }
    }

    /// Adds a sign-out token that waits for the server; the oldest beyond [`MAX_NOTICES`] go.
    pub fn add_notice(&mut self, notice: String) {
        self.notices.push(notice);
        let surplus = self.notices.len().saturating_sub(MAX_NOTICES);
        self.notices.drain(..surplus);
    }
}

impl From<Record> for Document {
    fn from(record: Record) -> Self {
        let Record {
            ended,
            ended_how,
            key_place,
            key_file,
            discarded_key_file,
            sealed,
            delete_secret,
            notices,
            unknown,
        } = record;
        let (ended, ended_as) = ended.map(reason_to_disk).unzip();
        let (ended_how, key_place) = (ended_how.map(Into::into), key_place.map(Into::into));
        Self {
            format: FORMAT,
            ended,
            ended_as: ended_as.flatten(),
            ended_how,
            key_place,
            key_file,
            discarded_key_file,
            sealed,
            delete_secret,
            notices,
            unknown,
        }
    }
}

impl From<Document> for Record {
    fn from(document: Document) -> Self {
        let Document {
            format: _,
            ended,
            ended_as,
            ended_how,
            key_place,
            key_file,
            discarded_key_file,
            sealed,
            delete_secret,
            notices,
            unknown,
        } = document;
        let ended = ended.map(|ended| reason_from_disk(ended, ended_as));
        let (ended_how, key_place) = (ended_how.map(Into::into), key_place.map(Into::into));
        Self {
            ended,
            ended_how,
            key_place,
            key_file,
            discarded_key_file,
            sealed,
            delete_secret,
            notices,
            unknown,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn members_of_a_later_version_are_carried_over() {
        let text = br#"{"format":1,"sealed":"abc","key_place":"file","theme":{"a":[1]}}"#;
        let record = Record::from_bytes(text).unwrap();
        assert_eq!(record.key_place, Some(KeyPlace::File));
        let again: Value = serde_json::from_slice(&record.to_bytes()).unwrap();
        assert_eq!(again["theme"], serde_json::json!({"a":[1]}));
        assert_eq!(again, serde_json::from_slice::<Value>(text).unwrap());
    }

    #[test]
    fn a_document_of_a_later_format_is_newer_whatever_its_shape() {
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
    fn the_oldest_sign_out_tokens_go_when_there_are_too_many() {
        let mut record = Record::default();
        for number in 0..40 {
            record.add_notice(number.to_string());
        }
        assert_eq!(record.notices.len(), MAX_NOTICES);
        assert_eq!(record.notices.last().unwrap(), "39");
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_a_panic(document in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = Record::from_bytes(&document);
        }
    }
}
