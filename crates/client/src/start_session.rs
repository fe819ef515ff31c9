//! Starts the session of a sign-in: on disk, in memory, with its predecessor's sign-out token in
//! the queue. Refuses a session whose sign-in was given up.

use crate::core::Core;
use crate::device::KeyPlace;
use crate::error::SessionError;
use crate::key_name::thumbprint;
use crate::load;
use crate::new_session::NewSession;
use crate::other_devices;
use crate::persist;
use crate::reasons::SignedOutReason;
use crate::session_end::{name_key_file, sign_out_token};
use crate::state::{SessionState, Stored};
use crate::storage_fault::StorageFault;
use crate::write_lock::WriteGuard;

/// The result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Started {
    /// The session was started, and is on disk if the disk allowed it.
    InPlace,
    /// Another process has changed the disk. The session is in memory only.
    Changed,
}

/// Starts a session. `spares_previous`: the previous session gets no sign-out token.
///
/// # Errors
/// [`SessionError::Superseded`] if the user has signed out since; the session's sign-out token is
/// in the queue then.
pub(crate) fn start_session(
    core: &Core,
    guard: &mut WriteGuard,
    new: NewSession,
    spares_previous: bool,
) -> Result<Started, SessionError> {
    if core.state().sign_outs() != new.sign_outs {
        give_up(core, guard, &new);
        return Err(SessionError::Superseded);
    }
    leave_unopened_former(core, guard);
    let session = new.session;
    let active = core.state().active().cloned();
    let previous =
        active.clone().filter(|previous| previous.claims.sid != session.claims.sid && !spares_previous);
    if let Err(error) = persist::set_aside(core, guard, new.set_aside_newer) {
        tracing::warn!(%error, "the stored document is in the way");
    }
    let leaving = other_devices::make_room(core, guard, &session, &new.keychain);
    let mut record = core.state().stored.record.clone();
    leaving.tokens.iter().for_each(|token| record.add_notice(token.clone()));
    let token = previous.and_then(|previous| sign_out_token(core, &previous));
    token.iter().for_each(|token| record.add_notice(token.clone()));
    if session.key_place == Some(KeyPlace::File) {
        record.key_file = thumbprint(&new.secret);
    } else if !other_devices::need_key(core, guard, KeyPlace::File) {
        name_key_file(&mut record, active.as_deref());
        record.discard_key_file();
    }
    core.change(guard).not_persisted = new.key_fault;
    let in_memory = record.clone();
    let outcome = persist::persist_session(core, guard, &session, record);
    let cause = match outcome {
        Ok(()) => None,
        Err(SessionError::NotKept { cause }) => Some(cause),
        Err(_) => Some(StorageFault::Internal),
    };
    let mut state = core.change(guard);
    state.start_session(session);
    state.set_access(new.access);
    state.not_persisted = cause;
    match cause {
        None => {
            drop(state);
            other_devices::remove(guard, leaving);
        }
        Some(StorageFault::Changed) => {
            // The next attempt does not find the previous session any more.
            state.waiting_tokens.extend(token);
            return Ok(Started::Changed);
        }
        Some(_) => {
            // Changes that the disk refused wait in memory: they are delivered, and written later,
            // from there.
            let stored = &mut state.stored.record;
            (stored.notices, stored.key_file) = (in_memory.notices, in_memory.key_file);
        }
    }
    Ok(Started::InPlace)
}

/// Queues the sign-out token of a session that is not wanted any more, and marks the secret that
/// was made for it. If the document was not read, or is damaged, nothing is written, and the secret
/// stays: it may open the session in the document.
fn give_up(core: &Core, guard: &mut WriteGuard, new: &NewSession) {
    let _ = load::reload_if_changed(core, guard, None);
    let token = sign_out_token(core, &new.session);
    let (mut record, is_known) = {
        let state = core.state();
        let is_damaged = matches!(state.session(), SessionState::SignedOut(SignedOutReason::StoreDamaged));
        (state.stored.record.clone(), state.stored.unread.is_none() && !is_damaged)
    };
    if !is_known {
        core.change(guard).waiting_tokens.extend(token);
        return;
    }
    token.iter().for_each(|token| record.add_notice(token.clone()));
    if record.sealed.is_none() {
        record.delete_secret |= new.session.key_place == Some(KeyPlace::Keychain);
        if !other_devices::need_key(core, guard, KeyPlace::File) {
            record.discard_key_file();
        }
    }
    let in_memory = record.clone();
    if persist::persist(core, guard, record).is_err() {
        let mut state = core.change(guard);
        state.waiting_tokens.extend(token);
        let stored = &mut state.stored.record;
        stored.delete_secret = in_memory.delete_secret;
        (stored.key_file, stored.discarded_key_file) = (in_memory.key_file, in_memory.discarded_key_file);
    }
}

/// Begins a record of this device next to an earlier version's document that cannot be opened now:
/// it may be another device's.
fn leave_unopened_former(core: &Core, guard: &mut WriteGuard) {
    let mut state = core.change(guard);
    if state.stored.is_former && state.lock().is_some() {
        state.load(Stored::default(), SessionState::SignedOut(SignedOutReason::DeviceChanged));
    }
}
