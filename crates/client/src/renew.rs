//! Renewal: a new access token, and in time a new session token, for a proof with the device's key.
//! It runs in a separate task that all callers wait for. A lost response does no harm, because a
//! renewal consumes nothing.

use std::sync::Arc;

use latchkey_token::UnixTime;

use crate::access_token::RENEW_AHEAD_SECONDS;
use crate::api::{Api, Challenge, SignInAnswer, Tokens};
use crate::context::Context;
use crate::core::Core;
use crate::error::SessionError;
use crate::load;
use crate::pending::{Goal, Pending};
use crate::persist;
use crate::reload::reload_if_changed;
use crate::session_end::{Failed, after_error};
use crate::state::{Epoch, Lock, SessionState};
use crate::storage_fault::StorageFault;
use crate::tokens::verify_tokens;
use crate::verified_session::VerifiedSession;
use crate::write_lock::WriteGuard;

/// Renews, or waits for the renewal in progress and returns its outcome.
///
/// # Errors
/// Why there was no renewal; the session stays unless the server has ended it.
pub(crate) async fn renew<A: Api>(context: &Context<A>) -> Result<(), SessionError> {
    let epoch = context.core.state().epoch();
    let task = || {
        let context = context.clone();
        async move {
            let outcome = renew_once(&context).await;
            context.core.publish();
            outcome
        }
    };
    let outcome = context.renewals.join_or_start(epoch, task).await;
    outcome.unwrap_or(Err(SessionError::NotKept { cause: StorageFault::Internal }))
}

async fn renew_once<A: Api>(context: &Context<A>) -> Result<(), SessionError> {
    let core = &context.core;
    // Once more with the session with which another process has replaced the ended one.
    for _ in 0..2 {
        reload_if_changed(core).await?;
        let (epoch, session) = session(core)?;
        if core.state().pending(core.now()).is_some_and(|pending| pending.is_enrolling)
            && session.lacks_factor
        {
            return Err(SessionError::FactorRequired);
        }
        let reply = context.api.renew(context.caller(&session), &session.stored.token).await;
        match context.record_contact(reply) {
            Ok(SignInAnswer::Tokens(tokens)) => {
                if let Commit::Done = commit_tokens(context, epoch, session, tokens).await? {
                    return Ok(());
                }
            }
            Ok(SignInAnswer::Challenge(challenge)) => {
                return hold(context, epoch, session, challenge).await;
            }
            Err(error) => {
                if let Failed::For(error) = after_error(context, error, epoch, &session).await {
                    return Err(error);
                }
            }
        }
    }
    Err(SessionError::SessionOver)
}

/// Applies the tokens that complete the enrolment of a second factor in the session of `epoch`.
///
/// # Errors
/// [`SessionError::NotSignedIn`] if the account is not signed in any more; why the tokens are not
/// valid.
pub(crate) async fn apply<A: Api>(
    context: &Context<A>,
    epoch: Epoch,
    session: &Arc<VerifiedSession>,
    tokens: Tokens,
) -> Result<(), SessionError> {
    commit_tokens(context, epoch, Arc::clone(session), tokens).await.map(|_| ())
}

async fn commit_tokens<A: Api>(
    context: &Context<A>,
    epoch: Epoch,
    session: Arc<VerifiedSession>,
    tokens: Tokens,
) -> Result<Commit, SessionError> {
    let is_authenticated = context.api.is_authenticated();
    let commit = move |core: &Core, guard: &mut WriteGuard| {
        commit(core, guard, epoch, &session, tokens, is_authenticated)
    };
    context.core.write(commit).await
}

/// The account must have a second factor by now. The session is held, and the challenge allows to
/// set one up in it.
async fn hold<A: Api>(
    context: &Context<A>,
    epoch: Epoch,
    session: Arc<VerifiedSession>,
    challenge: Challenge,
) -> Result<(), SessionError> {
    let held = context.core.write(move |core, guard| {
        let mut state = core.change(guard);
        state.hold_for_factor(epoch);
        Ok(state.epoch() == epoch)
    });
    if !held.await? {
        return Err(SessionError::NotSignedIn);
    }
    let goal = Goal::Renewal(epoch, session);
    Err(context.hold(Pending::new(challenge, goal, context.core.now())))
}

/// The session to renew, which may be held.
fn session(core: &Core) -> Result<(Epoch, Arc<VerifiedSession>), SessionError> {
    let state = core.state();
    match state.session() {
        SessionState::Active(session) => Ok((state.epoch(), Arc::clone(session))),
        SessionState::Locked(Lock::StoreNewer) => Err(SessionError::StoreNewer),
        SessionState::Locked(_) => Err(SessionError::SessionHeld),
        SessionState::SignedOut(_) => Err(SessionError::NotSignedIn),
    }
}

/// What was done with the tokens of a renewal.
enum Commit {
    Done,
    /// They were dropped: the account has another session by now, which is to be renewed.
    Overtaken,
}

/// Applies the tokens of a renewal, if the session is still the same. A renewal that completes
/// after the session has been left is dropped.
///
/// # Errors
/// [`SessionError::NotSignedIn`] if the account is not signed in any more.
fn commit(
    core: &Core,
    guard: &mut WriteGuard,
    epoch: Epoch,
    asked: &VerifiedSession,
    tokens: Tokens,
    is_authenticated: bool,
) -> Result<Commit, SessionError> {
    let (notices, ends_in) = (tokens.notices, tokens.ends_in);
    let tokens = verify_tokens(core, tokens, &asked.device_id, &asked.keys, Some(asked))?;
    let ends_at = ends_in.map(|seconds| tokens.issued.plus(seconds));
    let _ = load::reload_if_changed(core, guard, None);
    let (present, record) = {
        let state = core.state();
        match state.active() {
            Some(present) if state.epoch() == epoch => (Arc::clone(present), state.stored.record.clone()),
            Some(present) if present.claims.sub == asked.claims.sub => return Ok(Commit::Overtaken),
            _ => return Err(SessionError::NotSignedIn),
        }
    };
    let newest = newest_after(core, &present, tokens.issued, is_authenticated);
    match tokens.session {
        Some((claims, token)) => {
            let stored = present.stored.renewed(token, newest).ending(ends_at);
            let session = VerifiedSession {
                claims,
                stored,
                is_unknown: false,
                lacks_factor: false,
                needs_provider: false,
                ..VerifiedSession::clone(&present)
            };
            persist::update(core, guard, session, record);
        }
        None => {
            let session = VerifiedSession {
                is_unknown: false,
                lacks_factor: false,
                needs_provider: false,
                ..present.with_newest(newest)
            };
            if persist::is_worth_storing(present.stored.newest, newest) {
                persist::update(core, guard, session, record);
            } else {
                core.change(guard).update_session(session);
            }
        }
    }
    let (now, steady) = (core.now(), core.clock.steady());
    let mut state = core.change(guard);
    state.notices = notices;
    state.end_wait();
    state.renew_access(tokens.access, RENEW_AHEAD_SECONDS, now, steady);
    Ok(Commit::Done)
}

/// The latest time after a renewal whose tokens were issued at `issued`. It decreases only here,
/// and only to the time of a token that is newer than the stored one: this process asked for it,
/// and the connection proves who issued it.
fn newest_after(core: &Core, before: &VerifiedSession, issued: UnixTime, is_authenticated: bool) -> UnixTime {
    let seen = core.own_time().max(issued);
    let may_fall = is_authenticated && issued >= before.claims.iat;
    if may_fall { seen } else { seen.max(before.stored.newest) }
}
