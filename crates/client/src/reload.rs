//! Updates the state from the disk. Fetches the keychain's secret before it acquires the write
//! lock, and only if the session on disk cannot be opened without it.

use std::sync::Arc;

use crate::core::Core;
use crate::device::Interaction;
use crate::device::KeyPlace;
use crate::error::SessionError;
use crate::load::{self, Fetched};
use crate::secret_error::SecretError;

/// Opens the stored session in this thread, when the app starts.
pub(crate) fn open(core: &Core) {
    let load = |fetched: Option<&Fetched>| core.try_write(|core, guard| load::load(core, guard, fetched));
    if let Some(Err(load::NeedsKeychain)) = load(None) {
        let fetched = core.device.secrets(KeyPlace::Keychain, Interaction::Silent);
        let _ = load(Some(&fetched));
    }
}

/// Loads the changes that another process has written to disk since the last read.
///
/// # Errors
/// [`SessionError::NotKept`] if the work panicked.
pub(crate) async fn reload_if_changed(core: &Arc<Core>) -> Result<(), SessionError> {
    let outcome = core.write(|core, guard| Ok(load::reload_if_changed(core, guard, None))).await?;
    if outcome.is_ok() {
        return Ok(());
    }
    let fetched = fetch(core, Interaction::Silent).await?;
    // With the secrets fetched, none are needed.
    core.write(move |core, guard| Ok(load::reload_if_changed(core, guard, Some(&fetched)))).await?.ok();
    Ok(())
}

/// Tries again to open a session that is locked. With [`Interaction::Prompt`] the keychain may show
/// its dialogue.
pub(crate) async fn retry_unlock(core: &Arc<Core>, interaction: Interaction) -> Result<(), SessionError> {
    let Some(before) = core.state().lock() else { return Ok(()) };
    let needs_keychain = core.write(|core, guard| {
        if core.state().lock().is_none() {
            return Ok(false);
        }
        Ok(load::load(core, guard, None).is_err())
    });
    if needs_keychain.await? {
        let fetched = fetch(core, interaction).await?;
        core.write(move |core, guard| {
            if core.state().lock().is_some() && load::load(core, guard, Some(&fetched)).is_ok() {
                core.change(guard).keep_answer(Some(before));
            }
            Ok(())
        })
        .await?;
    }
    core.publish();
    Ok(())
}

async fn fetch(core: &Arc<Core>, interaction: Interaction) -> Result<Fetched, SessionError> {
    let secrets = move |core: &Core| Ok(core.device.secrets(KeyPlace::Keychain, interaction));
    match interaction {
        Interaction::Silent => core.blocking(secrets).await,
        // The dialogue of one waits for the dialogue of the other.
        Interaction::Prompt => core.with_keychain(secrets).await,
    }
}

/// Why the key of the session cannot be read, if it cannot.
pub(crate) fn secret_error(core: &Core) -> Option<SecretError> {
    match core.state().lock() {
        Some(crate::state::Lock::Secret(error)) => Some(error),
        _ => None,
    }
}
