//! Uses a result: the same end as that of a sign-in with a password, or of a confirmation, or a new
//! link.

use secrecy::SecretString;

use crate::api::{Api, Caller};
use crate::browser::running::Goal;
use crate::call::{Asker, authorized};
use crate::confirm::accept;
use crate::context::Context;
use crate::error::SessionError;
use crate::finish_sign_in::finish;
use crate::sign_in;

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
        Goal::Confirm(..) => {
            let asker = &mut Asker::present(core);
            let (epoch, token) = authorized(context, asker, |context, by| async move {
                let caller = context.caller(&by.session);
                context.api.confirm_by_browser(caller, request, result).await
            })
            .await?;
            accept(core, epoch, token)
        }
        Goal::Link(..) => {
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
