//! A sign-in in the browser may be of another account than the one that is signed in. Then it
//! waits: the user says whether it replaces the session, or the server ends it again.

use std::sync::{MutexGuard, PoisonError};
use std::time::Duration;

use crate::api::Api;
use crate::context::Context;
use crate::error::SessionError;
use crate::held_sign_in::HeldSignIn;
use crate::put_in_place::{give_back, put_in_place};
use crate::view::AccountName;

/// How long it waits for the answer.
const ANSWER_WITHIN: Duration = Duration::from_secs(600);

/// Asks the user, in place of an earlier question.
pub(crate) fn hold<A: Api>(context: &Context<A>, held: HeldSignIn) -> SessionError {
    let profile = &held.new.session.claims.profile;
    let account = AccountName {
        username: profile.preferred_username.clone(),
        given_name: profile.given_name.clone(),
        family_name: profile.family_name.clone(),
    };
    let sid = held.new.session.claims.sid.clone();
    let earlier = memory(context).replace(held);
    return_to_server(context, earlier);
    context.core.show_other_account(Some(account));
    let waiting = context.clone();
    tokio::spawn(async move {
        tokio::time::sleep(ANSWER_WITHIN).await;
        let held = memory(&waiting).take_if(|held| held.new.session.claims.sid == sid);
        if held.is_some() {
            tracing::info!("the sign-in of another account was not answered; it is given back");
            waiting.core.show_other_account(None);
            return_to_server(&waiting, held);
        }
    });
    SessionError::OtherAccount
}

/// The user's answer. `replaces`: the other account takes the place of the present one.
///
/// # Errors
/// [`SessionError::NothingPending`]; as a sign-in.
pub(crate) async fn answer<A: Api>(context: &Context<A>, replaces: bool) -> Result<(), SessionError> {
    let core = &context.core;
    let _permit = core.begin_sign_in().ok_or(SessionError::SignInInProgress)?;
    // A sign-in or a sign-out since then has taken the question away.
    let is_asked = core.state().other_account().is_some();
    let held = memory(context).take();
    core.show_other_account(None);
    let held = held.ok_or(SessionError::NothingPending)?;
    if !is_asked {
        return_to_server(context, Some(held));
        return Err(SessionError::NothingPending);
    }
    if replaces {
        context.memory.browser.account_is_chosen();
        return put_in_place(context, held.new, held.known.as_deref()).await;
    }
    context.memory.browser.ask_for_account();
    give_back(context, &held.identity, &held.access).await;
    Ok(())
}

/// The user has left: nothing waits any more.
pub(crate) fn leave<A: Api>(context: &Context<A>) {
    let held = memory(context).take();
    context.core.show_other_account(None);
    return_to_server(context, held);
}

fn return_to_server<A: Api>(context: &Context<A>, held: Option<HeldSignIn>) {
    let Some(held) = held else { return };
    let context = context.clone();
    tokio::spawn(async move { give_back(&context, &held.identity, &held.access).await });
}

fn memory<A>(context: &Context<A>) -> MutexGuard<'_, Option<HeldSignIn>> {
    context.memory.held.lock().unwrap_or_else(PoisonError::into_inner)
}
