//! The second step of a sign-in. The challenge and the key that asked for it stay in this process;
//! a wrong code, a fault of the network and a lost answer leave the sign-in pending.

use std::sync::Arc;

use secrecy::{ExposeSecret as _, SecretString};

use crate::api::{Api, ApiError, Caller, EnrolmentProof, SignInAnswer, TotpProposal};
use crate::context::Context;
use crate::error::SessionError;
use crate::finish_sign_in::finish;
use crate::pending::{Goal, Pending};
use crate::put_in_place::give_back;
use crate::renew::{apply, renew};
use crate::sign_in::caller;

/// Completes the pending sign-in with a code.
pub(crate) async fn second_factor<A: Api>(
    context: &Context<A>,
    code: SecretString,
) -> Result<(), SessionError> {
    let core = &context.core;
    if code.expose_secret().trim().is_empty() {
        return Err(SessionError::CredentialsMissing);
    }
    let _permit = core.begin_sign_in().ok_or(SessionError::SignInInProgress)?;
    let pending = context.pending().ok_or(SessionError::NothingPending)?;
    let reply = context.api.second_factor(asker(context, &pending), &pending.challenge.token, &code).await;
    drop(code);
    let answer = context.record_contact(reply);
    core.publish();
    let answer = answer.map_err(|error| refused(context, error))?;
    match (&pending.goal, answer) {
        (_, SignInAnswer::Challenge(challenge)) => {
            let next = Pending::new(challenge, pending.goal.clone(), core.now());
            let error = next.error();
            context.hold_next(&pending, next)?;
            Err(error)
        }
        (Goal::New(sign_in), SignInAnswer::Tokens(tokens)) => {
            // The user may have given it up while the server answered.
            if !context.pending().is_some_and(|held| Arc::ptr_eq(&held, &pending)) {
                give_back(context, &sign_in.identity, &tokens.access).await;
                return Err(SessionError::Superseded);
            }
            finish(context, SignInAnswer::Tokens(tokens), sign_in.clone()).await
        }
        (Goal::Renewal(epoch, session), SignInAnswer::Tokens(tokens)) => {
            let outcome = apply(context, *epoch, session, tokens).await;
            context.drop_pending();
            core.publish();
            core.wake.notify_one();
            outcome
        }
    }
}

/// Sets up a second factor for the pending sign-in. A session that is held for it gets a new
/// challenge if the last one has expired.
pub(crate) async fn enrol<A: Api>(
    context: &Context<A>,
    proof: EnrolmentProof,
) -> Result<TotpProposal, SessionError> {
    let core = &context.core;
    let lacks_factor = core.state().active().is_some_and(|session| session.lacks_factor);
    if lacks_factor && core.state().pending(core.now()).is_none() {
        match renew(context).await {
            Err(SessionError::FactorRequired) => {}
            Err(error) => return Err(error),
            // The requirement was lifted in the meantime.
            Ok(()) => return Err(SessionError::NothingPending),
        }
    }
    let _permit = core.begin_sign_in().ok_or(SessionError::SignInInProgress)?;
    let pending = context.pending().ok_or(SessionError::NothingPending)?;
    if !pending.challenge.authorized && proof.code.is_none() {
        return Err(pending.error());
    }
    let reply = context.api.enrol(asker(context, &pending), &pending.challenge.token, &proof).await;
    drop(proof);
    let outcome = context.record_contact(reply);
    core.publish();
    let proposal = outcome.map_err(|error| refused(context, error))?;
    context.hold_next(&pending, pending.enrolling(proposal.expires_in, core.now()))?;
    Ok(proposal)
}

/// Gives up the pending sign-in. A session that is held for a factor stays so.
pub(crate) fn cancel<A: Api>(context: &Context<A>) {
    let is_new = |pending: &Pending| matches!(pending.goal, Goal::New(_));
    if context.pending().is_none_or(|pending| is_new(&pending)) {
        context.drop_pending();
        context.core.publish();
    }
}

/// The identity that asked for the challenge: the server accepts no other.
fn asker<'a, A: Api>(context: &Context<A>, pending: &'a Pending) -> Caller<'a> {
    match &pending.goal {
        Goal::New(sign_in) => caller(&context.core, &sign_in.identity),
        Goal::Renewal(_, session) => context.caller(session),
    }
}

/// A challenge that the server does not know any more is dropped; any other refusal leaves it.
fn refused<A: Api>(context: &Context<A>, error: ApiError) -> SessionError {
    if matches!(error, ApiError::ChallengeExpired | ApiError::AccountDisabled) {
        context.drop_pending();
        context.core.publish();
    }
    error.into()
}
