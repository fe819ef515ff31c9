//! Signing out: on this device it waits only for the disk, at the server it happens when it is
//! reachable. A signed token waits for the server; it can only end the session.

use std::sync::Arc;

use crate::core::Core;
use crate::error::SessionError;
use crate::load::{Fetched, reload_if_changed};
use crate::reasons::SignedOutReason;
use crate::secret_deletion;
use crate::secret_error::SecretError;
use crate::session_end::{end, sign_out_token};
use crate::state::{Lock, SessionState};
use crate::storage_fault::StorageFault;
use crate::write_lock::WriteGuard;

/// How often signing out is tried while another process writes.
const MAX_TRIES: usize = 3;

/// Signs out. Where no session is stored, nothing is touched; a sign-in in progress is given up.
pub(crate) async fn sign_out(core: &Arc<Core>) -> Result<(), SessionError> {
    let outcome = core.write(sign_out_of_present).await;
    secret_deletion::enqueue(core);
    core.publish();
    core.wake.notify_one();
    outcome
}

/// Signs out of the session that is on disk by now, also if another process has just changed it.
fn sign_out_of_present(core: &Core, guard: &mut WriteGuard) -> Result<(), SessionError> {
    for _ in 1..MAX_TRIES {
        match sign_out_here(core, guard) {
            Err(SessionError::NotKept { cause: StorageFault::Changed }) => {}
            outcome => return outcome,
        }
    }
    sign_out_here(core, guard)
}

fn sign_out_here(core: &Core, guard: &mut WriteGuard) -> Result<(), SessionError> {
    let before = core.state().active().cloned();
    if reload_if_changed(core, guard, None).is_err() {
        // Another process has put a session on disk that only the keychain opens. It is signed out
        // without a token; the server ends it when it is idle.
        let fetched = Fetched { secrets: Err(SecretError::NoAnswer), document: None };
        let _ = reload_if_changed(core, guard, Some(&fetched));
    }
    let found = core.state().session().clone();
    let session = match found {
        SessionState::Active(session) => Some(session),
        SessionState::Locked(Lock::Secret(_)) => before,
        SessionState::SignedOut(_) | SessionState::Locked(_) => {
            core.change(guard).count_sign_out();
            return Ok(());
        }
    };
    let token = session.and_then(|session| sign_out_token(core, &session));
    end(core, guard, SignedOutReason::SignedOut, None, token)?;
    core.change(guard).count_sign_out();
    Ok(())
}
