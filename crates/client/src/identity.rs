//! Who this device is while it signs in: its id, and the secret that its keys are derived from.
//! Refuses to replace a secret that could not be read, and to take up a key file that the record
//! does not name.

use std::sync::Arc;

use crate::api::Api;
use crate::auth_client::AuthClient;
use crate::device::{Patience, Secret};
use crate::error::SessionError;
use crate::key_file_policy::{Decision, Facts, decide};
use crate::load::{Keys, SessionState};
use crate::reasons::SignedOutReason;
use crate::secret_error::SecretError;
use crate::storage::{FileError, Record, StoredSession};
use crate::storage_fault::StorageFault;
use crate::view::KeyPlace;

/// This device while it signs in.
pub(crate) struct Identity {
    pub(crate) device_id: String,
    pub(crate) device_name: Option<String>,
    pub(crate) secret: Secret,
    pub(crate) keys: Arc<Keys>,
    /// Where the secret will be at the next start; `None` when it could not be kept.
    pub(crate) key_place: Option<KeyPlace>,
    /// Why the secret could not be kept.
    pub(crate) key_fault: Option<StorageFault>,
}

impl<A: Api> AuthClient<A> {
    /// The device's identity; its secret is made at the first sign-in. `agreed`: the person lets
    /// the key be in a file.
    pub(crate) fn identity(&self, agreed: bool) -> Result<Identity, SessionError> {
        let device_id = self.device.id().map_err(|error| SessionError::from(error.0))?.to_string();
        self.reload_if_changed();
        let (secret, place, key_fault) = match self.secret_in_keychain(agreed) {
            Ok(secret) => (secret, KeyPlace::Keychain, None),
            Err(cause) => match self.may_use_file(cause, agreed) {
                Decision::Use => {
                    let (secret, fault) = self.secret_in_file()?;
                    (secret, KeyPlace::File, fault)
                }
                Decision::Ask => return Err(SessionError::KeyFileConsent { cause }),
                Decision::Refuse => return Err(SessionError::KeyFileForbidden { cause }),
            },
        };
        let keys = Keys::derive(&secret)?;
        if place == KeyPlace::Keychain && self.is_out_of_reach() {
            // The keychain has just been unlocked: the session in it is the one that this sign-in
            // replaces.
            self.load(Patience::None);
        }
        let key_place = key_fault.is_none().then_some(place);
        Ok(Identity { device_id, device_name: self.device.name(), secret, keys, key_place, key_fault })
    }

    pub(crate) fn may_use_file(&self, trouble: SecretError, agreed: bool) -> Decision {
        let place = self.memory().record.key_place;
        let had_keychain = place == Some(KeyPlace::Keychain);
        let in_file = place == Some(KeyPlace::File);
        let decision = decide(self.settings.key_file, Facts { trouble, had_keychain, in_file, agreed });
        tracing::info!(%trouble, had_keychain, in_file, agreed, ?decision, "whether the key may be in a file");
        decision
    }

    pub(crate) fn secret_in_keychain(&self, agreed: bool) -> Result<Secret, SecretError> {
        // A person who has agreed to a file has seen the keychain's dialogue already.
        let patience = if agreed { Patience::None } else { Patience::Person };
        let found = match self.device.secrets(KeyPlace::Keychain, patience) {
            Err(SecretError::NeverSetUp) if !agreed => {
                self.device.set_up_keychain()?;
                Vec::new()
            }
            outcome => outcome?,
        };
        if let Some(secret) = self.fitting(found) {
            return Ok(secret);
        }
        let new = Secret::generate().map_err(|_| SecretError::Failed)?;
        let _lock = self.device.lock();
        // Another process may have signed in since: then its secret is used.
        self.device.keep_secret(KeyPlace::Keychain, &new)
    }

    /// Of several secrets the one that opens the stored session, or else any: a later start tries
    /// them all.
    pub(crate) fn fitting(&self, mut secrets: Vec<Secret>) -> Option<Secret> {
        let sealed = self.memory().record.sealed.clone();
        let opens = |secret: &Secret| {
            let sealed = sealed.as_deref()?;
            Some(StoredSession::open(sealed, &secret.sealing_key().ok()?).is_ok())
        };
        let fits = secrets.iter().position(|secret| opens(secret) == Some(true)).unwrap_or_default();
        (fits < secrets.len()).then(|| secrets.swap_remove(fits))
    }

    /// The secret in the key file, which is made if there is none, and why it is not kept there, if
    /// so. A file that cannot be used is no obstacle: the session lasts until the window closes
    /// then.
    pub(crate) fn secret_in_file(&self) -> Result<(Secret, Option<StorageFault>), SessionError> {
        let _lock = self.device.lock();
        self.reload_if_changed();
        let record = self.memory().record.clone();
        let new = Secret::generate().map_err(|_| SecretError::Failed)?;
        let found = match self.device.key_file() {
            Ok(found) => found,
            Err(error) => return Ok((new, Some(error.into()))),
        };
        if let Some(found) = found {
            if names(&record, &found) || self.others_name(&found) {
                return Ok((found, None));
            }
            if !self.others_are_all_read() {
                // A record that cannot be read may name it.
                return Ok((new, Some(StorageFault::NotPermitted)));
            }
            if let Err(error) = self.clear_key_file(&record, &found) {
                return Ok((new, Some(error.into())));
            }
        }
        // The name first: a file without one would only be set aside.
        self.name_key_file(record, &new);
        match self.device.keep_key_file(&new) {
            Ok(kept) if kept == new => Ok((new, None)),
            Ok(_) => Ok((new, Some(StorageFault::Changed))),
            Err(error) => Ok((new, Some(error.into()))),
        }
    }

    /// Makes room for a new key file.
    pub(crate) fn clear_key_file(&self, record: &Record, found: &Secret) -> Result<(), FileError> {
        if record.discarded_key_file.is_some() && thumbprint(found) == record.discarded_key_file {
            return self.device.forget_secret(KeyPlace::File).map_err(|_| FileError::NotPermitted);
        }
        tracing::warn!("a key file that this app has not made is set aside");
        self.device.set_aside_key_file(found)
    }

    /// Lets the record name the file, so that a sign-in in another process takes it up, and a later
    /// one here.
    pub(crate) fn name_key_file(&self, mut record: Record, secret: &Secret) {
        // A document that is not ours is left as it is until it is set aside.
        if matches!(self.memory().loaded, SessionState::SignedOut(SignedOutReason::StoreDamaged)) {
            return;
        }
        record.key_file = thumbprint(secret);
        // Without the name the file is set aside at the next sign-in, unless this one is kept.
        let _ = self.persist(record);
    }
}

pub(crate) fn names(record: &Record, secret: &Secret) -> bool {
    match &record.key_file {
        Some(name) => thumbprint(secret).as_ref() == Some(name),
        // Written before records had names for key files.
        None => record.key_place == Some(KeyPlace::File),
    }
}

pub(crate) fn thumbprint(secret: &Secret) -> Option<String> {
    Some(secret.device_key().ok()?.thumbprint().to_string())
}
