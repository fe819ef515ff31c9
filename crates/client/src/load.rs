//! Reading the stored session back and verifying it, in the order of the design: record, secret, seal, token.

use std::sync::Arc;

use latchkey_token::{Claims, DeviceKey, TokenKind, VerifyError};
use secrecy::ExposeSecret;

use crate::api::Api;
use crate::auth_client::{AuthClient, Memory};
use crate::device::{Patience, Secret};
use crate::error::SessionError;
use crate::reasons::{HeldReason, SignedOutReason};
use crate::secret_error::SecretError;
use crate::storage::{FileError, Record, SealingKey, StoredSession};
use crate::storage_fault::StorageFault;
use crate::view::KeyPlace;

/// What was found on this device.
pub(crate) enum SessionState {
    /// No session.
    SignedOut(SignedOutReason),
    /// The stored document cannot be read now.
    Unreadable(StorageFault),
    /// A session that cannot be opened now.
    Locked(HeldReason, Option<SecretError>),
    /// A session whose signature, device and key are good.
    Active(Arc<VerifiedSession>),
}

/// A verified session and the keys that go with it.
#[derive(Clone)]
pub(crate) struct VerifiedSession {
    pub(crate) claims: Claims,
    pub(crate) stored: StoredSession,
    pub(crate) device_id: String,
    pub(crate) keys: Arc<Keys>,
    /// Where the secret is that opens it at the next start; `None` when it could not be kept.
    pub(crate) key_place: Option<KeyPlace>,
    /// Whether the server said at the last contact that it does not know the session. Only in
    /// memory: the next contact may be with the right server.
    pub(crate) is_unknown: bool,
}

/// What is derived from the device's secret.
pub(crate) struct Keys {
    pub(crate) device: DeviceKey,
    pub(crate) sealing: SealingKey,
}

impl SessionState {
    pub(crate) fn out_of_reach(trouble: SecretError) -> Self {
        let reason =
            if trouble.is_lock() { HeldReason::KeychainLocked } else { HeldReason::KeychainUnavailable };
        Self::Locked(reason, Some(trouble))
    }
}

impl Keys {
    pub(crate) fn derive(secret: &Secret) -> Result<Arc<Self>, SessionError> {
        let unusable = SessionError::from(SecretError::Failed);
        let device = secret.device_key().map_err(|_| unusable)?;
        let sealing = secret.sealing_key().map_err(|_| unusable)?;
        Ok(Arc::new(Self { device, sealing }))
    }
}

/// What is on the disk for this device.
struct Found {
    seen: Option<Vec<u8>>,
    is_former: bool,
    record: Record,
    loaded: SessionState,
}

impl Found {
    pub(crate) fn nothing() -> Self {
        let loaded = SessionState::SignedOut(SignedOutReason::NeverSignedIn);
        Self { seen: None, is_former: false, record: Record::default(), loaded }
    }
}

fn unreadable(error: FileError) -> Found {
    tracing::warn!(%error, "the stored session cannot be read");
    let loaded = match error {
        // The app never makes it that large.
        FileError::TooLarge => SessionState::SignedOut(SignedOutReason::StoreDamaged),
        error => SessionState::Unreadable(error.into()),
    };
    Found { loaded, ..Found::nothing() }
}

impl<A: Api> AuthClient<A> {
    /// Reads the session from disk into the place of what is in memory.
    pub(crate) fn load(&self, patience: Patience) {
        let found = match self.store.read() {
            Ok(Some(document)) => self.read_document(document, patience),
            Ok(None) => self.read_former(patience),
            Err(error) => unreadable(error),
        };
        let place = found.record.key_place;
        {
            let mut memory = self.memory();
            *memory = Memory {
                seen: found.seen,
                is_former: found.is_former,
                record: found.record,
                loaded: found.loaded,
                connection: memory.connection,
                ..Memory::empty()
            };
        }
        let shared_with = self.sharing(place);
        self.memory().shared_with = shared_with;
    }

    /// Takes over what another process has put on the disk since, so that a change is made to what is there now.
    pub(crate) fn reload_if_changed(&self) {
        let (seen, is_former, was_unreadable) = {
            let memory = self.memory();
            (memory.seen.clone(), memory.is_former, matches!(memory.loaded, SessionState::Unreadable(_)))
        };
        let document = match self.store.read() {
            Ok(None) if is_former => self.store.former(),
            document => document,
        };
        match document {
            Ok(document) if document == seen && !was_unreadable => {}
            Ok(Some(document)) if self.take_rest_of(&document) => {}
            Ok(_) => self.load(Patience::None),
            Err(_) => {}
        }
    }

    /// Takes over a document that differs in nothing of the session: another process or device has
    /// delivered a notice or noted the time. The keys in memory stay, since the keychain may have
    /// locked itself meanwhile.
    pub(crate) fn take_rest_of(&self, document: &[u8]) -> bool {
        let Ok(record) = Record::from_bytes(document) else { return false };
        let memory = &mut *self.memory();
        let is_same = matches!(memory.loaded, SessionState::Active(_))
            && !memory.is_former
            && (&record.sealed, record.key_place, record.ended)
                == (&memory.record.sealed, memory.record.key_place, memory.record.ended);
        if is_same {
            (memory.seen, memory.record) = (Some(document.to_vec()), record);
        }
        is_same
    }

    fn read_document(&self, document: Vec<u8>, patience: Patience) -> Found {
        match Record::from_bytes(&document) {
            Ok(record) => {
                let loaded = self.open_record(&record, patience);
                Found { seen: Some(document), is_former: false, record, loaded }
            }
            Err(error) => {
                tracing::warn!(%error, "left as it is");
                let loaded = SessionState::SignedOut(SignedOutReason::StoreDamaged);
                Found { seen: Some(document), loaded, ..Found::nothing() }
            }
        }
    }

    /// A device without a document of its own takes that of an earlier version of the app, unless
    /// it is another device's.
    fn read_former(&self, patience: Patience) -> Found {
        let foreign = SessionState::SignedOut(SignedOutReason::DeviceChanged);
        match self.store.former() {
            Ok(Some(document)) => {
                let found = Found { is_former: true, ..self.read_document(document, patience) };
                match found.loaded {
                    SessionState::SignedOut(SignedOutReason::DeviceChanged) => {
                        Found { loaded: foreign, ..Found::nothing() }
                    }
                    _ => found,
                }
            }
            Ok(None) if self.others_have_a_session() => Found { loaded: foreign, ..Found::nothing() },
            Ok(None) => Found::nothing(),
            Err(error) => unreadable(error),
        }
    }

    pub(crate) fn open_record(&self, record: &Record, patience: Patience) -> SessionState {
        let Some(sealed) = &record.sealed else {
            return SessionState::SignedOut(record.ended.unwrap_or(SignedOutReason::NeverSignedIn));
        };
        let Some(place) = record.key_place else {
            return SessionState::SignedOut(SignedOutReason::StoreDamaged);
        };
        // The keys in memory first: the keychain may have locked itself since they were read.
        let known = self
            .memory()
            .loaded
            .held()
            .filter(|held| held.key_place == Some(place))
            .map(|held| Arc::clone(&held.keys));
        if let Some(keys) = known
            && let Ok(stored) = StoredSession::open(sealed, &keys.sealing)
        {
            return self.verify_stored(stored, keys, place);
        }
        let secrets = match self.device.secrets(place, patience) {
            Ok(secrets) if secrets.is_empty() => {
                return SessionState::SignedOut(SignedOutReason::DeviceKeyMissing);
            }
            Ok(secrets) => secrets,
            Err(trouble) => return SessionState::out_of_reach(trouble),
        };
        // Other programs may have copied the keychain's entry: the secret that opens the seal is
        // the right one.
        for secret in &secrets {
            let Ok(keys) = Keys::derive(secret) else {
                return SessionState::out_of_reach(SecretError::Failed);
            };
            if let Ok(stored) = StoredSession::open(sealed, &keys.sealing) {
                return self.verify_stored(stored, keys, place);
            }
        }
        match secrets.len() {
            1 => SessionState::SignedOut(SignedOutReason::StoreDamaged),
            _ => SessionState::out_of_reach(SecretError::Ambiguous),
        }
    }

    pub(crate) fn verify_stored(
        &self,
        stored: StoredSession,
        keys: Arc<Keys>,
        place: KeyPlace,
    ) -> SessionState {
        let Ok(device_id) = self.device.id() else {
            return SessionState::SignedOut(SignedOutReason::DeviceChanged);
        };
        let device_id = device_id.to_string();
        let verifier =
            self.verifier(TokenKind::Session, &device_id, &keys.device).accepting_expired_as_hint();
        // Time is judged at every look, not once here: a clock that has gone back must hold the session, not end it.
        let now = self.now().max(stored.newest);
        match verifier.verify(stored.token.expose_secret(), now) {
            Ok(claims) => {
                let key_place = Some(place);
                SessionState::Active(Arc::new(VerifiedSession {
                    claims,
                    stored,
                    device_id,
                    keys,
                    key_place,
                    is_unknown: false,
                }))
            }
            Err(error) => {
                tracing::warn!(code = error.code(), "the stored session does not verify");
                SessionState::SignedOut(match error {
                    VerifyError::WrongAudience => SignedOutReason::DeviceChanged,
                    VerifyError::WrongDeviceKey => SignedOutReason::DeviceKeyMissing,
                    // The app was updated to other keys, or to another server.
                    VerifyError::UnknownKey | VerifyError::WrongIssuer => SignedOutReason::SessionEnded,
                    _ => SignedOutReason::StoreDamaged,
                })
            }
        }
    }
}
