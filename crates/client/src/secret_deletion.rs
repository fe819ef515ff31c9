//! Deletes the keychain's secret after the session that needed it has ended: outside the write
//! lock, in the keychain's queue, and again at the next start if the record says that it is still
//! due.

use std::sync::Arc;

use crate::core::Core;
use crate::device::KeyPlace;
use crate::error::SessionError;
use crate::load;
use crate::other_devices;
use crate::persist::persist;

/// Adds the deletion to the keychain's queue, if the record says that one is due.
pub(crate) fn enqueue(core: &Arc<Core>) {
    if core.state().stored.record.delete_secret {
        let of = Arc::clone(core);
        drop(core.keychain.add(move || run(&of)));
    }
}

/// Deletes the secret, unless a session needs it by now. Blocks for the time limit of a silent
/// keychain at most.
pub(crate) fn run(core: &Core) {
    if !core.state().stored.record.delete_secret {
        return;
    }
    // No other process signs in between the check and the deletion.
    let _lock = core.device.lock();
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
    if let Err(error) = core.device.forget_secret(KeyPlace::Keychain) {
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

/// Waits until all work on the keychain that was added so far has ended.
///
/// # Errors
/// [`SessionError::NotKept`] if the runtime is shutting down.
pub(crate) async fn settled(core: &Arc<Core>) -> Result<(), SessionError> {
    core.with_keychain(|_| Ok(())).await
}
