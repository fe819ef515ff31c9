//! Puts a new session in the place of the one that there is, or gives it back to the server.

use std::sync::Arc;
use std::time::Duration;

use secrecy::SecretString;

use crate::api::{Api, ApiError, Caller, NetworkCause};
use crate::concurrent_sign_in::{Other, other_session};
use crate::context::Context;
use crate::core::Core;
use crate::error::SessionError;
use crate::identity::Identity;
use crate::load;
use crate::new_session::NewSession;
use crate::reload::reload_if_changed;
use crate::secret_deletion;
use crate::start_session::{Started, start_session};

/// How long a user who has signed in with the wrong server waits for the end of that session.
const GIVE_BACK_DEADLINE: Duration = Duration::from_secs(3);

/// How many other processes may sign in during one sign-in before it gives up writing.
const MAX_OTHERS: usize = 3;

/// Ends a session that the server has just made and that this app cannot use, so that it does not
/// stay in the list of devices. If that fails, it is in the log.
pub(crate) async fn give_back<A: Api>(context: &Context<A>, identity: &Identity, access: &SecretString) {
    let now = context.core.now();
    let caller = Caller { device_id: &identity.device_id, key: &identity.keys.device, now };
    let given = tokio::time::timeout(GIVE_BACK_DEADLINE, context.api.give_back(caller, access)).await;
    let outcome = given.map_or(Err(ApiError::Unreachable(NetworkCause::TimedOut)), |reply| reply.outcome);
    if let Err(error) = outcome {
        tracing::warn!(%error, "the session that the server made for this sign-in stays there");
    }
}

/// Stores a new session, unless another process has signed in in the meantime and the server
/// retains its session.
pub(crate) async fn put_in_place<A: Api>(
    context: &Context<A>,
    new: NewSession,
    known: Option<&str>,
) -> Result<(), SessionError> {
    let outcome = stored(context, new, known).await;
    let core = &context.core;
    secret_deletion::enqueue(core);
    core.publish();
    core.wake.notify_one();
    outcome
}

async fn stored<A: Api>(
    context: &Context<A>,
    new: NewSession,
    known: Option<&str>,
) -> Result<(), SessionError> {
    let core = &context.core;
    for _ in 0..MAX_OTHERS {
        reload_if_changed(core).await?;
        let other = other_session(context, &new.session, known).await;
        if other == Other::IsValid && core.state().sign_outs() == new.sign_outs {
            tracing::info!("another process has signed in since; its session is used");
            return Ok(());
        }
        let lock = core.blocking(|core| Ok(core.device.lock())).await?;
        let next = new.clone();
        let started = core.write(move |core, guard| {
            let _lock = lock;
            start_session(core, guard, next, other == Other::Unknown)
        });
        if started.await? == Started::InPlace {
            return confirm_secret(core, &new).await;
        }
    }
    Ok(())
}

/// Checks that the secret is still in the place that the record names: another process may have
/// signed out since it was read.
async fn confirm_secret(core: &Arc<Core>, new: &NewSession) -> Result<(), SessionError> {
    let Some(place) = new.session.key_place else { return Ok(()) };
    let (sid, secret) = (new.session.claims.sid.clone(), new.secret.clone());
    core.with_keychain(move |core| {
        // No other process signs out between the check and the writing.
        let lock = core.device.lock();
        let is_wanted = core.write_here(|core, guard| {
            let is_known = load::reload_if_changed(core, guard, None).is_ok();
            let state = core.state();
            // Signed out again already, here or elsewhere: the secret is not wanted any more.
            is_known && state.sid() == Some(&*sid) && state.not_persisted.is_none()
        });
        if is_wanted && let Err(error) = core.device.persist_secret(place, &secret, &lock) {
            tracing::warn!(%error, "whether the device's secret is still there is not known");
        }
        drop(lock);
        // When the key is in the keychain again, the weaker place is not needed any more.
        secret_deletion::run(core);
        Ok(())
    })
    .await
}
