//! Deletes a secret after the session that needed it has ended: in the keychain's queue, while no
//! other process of this user signs in, and again at the next start if it is still due. Does not
//! delete a secret that a session needs by now.

use std::sync::Arc;

use crate::core::Core;
use crate::device::KeyPlace;
use crate::error::SessionError;
use crate::key_name::{names, thumbprint};
use crate::load;
use crate::other_devices;
use crate::persist::persist;
use crate::write_lock::WriteGuard;

/// Adds the deletion to the keychain's queue, if the record says that one is due.
pub(crate) fn enqueue(core: &Arc<Core>) {
    let is_due = {
        let state = core.state();
        state.stored.record.delete_secret || state.stored.record.discarded_key_file.is_some()
    };
    if is_due {
        let of = Arc::clone(core);
        drop(core.keychain.add(move || run(&of)));
    }
}

/// Deletes the secrets that are due, except one that a session needs by now. Blocks for the time
/// limit of a silent keychain at most.
pub(crate) fn run(core: &Core) {
    delete_from_keychain(core);
    delete_key_file(core);
}

fn delete_from_keychain(core: &Core) {
    if !core.state().stored.record.delete_secret {
        return;
    }
    // No other process signs in between the check and the deletion.
    let lock = core.device.lock();
    let is_due = core.write_here(|core, guard| {
        if load::reload_if_changed(core, guard, None).is_err() {
            // Another process has signed in: its session needs the keychain.
            return false;
        }
        let record = core.state().stored.record.clone();
        let is_needed = record.sealed.is_some() || core.state().active().is_some();
        record.delete_secret && !is_needed && !other_devices::need_key(core, guard, KeyPlace::Keychain)
    });
    if !is_due {
        return;
    }
    if let Err(error) = core.device.forget_secret(KeyPlace::Keychain, &lock) {
        // Without the session it opens nothing. It is still marked for deletion in the record.
        tracing::warn!(%error, "the device's secret is still in the keychain");
        return;
    }
    core.write_here(|core, guard| {
        let mut record = core.state().stored.record.clone();
        if record.delete_secret && record.sealed.is_none() {
            record.delete_secret = false;
            let kept_in_memory = record.clone();
            if persist(core, guard, record).is_err() {
                core.change(guard).stored.record = kept_in_memory;
            }
        }
    });
}

fn delete_key_file(core: &Core) {
    // The file is usually gone already: then no process has to wait for the lock.
    if !is_file_discarded(core) {
        return;
    }
    // No other process signs in between the check and the deletion.
    let lock = core.device.lock();
    core.write_here(|core, guard| {
        if is_file_due(core, guard)
            && let Err(error) = core.device.forget_secret(KeyPlace::File, &lock)
        {
            // Without the session it opens nothing. It is still named in the record.
            tracing::warn!(%error, "the key file stays where it is");
        }
    });
}

fn is_file_due(core: &Core, guard: &mut WriteGuard) -> bool {
    // If only the keychain opens the document, another process has signed in: it deletes the file.
    load::reload_if_changed(core, guard, None).is_ok()
        && is_file_discarded(core)
        && !other_devices::need_key(core, guard, KeyPlace::File)
}

/// Whether the key file contains the secret that was to be deleted last, and neither the record nor
/// the session in memory uses it again.
fn is_file_discarded(core: &Core) -> bool {
    if core.state().stored.record.discarded_key_file.is_none() {
        return false;
    }
    let Ok(Some(found)) = core.device.key_file() else { return false };
    let name = thumbprint(&found);
    let state = core.state();
    let is_in_use = state.active().is_some_and(|session| {
        let thumbprint = session.keys.device.thumbprint().to_string();
        session.key_place == Some(KeyPlace::File) && Some(thumbprint) == name
    });
    let record = &state.stored.record;
    name.is_some() && record.discarded_key_file == name && !names(record, &found) && !is_in_use
}

/// Waits until all work on the keychain that was added so far has ended.
///
/// # Errors
/// [`SessionError::NotKept`] if the runtime is shutting down.
pub(crate) async fn settled(core: &Arc<Core>) -> Result<(), SessionError> {
    core.with_keychain(|_| Ok(())).await
}
