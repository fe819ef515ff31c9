//! Updates the state from the disk. Fetches the keychain's secret before it acquires the write
//! lock, and only if the session on disk cannot be opened without it.

use std::sync::Arc;

use crate::core::Core;
use crate::device::Interaction;
use crate::device::KeyPlace;
use crate::error::SessionError;
use crate::load::{self, Fetched, NeedsKeychain};
use crate::secret_error::SecretError;
use crate::write_lock::WriteGuard;

/// How often the keychain is read for one load: another process may write a newer session while the
/// keychain responds.
const MAX_FETCHES: usize = 3;

/// Opens the stored session in this thread, when the app starts.
pub(crate) fn open(core: &Core) {
    let mut fetched = None;
    for _ in 0..=MAX_FETCHES {
        let loaded = core.try_write(|core, guard| load::load(core, guard, fetched.as_ref()));
        let Some(Err(NeedsKeychain { document })) = loaded else { return };
        let secrets = core.device.secrets(KeyPlace::Keychain, Interaction::Silent);
        fetched = Some(Fetched { secrets, document: Some(document) });
    }
}

/// Loads the changes that another process has written to disk since the last read.
///
/// # Errors
/// [`SessionError::NotKept`] if the work panicked.
pub(crate) async fn reload_if_changed(core: &Arc<Core>) -> Result<(), SessionError> {
    load_with_keychain(core, Interaction::Silent, load::reload_if_changed).await
}

/// Tries again to open a session that is locked. With [`Interaction::Prompt`] the keychain may show
/// its dialogue.
pub(crate) async fn retry_unlock(core: &Arc<Core>, interaction: Interaction) -> Result<(), SessionError> {
    let Some(before) = core.state().lock() else { return Ok(()) };
    load_with_keychain(core, interaction, move |core, guard, fetched| {
        if core.state().lock().is_none() {
            return Ok(());
        }
        load::load(core, guard, fetched)?;
        if fetched.is_some() {
            core.change(guard).keep_answer(Some(before));
        }
        Ok(())
    })
    .await?;
    core.publish();
    Ok(())
}

/// Runs `load` under the write lock, each time with the secrets for the document that it has found
/// before. If the document changes every time, the state stays as it is.
async fn load_with_keychain(
    core: &Arc<Core>,
    interaction: Interaction,
    load: impl Fn(&Core, &mut WriteGuard, Option<&Fetched>) -> Result<(), NeedsKeychain> + Copy + Send + 'static,
) -> Result<(), SessionError> {
    let mut fetched: Option<Fetched> = None;
    for fetches in 0..=MAX_FETCHES {
        let with = fetched.take();
        let loaded = core.write(move |core, guard| Ok(load(core, guard, with.as_ref()))).await?;
        let Err(NeedsKeychain { document }) = loaded else { return Ok(()) };
        if fetches < MAX_FETCHES {
            fetched = Some(fetch(core, interaction, document).await?);
        }
    }
    Ok(())
}

async fn fetch(
    core: &Arc<Core>,
    interaction: Interaction,
    document: Vec<u8>,
) -> Result<Fetched, SessionError> {
    let fetch = move |core: &Core| {
        let secrets = core.device.secrets(KeyPlace::Keychain, interaction);
        Ok(Fetched { secrets, document: Some(document) })
    };
    match interaction {
        Interaction::Silent => core.blocking(fetch).await,
        // The dialogue of one waits for the dialogue of the other.
        Interaction::Prompt => core.with_keychain(fetch).await,
    }
}

/// Why the key of the session cannot be read, if it cannot.
pub(crate) fn secret_error(core: &Core) -> Option<SecretError> {
    match core.state().lock() {
        Some(crate::state::Lock::Secret(error)) => Some(error),
        _ => None,
    }
}
