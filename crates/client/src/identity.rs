//! Who this device is while it signs in: its id, and the secret that its keys are derived from.
//! Refuses to replace a secret that could not be read, and to use a key file that the record does
//! not name.

use std::sync::Arc;

use crate::core::Core;
use crate::device::{Interaction, KeyPlace, ProcessLock, Secret};
use crate::error::SessionError;
use crate::key_file_policy::{Decision, Facts, decide};
use crate::key_name::{names, thumbprint};
use crate::load::{self, Fetched};
use crate::other_devices;
use crate::persist::persist;
use crate::reasons::SignedOutReason;
use crate::secret_deletion;
use crate::secret_error::SecretError;
use crate::state::{Lock, SessionState};
use crate::storage::{FileError, Record, StoredSession};
use crate::storage_fault::StorageFault;
use crate::verified_session::Keys;
use crate::write_lock::WriteGuard;

/// This device while it signs in.
#[derive(Clone)]
pub(crate) struct Identity {
    pub(crate) device_id: String,
    pub(crate) device_name: Option<String>,
    pub(crate) secret: Secret,
    pub(crate) keys: Arc<Keys>,
    /// Where the secret will be at the next start; `None` if it could not be stored.
    pub(crate) key_place: Option<KeyPlace>,
    /// Why the secret could not be stored.
    pub(crate) key_fault: Option<StorageFault>,
    /// The other secrets in the keychain.
    pub(crate) keychain: Vec<Secret>,
}

/// The device's identity; its secret is made at the first sign-in. `agreed`: the user allows a key
/// file.
///
/// # Errors
/// Why there is none.
pub(crate) async fn identity(core: &Arc<Core>, agreed: bool) -> Result<Identity, SessionError> {
    let id = core.blocking(|core| core.device_id().map_err(|error| error.0.into())).await?;
    let locked = core.state().stored.last_read.clone();
    let from_keychain = core.with_keychain(move |core| {
        // The secret of a session that has ended is not used again.
        secret_deletion::run(core);
        Ok(secret_in_keychain(core, agreed))
    });
    let (secret, place, key_fault, keychain) = match from_keychain.await? {
        Ok((secret, keychain)) => (secret, KeyPlace::Keychain, None, keychain),
        Err(cause) => match may_use_file(core, cause, agreed) {
            Decision::Use => {
                let lock = core.blocking(|core| Ok(core.device.lock())).await?;
                let in_file = core.write(move |core, guard| secret_in_file(core, guard, &lock));
                let (secret, fault) = in_file.await?;
                (secret, KeyPlace::File, fault, Vec::new())
            }
            Decision::Ask => return Err(SessionError::KeyFileConsent { cause }),
            Decision::Refuse => return Err(SessionError::KeyFileForbidden { cause }),
        },
    };
    let keys = Keys::derive(&secret)?;
    if place == KeyPlace::Keychain && matches!(core.state().lock(), Some(Lock::Secret(_))) {
        // The keychain has just been unlocked: this sign-in replaces the session that it opens.
        // If another process has changed the document since, it stays locked.
        let fetched = Fetched { secrets: Ok(keychain.clone()), document: locked };
        core.write(move |core, guard| Ok(load::load(core, guard, Some(&fetched)))).await?.ok();
    }
    let key_place = key_fault.is_none().then_some(place);
    let (device_id, device_name) = (id.to_string(), core.device.name());
    Ok(Identity { device_id, device_name, secret, keys, key_place, key_fault, keychain })
}

fn may_use_file(core: &Core, trouble: SecretError, agreed: bool) -> Decision {
    let place = core.state().stored.record.key_place;
    let had_keychain = place == Some(KeyPlace::Keychain);
    let in_file = place == Some(KeyPlace::File);
    let decision = decide(core.settings.key_file, Facts { trouble, had_keychain, in_file, agreed });
    tracing::info!(%trouble, had_keychain, in_file, agreed, ?decision, "whether the key may be in a file");
    decision
}

/// The secret in the keychain, which is made if there is none, and all secrets found there.
fn secret_in_keychain(core: &Core, agreed: bool) -> Result<(Secret, Vec<Secret>), SecretError> {
    // A user who has agreed to a file has seen the keychain's dialogue already.
    let interaction = if agreed { Interaction::Silent } else { Interaction::Prompt };
    let found = match core.device.secrets(KeyPlace::Keychain, interaction) {
        Err(SecretError::NeverSetUp) if !agreed => {
            core.device.set_up_keychain()?;
            Vec::new()
        }
        outcome => outcome?,
    };
    if let Some(secret) = fitting(core, &found) {
        return Ok((secret, found));
    }
    let new = Secret::generate().map_err(|_| SecretError::Failed)?;
    let lock = core.device.lock();
    // Another process may have signed in since: then its secret is used.
    let stored = core.device.persist_secret(KeyPlace::Keychain, &new, &lock)?;
    Ok((stored.clone(), vec![stored]))
}

/// Of several secrets the one that opens the stored session, or any: a later start tries all of
/// them.
fn fitting(core: &Core, secrets: &[Secret]) -> Option<Secret> {
    let sealed = core.state().stored.record.sealed.clone();
    let opens = |secret: &&Secret| {
        let Some((sealed, key)) = sealed.as_deref().zip(secret.sealing_key().ok()) else { return false };
        StoredSession::open(sealed, &key).is_ok()
    };
    secrets.iter().find(opens).or_else(|| secrets.first()).cloned()
}

/// The secret in the key file, which is made if there is none, and why it is not stored there, if
/// so. A file that cannot be used does not prevent the sign-in: the session then lasts until the
/// window closes.
fn secret_in_file(
    core: &Core,
    guard: &mut WriteGuard,
    lock: &ProcessLock,
) -> Result<(Secret, Option<StorageFault>), SessionError> {
    let _ = load::reload_if_changed(core, guard, None);
    let (record, is_unread) = {
        let state = core.state();
        (state.stored.record.clone(), state.stored.unread.is_some())
    };
    let new = Secret::generate().map_err(|_| SecretError::Failed)?;
    let found = match core.device.key_file() {
        Ok(found) => found,
        Err(error) => return Ok((new, Some(error.into()))),
    };
    if let Some(found) = found {
        if is_unread {
            // The document that was not read may name it, and a session in it may need it.
            return Ok((found, None));
        }
        if names(&record, &found) || other_devices::name(core, guard, &found) {
            return Ok((found, None));
        }
        if !other_devices::are_all_read(core, guard) {
            // A record that cannot be read may name it.
            return Ok((new, Some(StorageFault::NotPermitted)));
        }
        if let Err(error) = clear_key_file(core, &record, &found, lock) {
            return Ok((new, Some(error.into())));
        }
    }
    // The name first: a file without one would only be set aside.
    name_key_file(core, guard, record, &new);
    match core.device.persist_key_file(&new) {
        Ok(stored) if stored == new => Ok((new, None)),
        Ok(_) => Ok((new, Some(StorageFault::Changed))),
        Err(error) => Ok((new, Some(error.into()))),
    }
}

/// Makes room for a new key file.
fn clear_key_file(core: &Core, record: &Record, found: &Secret, lock: &ProcessLock) -> Result<(), FileError> {
    if record.discarded_key_file.is_some() && thumbprint(found) == record.discarded_key_file {
        return core.device.forget_secret(KeyPlace::File, lock).map_err(|_| FileError::NotPermitted);
    }
    tracing::warn!("a key file that this app has not made is set aside");
    core.device.set_aside_key_file(found)
}

/// Adds the file's name to the record, so that a sign-in in another process uses it, and a later
/// one here.
fn name_key_file(core: &Core, guard: &mut WriteGuard, mut record: Record, secret: &Secret) {
    // A document that is not ours is unchanged until it is set aside.
    let is_ours = !matches!(
        core.state().session(),
        SessionState::SignedOut(SignedOutReason::StoreDamaged) | SessionState::Locked(Lock::StoreNewer)
    );
    if is_ours {
        record.key_file = thumbprint(secret);
        // Without the name the file is set aside at the next sign-in, unless this one is stored.
        let _ = persist(core, guard, record);
    }
}
