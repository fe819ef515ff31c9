//! Every change of the session record on disk. All of it needs the [`WriteGuard`].

use latchkey_token::UnixTime;

use crate::core::Core;
use crate::error::SessionError;
use crate::other_devices;
use crate::reasons::SignedOutReason;
use crate::state::{Lock, SessionState};
use crate::storage::{FileError, Record};
use crate::storage_fault::StorageFault;
use crate::verified_session::VerifiedSession;
use crate::write_lock::WriteGuard;

/// How far the latest time on disk may lag behind, in seconds. A clock that is set back by less is
/// not detected after a restart; in return the disk is written to rarely.
pub(crate) const REMEMBER_SECONDS: i64 = 300;

/// Replaces the document on disk, if it still equals the one that this process read last.
///
/// # Errors
/// [`SessionError::NotKept`] with the fault of the disk.
pub(crate) fn persist(core: &Core, guard: &mut WriteGuard, mut record: Record) -> Result<(), SessionError> {
    {
        let state = core.state();
        // Nothing is written over a document that was not read.
        if let Some(cause) = state.stored.unread {
            return Err(SessionError::NotKept { cause });
        }
        state.waiting_tokens.iter().for_each(|token| record.add_notice(token.clone()));
    }
    let document = record.to_bytes();
    if let Err(error) = replace(core, guard, &document) {
        tracing::warn!(%error, "the session record could not be written");
        return Err(error.into());
    }
    let shared_with = other_devices::sharing(core, guard, record.key_place);
    let mut state = core.change(guard);
    state.stored.last_read = Some(document);
    state.stored.record = record;
    state.waiting_tokens.clear();
    state.shared_with = shared_with;
    Ok(())
}

fn replace(core: &Core, guard: &mut WriteGuard, document: &[u8]) -> Result<(), FileError> {
    adopt_former(core, guard)?;
    let last_read = core.state().stored.last_read.clone();
    guard.store().replace(last_read.as_deref(), document)
}

/// Makes the document of an earlier version this device's document, before it is changed.
fn adopt_former(core: &Core, guard: &mut WriteGuard) -> Result<(), FileError> {
    let former = {
        let state = core.state();
        match (state.stored.is_former, state.session(), &state.stored.last_read) {
            // Whose it is shows only when it is opened.
            (true, SessionState::Locked(_), _) => return Err(FileError::Locked),
            (true, _, Some(last_read)) => last_read.clone(),
            _ => return Ok(()),
        }
    };
    guard.store().adopt_former(&former)?;
    core.change(guard).stored.is_former = false;
    Ok(())
}

/// Seals a session into `record` and writes it.
///
/// # Errors
/// [`SessionError::NotKept`]; the caller decides about the session in memory.
pub(crate) fn persist_session(
    core: &Core,
    guard: &mut WriteGuard,
    session: &VerifiedSession,
    mut record: Record,
) -> Result<(), SessionError> {
    let not_kept = |cause| Err(SessionError::NotKept { cause });
    // Without the key that opens it, it would only make the next start fail.
    let Some(place) = session.key_place else {
        return not_kept(core.state().not_persisted.unwrap_or(StorageFault::Internal));
    };
    let Ok(sealed) = session.stored.seal(&session.keys.sealing) else {
        return not_kept(StorageFault::Internal);
    };
    (record.sealed, record.key_place) = (Some(sealed), Some(place));
    (record.ended, record.ended_how) = (None, None);
    record.delete_secret = false;
    persist(core, guard, record)?;
    core.change(guard).not_persisted = None;
    Ok(())
}

/// Raises the latest time on disk, by this computer's clock, when it has advanced far enough, and
/// writes changes that the disk refused before.
pub(crate) fn remember_time(core: &Core, guard: &mut WriteGuard) {
    let own = core.own_time();
    let Some((_, session)) = core.usable() else { return };
    let (record, is_persisted) = {
        let state = core.state();
        (state.stored.record.clone(), state.not_persisted.is_none())
    };
    if !is_persisted || own.since(session.stored.newest) > REMEMBER_SECONDS {
        update(core, guard, session.with_newest(own.max(session.stored.newest)), record);
    }
}

/// Writes the session's newer form, and stores it in memory even if the disk refuses: the older
/// form on disk is valid too.
pub(crate) fn update(core: &Core, guard: &mut WriteGuard, session: VerifiedSession, record: Record) {
    let _ = persist_session(core, guard, &session, record);
    core.change(guard).update_session(session);
}

/// Whether a renewal without a new session token advances the latest time far enough to be written.
pub(crate) fn is_worth_storing(before: UnixTime, newest: UnixTime) -> bool {
    let rise = newest.since(before);
    !(-latchkey_token::LEEWAY_SECONDS..=REMEMBER_SECONDS).contains(&rise)
}

/// Renames a document, unchanged, that a new session cannot replace: a damaged document, a document
/// that this user may not read, and with the user's consent (`allows_newer`) a document of a newer
/// version. A document that the disk fails to read stays: it may be readable again later.
///
/// # Errors
/// Returns the fault of the disk.
pub(crate) fn set_aside(core: &Core, guard: &mut WriteGuard, allows_newer: bool) -> Result<(), FileError> {
    let seen = {
        let state = core.state();
        match state.session() {
            SessionState::SignedOut(SignedOutReason::StoreDamaged) => state.stored.last_read.clone(),
            SessionState::Locked(Lock::StoreNewer) if allows_newer => state.stored.last_read.clone(),
            SessionState::Locked(Lock::StoreUnreadable(fault)) if is_lasting(*fault) => None,
            _ => return Ok(()),
        }
    };
    if core.state().stored.is_former {
        let former = seen.clone().unwrap_or_default();
        guard.store().adopt_former(&former)?;
    }
    guard.store().set_aside(seen.as_deref())?;
    core.change(guard).stored = crate::state::Stored::default();
    Ok(())
}

/// Whether the document stays unreadable until the user changes the file.
fn is_lasting(fault: StorageFault) -> bool {
    matches!(
        fault,
        StorageFault::OwnedByRoot
            | StorageFault::OwnedByOther
            | StorageFault::NotPermitted
            | StorageFault::NotPlainFile
    )
}
