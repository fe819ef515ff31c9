//! Delivers the sign-out tokens that wait for the server: this device's, and those of other devices
//! in the same home. A token for another server waits for that server.

use latchkey_token::proof::{ProofError, verify_sign_out_token};

use crate::api::{Api, ApiError};
use crate::context::Context;
use crate::core::Core;
use crate::error::SessionError;
use crate::load;
use crate::other_devices;
use crate::persist::persist;
use crate::reload::reload_if_changed;
use crate::write_lock::WriteGuard;

/// Delivers the waiting sign-out tokens. Tokens that the server will never accept are dropped.
///
/// # Errors
/// Why the remaining tokens still wait.
pub(crate) async fn deliver_sign_out_tokens<A: Api>(context: &Context<A>) -> Result<(), SessionError> {
    let mut waiting = own(&context.core);
    let of_others = context.core.write(|core, guard| Ok(other_devices::sign_out_tokens(core, guard)));
    waiting.extend(of_others.await?);
    let mut done = Vec::new();
    let mut outcome = Ok(());
    for token in waiting {
        let reply = context.api.deliver(&token).await;
        match context.record_contact(reply) {
            Ok(()) | Err(ApiError::Refused) => done.push(token),
            // Of this one, which waits for longer; the others may go.
            Err(ApiError::TokenRefused) => outcome = Err(ApiError::TokenRefused.into()),
            Err(error) => {
                outcome = Err(error.into());
                break;
            }
        }
    }
    if !done.is_empty() {
        reload_if_changed(&context.core).await?;
        context.core.write(move |core, guard| drop_delivered(core, guard, &done)).await?;
    }
    outcome
}

/// This device's tokens that are not for another server. Damaged ones are among them: the server
/// refuses them, and then they are dropped.
fn own(core: &Core) -> Vec<String> {
    let tokens = {
        let state = core.state();
        [&*state.stored.record.notices, &*state.waiting_tokens].concat()
    };
    let is_elsewhere = |token: &String| {
        verify_sign_out_token(token, &core.settings.issuer) == Err(ProofError::WrongAudience)
    };
    tokens.into_iter().filter(|token| !is_elsewhere(token)).collect()
}

fn drop_delivered(core: &Core, guard: &mut WriteGuard, done: &[String]) -> Result<(), SessionError> {
    let _ = load::reload_if_changed(core, guard, None);
    other_devices::drop_sign_out_tokens(core, guard, done);
    core.change(guard).waiting_tokens.retain(|token| !done.contains(token));
    let mut record = core.state().stored.record.clone();
    let before = record.notices.len();
    record.notices.retain(|token| !done.contains(token));
    if record.notices.len() < before { persist(core, guard, record) } else { Ok(()) }
}
