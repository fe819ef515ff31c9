//! Uses a result: the same end as that of a sign-in with a password, or of a confirmation, or a new
//! link.

use std::sync::Arc;

use secrecy::SecretString;

use crate::api::{Api, ApiError, Caller};
use crate::browser::running::Goal;
use crate::call::{Asker, authorized};
use crate::confirm::accept;
use crate::context::Context;
use crate::core::Core;
use crate::error::SessionError;
use crate::finish_sign_in::finish;
use crate::reload::reload_if_changed;
use crate::sign_in;
use crate::verified_session::VerifiedSession;

/// Who asks for the request: the server accepts no other.
pub(crate) fn caller<'a, A: Api>(context: &Context<A>, goal: &'a Goal) -> Caller<'a> {
    match goal {
        Goal::SignIn(sign_in, _) => sign_in::caller(&context.core, &sign_in.identity),
        Goal::Confirm(_, session) | Goal::Passkey(_, session) | Goal::Link(_, session) => {
            context.caller(session)
        }
    }
}

/// Uses the result of a sign-in, a confirmation or a link.
///
/// # Errors
/// Why it is not done; [`SessionError::SecondFactorRequired`], [`SessionError::EnrolmentRequired`]
/// and [`SessionError::OtherAccount`] if the next step waits for the user.
pub(crate) async fn use_result<A: Api>(
    context: &Context<A>,
    goal: &Goal,
    request: &str,
    result: &SecretString,
) -> Result<(), SessionError> {
    let core = &context.core;
    match goal {
        Goal::SignIn(sign_in, _) => {
            let _permit = core.begin_sign_in().ok_or(SessionError::SignInInProgress)?;
            let reply = context.api.finish_browser(caller(context, goal), request, result).await;
            let answer = context.record_contact(reply);
            core.publish();
            let outcome = finish(context, answer?, sign_in.clone()).await;
            if outcome.is_ok() {
                context.memory.browser.account_is_chosen();
            }
            outcome
        }
        Goal::Confirm(_, session) => {
            require_present(core, session).await?;
            let asker = &mut Asker::present(core);
            let (epoch, token) = authorized(context, asker, |context, by| async move {
                let caller = context.caller(&by.session);
                context.api.confirm_by_browser(caller, request, result).await
            })
            .await?;
            accept(core, epoch, token)
        }
        Goal::Link(_, session) => {
            require_present(core, session).await?;
            let asker = &mut Asker::present(core);
            authorized(context, asker, |context, by| async move {
                context.api.finish_link(context.caller(&by.session), request, result).await
            })
            .await?;
            Ok(())
        }
        // Its result waits for a name.
        Goal::Passkey(..) => Ok(()),
    }
}

/// Checks that the session which asked is the present one. Another process may have put one in its
/// place, of the same account and key: the server would report the end of the first.
async fn require_present(core: &Arc<Core>, asked: &VerifiedSession) -> Result<(), SessionError> {
    reload_if_changed(core).await?;
    let is_present = core.state().active().is_some_and(|present| present.claims.sid == asked.claims.sid);
    if is_present { Ok(()) } else { Err(ApiError::RequestUnknown.into()) }
}
