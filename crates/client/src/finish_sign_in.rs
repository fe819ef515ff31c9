//! The end of a sign-in: the server's tokens become the session of this device, or the challenge
//! waits for a second factor. Shared by the sign-in with a password, with a code, and in two steps.

use std::sync::Arc;
use std::time::Duration;

use secrecy::SecretString;

use crate::api::{Api, ApiError, Caller, NetworkCause, SignInAnswer, Tokens};
use crate::concurrent_sign_in::{Other, other_session};
use crate::context::Context;
use crate::core::Core;
use crate::error::SessionError;
use crate::identity::Identity;
use crate::load;
use crate::pending::{Goal, NewSignIn, Pending};
use crate::reload::reload_if_changed;
use crate::secret_deletion;
use crate::start_session::{NewSession, Started, start_session};
use crate::storage::StoredSession;
use crate::tokens::verify_tokens;
use crate::verified_session::VerifiedSession;

/// How long a user who has signed in with the wrong server waits for the end of that session.
const GIVE_BACK_DEADLINE: Duration = Duration::from_secs(3);

/// How many other processes may sign in during one sign-in before it gives up writing.
const MAX_OTHERS: usize = 3;

/// Completes a sign-in with the server's answer.
///
/// # Errors
/// [`SessionError::SecondFactorRequired`] and [`SessionError::EnrolmentRequired`] if it is pending
/// now; why the tokens cannot be used. Nothing has changed then.
pub(crate) async fn finish<A: Api>(
    context: &Context<A>,
    answer: SignInAnswer,
    sign_in: Arc<NewSignIn>,
) -> Result<(), SessionError> {
    match answer {
        SignInAnswer::Challenge(challenge) => {
            let now = context.core.now();
            Err(context.hold(Pending::new(challenge, Goal::New(sign_in), now)))
        }
        SignInAnswer::Tokens(tokens) => {
            context.drop_pending();
            context.forget_asked();
            use_tokens(context, tokens, &sign_in).await
        }
    }
}

async fn use_tokens<A: Api>(
    context: &Context<A>,
    tokens: Tokens,
    sign_in: &NewSignIn,
) -> Result<(), SessionError> {
    let core = &context.core;
    let identity = &sign_in.identity;
    let (access, ends_in) = (tokens.access.clone(), tokens.ends_in);
    let tokens = match verify_tokens(core, tokens, &identity.device_id, &identity.keys, None) {
        Ok(tokens) => tokens,
        Err(error) => {
            give_back(context, identity, &access).await;
            return Err(error);
        }
    };
    let (claims, token) = tokens.session.ok_or(SessionError::ServerAnswerInvalid)?;
    let ends_at = ends_in.map(|seconds| tokens.issued.plus(seconds));
    let session = VerifiedSession {
        claims,
        stored: StoredSession::new(token, core.own_time().max(tokens.issued)).ending(ends_at),
        device_id: identity.device_id.clone(),
        keys: Arc::clone(&identity.keys),
        key_place: identity.key_place,
        is_unknown: false,
        lacks_factor: false,
    };
    let Identity { secret, keychain, key_fault, .. } = identity.clone();
    let (access, set_aside_newer) = (tokens.access, sign_in.set_aside_newer);
    let sign_outs = sign_in.sign_outs;
    let new = NewSession { session, access, secret, keychain, key_fault, set_aside_newer, sign_outs };
    let outcome = put_in_place(context, new, sign_in.known.as_deref()).await;
    secret_deletion::enqueue(core);
    core.publish();
    core.wake.notify_one();
    outcome
}

/// Ends a session that the server has just made and that this app cannot use, so that it does not
/// stay in the list of devices. If that fails, it is in the log.
async fn give_back<A: Api>(context: &Context<A>, identity: &Identity, access: &SecretString) {
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
async fn put_in_place<A: Api>(
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
