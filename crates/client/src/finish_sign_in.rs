//! The end of a sign-in: the server's tokens become the session of this device, or the challenge
//! waits for a second factor. Shared by the sign-in with a password, with a code, and in two steps.

use std::sync::Arc;

use crate::api::{Api, SignInAnswer, Tokens};
use crate::context::Context;
use crate::core::Core;
use crate::error::SessionError;
use crate::held_sign_in::HeldSignIn;
use crate::identity::Identity;
use crate::new_session::NewSession;
use crate::other_account;
use crate::pending::{Goal, NewSignIn, Pending};
use crate::put_in_place::{give_back, put_in_place};
use crate::reload::reload_if_changed;
use crate::storage::StoredSession;
use crate::tokens::verify_tokens;
use crate::verified_session::VerifiedSession;

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
    let (given, ends_in) = (tokens.access.clone(), tokens.ends_in);
    let tokens = match verify_tokens(core, tokens, &identity.device_id, &identity.keys, None) {
        Ok(tokens) => tokens,
        Err(error) => {
            give_back(context, identity, &given).await;
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
        needs_provider: false,
    };
    let Identity { secret, keychain, key_fault, .. } = identity.clone();
    let (access, set_aside_newer) = (tokens.access, sign_in.set_aside_newer);
    let sign_outs = sign_in.sign_outs;
    let new = NewSession { session, access, secret, keychain, key_fault, set_aside_newer, sign_outs };
    if sign_in.asks_before_replacing && is_other_account(core, &new).await? {
        let (known, identity) = (sign_in.known.clone(), identity.clone());
        return Err(other_account::hold(context, HeldSignIn { new, known, identity, access: given }));
    }
    put_in_place(context, new, sign_in.known.as_deref()).await
}

/// Whether it would replace the session of another account.
async fn is_other_account(core: &Arc<Core>, new: &NewSession) -> Result<bool, SessionError> {
    reload_if_changed(core).await?;
    let state = core.state();
    let is_other = state.active().is_some_and(|session| session.claims.sub != new.session.claims.sub);
    // After a sign-out nothing is asked: the sign-in is given up.
    Ok(is_other && state.sign_outs() == new.sign_outs)
}
