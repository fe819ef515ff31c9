//! Reading the stored session back and verifying it, in the order of the design: record, secret, seal, token.

use std::sync::Arc;

use latchkey_token::{Claims, DeviceKey, TokenKind, VerifyError};
use secrecy::ExposeSecret;

use super::reasons::{HeldReason, SignedOutReason};
use super::{Memory, Session};
use crate::api::Api;
use crate::device::{Patience, Secret};
use crate::error::SessionError;
use crate::key_trouble::KeyTrouble;
use crate::storage::{Record, SealingKey, StoredSession};
use crate::view::KeyPlace;

/// What was found on this device.
pub(super) enum Loaded {
    /// No session.
    Nobody(SignedOutReason),
    /// A session that cannot be opened now.
    OutOfReach(HeldReason, Option<KeyTrouble>),
    /// A session whose signature, device and key are good.
    Somebody(Arc<Held>),
}

/// A verified session and the keys that go with it.
#[derive(Clone)]
pub(super) struct Held {
    pub(super) claims: Claims,
    pub(super) stored: StoredSession,
    pub(super) device_id: String,
    pub(super) keys: Arc<Keys>,
    /// Where the secret is that opens it at the next start; `None` when it could not be kept.
    pub(super) key_place: Option<KeyPlace>,
    /// Whether the server said at the last contact that it does not know the session. Only in memory: the next contact
    /// may be with the right server.
    pub(super) is_unknown: bool,
}

/// What is derived from the device's secret.
pub(super) struct Keys {
    pub(super) device: DeviceKey,
    pub(super) sealing: SealingKey,
}

impl Loaded {
    fn out_of_reach(trouble: KeyTrouble) -> Self {
        let reason =
            if trouble.is_lock() { HeldReason::KeychainLocked } else { HeldReason::KeychainUnavailable };
        Self::OutOfReach(reason, Some(trouble))
    }
}

impl Keys {
    pub(super) fn derive(secret: &Secret) -> Result<Arc<Self>, SessionError> {
        let unusable = SessionError::from(KeyTrouble::Failed);
        let device = secret.device_key().map_err(|_| unusable)?;
        let sealing = secret.sealing_key().map_err(|_| unusable)?;
        Ok(Arc::new(Self { device, sealing }))
    }
}

impl<A: Api> Session<A> {
    /// Reads the session from disk into the place of what is in memory.
    pub(super) fn load(&self, patience: Patience) {
        let damaged = Loaded::Nobody(SignedOutReason::StoreDamaged);
        let (seen, record, loaded) = match self.store.read() {
            Ok(None) => (None, Record::default(), Loaded::Nobody(SignedOutReason::NeverSignedIn)),
            Ok(Some(document)) => match Record::from_bytes(&document) {
                Ok(record) => {
                    let loaded = self.open_record(&record, patience);
                    (Some(document), record, loaded)
                }
                Err(error) => {
                    tracing::warn!(%error, "left as it is");
                    (Some(document), Record::default(), damaged)
                }
            },
            Err(error) => {
                tracing::warn!(%error, "the stored session cannot be read");
                (None, Record::default(), damaged)
            }
        };
        let mut memory = self.memory();
        *memory = Memory { seen, record, loaded, connection: memory.connection, ..Memory::empty() };
    }

    /// Takes over what another process has put on the disk since, so that a change is made to what is there now.
    pub(super) fn catch_up(&self) {
        let seen = self.memory().seen.clone();
        if self.store.read().is_ok_and(|document| document != seen) {
            self.load(Patience::None);
        }
    }

    fn open_record(&self, record: &Record, patience: Patience) -> Loaded {
        let Some(sealed) = &record.sealed else {
            return Loaded::Nobody(record.ended.unwrap_or(SignedOutReason::NeverSignedIn));
        };
        let Some(place) = record.key_place else { return Loaded::Nobody(SignedOutReason::StoreDamaged) };
        let secrets = match self.device.secrets(place, patience) {
            Ok(secrets) if secrets.is_empty() => return Loaded::Nobody(SignedOutReason::DeviceKeyMissing),
            Ok(secrets) => secrets,
            Err(trouble) => return Loaded::out_of_reach(trouble),
        };
        // Other programs may have copied the keychain's entry: the secret that opens the seal is the right one.
        for secret in &secrets {
            let Ok(keys) = Keys::derive(secret) else { return Loaded::out_of_reach(KeyTrouble::Failed) };
            if let Ok(stored) = StoredSession::open(sealed, &keys.sealing) {
                return self.verify_stored(stored, keys, place);
            }
        }
        match secrets.len() {
            1 => Loaded::Nobody(SignedOutReason::StoreDamaged),
            _ => Loaded::out_of_reach(KeyTrouble::Ambiguous),
        }
    }

    fn verify_stored(&self, stored: StoredSession, keys: Arc<Keys>, place: KeyPlace) -> Loaded {
        let Ok(device_id) = self.device.id() else { return Loaded::Nobody(SignedOutReason::DeviceChanged) };
        let device_id = device_id.to_string();
        let verifier = self.verifier(TokenKind::Session, &device_id, &keys.device).taking_expired_as_hint();
        // Time is judged at every look, not once here: a clock that has gone back must hold the session, not end it.
        let now = self.now().max(stored.newest);
        match verifier.verify(stored.token.expose_secret(), now) {
            Ok(claims) => {
                let key_place = Some(place);
                Loaded::Somebody(Arc::new(Held {
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
                Loaded::Nobody(match error {
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
