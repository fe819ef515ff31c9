//! The end of a session on this device: by the user, or by an explicit response from the server. No
//! fault ends one.

use latchkey_token::proof::issue_sign_out_token;

use crate::api::{Api, ApiError, End, EndReason};
use crate::context::Context;
use crate::core::Core;
use crate::device::KeyPlace;
use crate::error::SessionError;
use crate::load;
use crate::other_devices;
use crate::persist::persist;
use crate::reasons::{Ended, SignedOutReason};
use crate::reload::reload_if_changed;
use crate::secret_deletion;
use crate::state::Epoch;
use crate::storage::Record;
use crate::storage_fault::StorageFault;
use crate::verified_session::VerifiedSession;
use crate::write_lock::WriteGuard;

/// The outcome of a call that failed.
pub(crate) enum Failed {
    /// The error is the outcome.
    For(SessionError),
    /// The session of the call has ended, but another process has signed in in the meantime: its
    /// session is loaded.
    Overtaken,
}

/// The effect of an API error on `session`, which was used in `epoch`: only an explicit response
/// from the server ends it, and only that session. A server that does not know it cannot end it
/// either.
pub(crate) async fn after_error<A: Api>(
    context: &Context<A>,
    error: ApiError,
    epoch: Epoch,
    session: &VerifiedSession,
) -> Failed {
    let core = &context.core;
    let outcome = match error {
        ApiError::SessionUnknown | ApiError::ProviderSignInRequired | ApiError::Ended(_)
            if core.state().epoch() != epoch =>
        {
            // The response concerns a session that this process has left.
            let is_overtaken = core.state().continues(epoch, Some(&session.claims.sub));
            return if is_overtaken { Failed::Overtaken } else { Failed::For(SessionError::NotSignedIn) };
        }
        ApiError::SessionUnknown => core.write(move |core, guard| Ok(unknown(core, guard, epoch))).await,
        ApiError::ProviderSignInRequired => {
            core.write(move |core, guard| Ok(provider_needed(core, guard, epoch))).await
        }
        ApiError::Ended(end) => {
            let account = session.claims.sub.clone();
            let _ = reload_if_changed(core).await;
            core.write(move |core, guard| Ok(ended(core, guard, end, epoch, &account))).await
        }
        error => return Failed::For(error.into()),
    };
    secret_deletion::enqueue(core);
    core.publish();
    outcome.unwrap_or_else(Failed::For)
}

fn unknown(core: &Core, guard: &mut WriteGuard, epoch: Epoch) -> Failed {
    let mut state = core.change(guard);
    tracing::warn!(sid = state.sid(), "the server does not know this session; it is held");
    state.hold_unknown(epoch);
    Failed::For(SessionError::SessionUnknown)
}

fn provider_needed(core: &Core, guard: &mut WriteGuard, epoch: Epoch) -> Failed {
    let mut state = core.change(guard);
    tracing::info!(sid = state.sid(), "the session's provider asks for a new sign-in; it is held");
    state.hold_for_provider(epoch);
    Failed::For(SessionError::ProviderSignInRequired)
}

fn ended(core: &Core, guard: &mut WriteGuard, server: End, epoch: Epoch, account: &str) -> Failed {
    let is_overtaken = |guard: &mut WriteGuard| {
        let _ = load::reload_if_changed(core, guard, None);
        let state = core.state();
        state.epoch() != epoch && state.continues(epoch, Some(account))
    };
    if is_overtaken(guard) {
        return Failed::Overtaken;
    }
    if core.state().epoch() != epoch {
        return Failed::For(SessionError::NotSignedIn);
    }
    let over = Failed::For(SessionError::SessionOver);
    let (reason, how) = (reason(server.reason), server.how);
    match end(core, guard, reason, how.clone(), None) {
        Ok(()) => return over,
        Err(SessionError::NotKept { cause: StorageFault::Changed }) if is_overtaken(guard) => {
            return Failed::Overtaken;
        }
        Err(_) => tracing::warn!("the ended session is still on disk; the server will refuse it again"),
    }
    core.change(guard).end_session(reason, how);
    over
}

fn reason(end: EndReason) -> SignedOutReason {
    match end {
        EndReason::Revoked => SignedOutReason::Revoked,
        EndReason::Replaced => SignedOutReason::Replaced,
        EndReason::PasswordReset => SignedOutReason::PasswordReset,
        EndReason::EndedByDevice => SignedOutReason::EndedByDevice,
        EndReason::NotMe => SignedOutReason::NotMe,
        EndReason::ProviderLogout => SignedOutReason::ProviderLogout,
        EndReason::Expired => SignedOutReason::SessionEnded,
    }
}

/// Ends the session here: removes it from disk and memory. Its secret is marked for deletion, which
/// [`secret_deletion::enqueue`] does. `how`: when and from where, if the server ended it. A
/// sign-out token for the server may stay.
///
/// # Errors
/// [`SessionError::NotKept`] if the disk still has the session; then nothing is changed.
pub(crate) fn end(
    core: &Core,
    guard: &mut WriteGuard,
    reason: SignedOutReason,
    how: Option<Ended>,
    token: Option<String>,
) -> Result<(), SessionError> {
    let (mut record, key_place) = {
        let state = core.state();
        let mut record = state.stored.record.clone();
        name_key_file(&mut record, state.active().map(|session| &**session));
        (record, state.key_place())
    };
    let on_disk = record.sealed.take().is_some();
    record.key_place = record.key_place.filter(|place| *place == KeyPlace::Keychain);
    // The session that has replaced this one was signed in with the same key, and another device's
    // may be sealed by it.
    let is_unneeded = |guard: &mut WriteGuard, place| {
        reason != SignedOutReason::Replaced && !other_devices::need_key(core, guard, place)
    };
    if is_unneeded(guard, KeyPlace::File) {
        record.discard_key_file();
    }
    record.delete_secret = key_place == Some(KeyPlace::Keychain) && is_unneeded(guard, KeyPlace::Keychain);
    (record.ended, record.ended_how) = (Some(reason), how.clone());
    if let Some(token) = token {
        record.add_notice(token);
    }
    let in_memory = record.clone();
    match persist(core, guard, record) {
        Ok(()) => {}
        Err(error) if on_disk => return Err(error),
        // A session that was never on disk need not be removed from it. The other changes wait in
        // memory.
        Err(_) => {
            let stored = &mut core.change(guard).stored.record;
            (stored.notices, stored.delete_secret) = (in_memory.notices, in_memory.delete_secret);
            (stored.key_file, stored.discarded_key_file) = (in_memory.key_file, in_memory.discarded_key_file);
        }
    }
    core.change(guard).end_session(reason, how);
    Ok(())
}

/// Names the key file of `session` in a record that was written before records had names for key
/// files.
pub(crate) fn name_key_file(record: &mut Record, session: Option<&VerifiedSession>) {
    let in_file = session.filter(|session| session.key_place == Some(KeyPlace::File));
    if let (None, Some(session)) = (&record.key_file, in_file) {
        record.key_file = Some(session.keys.device.thumbprint().to_string());
    }
}

/// A token that ends `session` at the server; `None` only if the crypto library fails.
pub(crate) fn sign_out_token(core: &Core, session: &VerifiedSession) -> Option<String> {
    let (key, sid) = (&session.keys.device, &session.claims.sid);
    issue_sign_out_token(key, &core.settings.issuer, sid, core.now()).ok()
}
