//! The sealed part of the document: the session token, and the latest time that this device knows.
//! Refuses to drop members that a later version has added.

use latchkey_token::UnixTime;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use zeroize::Zeroizing;

use super::sealing::{SealingError, SealingKey};

/// The session as it is before it is sealed.
#[derive(Clone, Debug)]
pub struct StoredSession {
    /// The session token.
    pub token: SecretString,
    /// The latest time ever read: from this computer's clock, in a token, or from the server.
    pub newest: UnixTime,
    /// The absolute limit of the session, if the server has reported it.
    pub ends_at: Option<UnixTime>,
    unknown: Map<String, Value>,
}

/// The sealed contents on disk.
#[derive(Serialize, Deserialize)]
struct Plain {
    token: Zeroizing<String>,
    newest: UnixTime,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ends_at: Option<UnixTime>,
    #[serde(flatten)]
    unknown: Map<String, Value>,
}

impl StoredSession {
    /// A new session.
    pub fn new(token: SecretString, newest: UnixTime) -> Self {
        Self { token, newest, ends_at: None, unknown: Map::new() }
    }

    /// The same session with a newer token or time.
    pub fn renewed(&self, token: SecretString, newest: UnixTime) -> Self {
        Self { token, newest, ends_at: self.ends_at, unknown: self.unknown.clone() }
    }

    /// The same session with the absolute limit that the server has reported, if it has.
    #[must_use]
    pub fn ending(self, ends_at: Option<UnixTime>) -> Self {
        Self { ends_at: ends_at.or(self.ends_at), ..self }
    }

    /// Seals the session.
    ///
    /// # Errors
    /// Returns an error only if the crypto library fails.
    pub fn seal(&self, key: &SealingKey) -> Result<String, SealingError> {
        let token = Zeroizing::new(self.token.expose_secret().to_owned());
        let plain =
            Plain { token, newest: self.newest, ends_at: self.ends_at, unknown: self.unknown.clone() };
        let json = serde_json::to_vec(&plain).map(Zeroizing::new).map_err(|_| SealingError)?;
        key.seal(&json)
    }

    /// Opens a sealed session.
    ///
    /// # Errors
    /// Returns an error if it was sealed by another key, or changed.
    pub fn open(sealed: &str, key: &SealingKey) -> Result<Self, SealingError> {
        let json = key.open(sealed)?;
        let mut plain: Plain = serde_json::from_slice(&json).map_err(|_| SealingError)?;
        let token = SecretString::from(std::mem::take(&mut *plain.token));
        Ok(Self { token, newest: plain.newest, ends_at: plain.ends_at, unknown: plain.unknown })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn members_of_a_later_version_are_carried_over() {
        let key = SealingKey::derive(&[1; 32]).unwrap();
        let sealed = key.seal(br#"{"token":"t","newest":5,"later":true}"#).unwrap();
        let resealed = StoredSession::open(&sealed, &key).unwrap().seal(&key).unwrap();
        let plain: Value = serde_json::from_slice(&key.open(&resealed).unwrap()).unwrap();
        assert_eq!(plain, json!({"token":"t","newest":5,"later":true}));
    }
}
