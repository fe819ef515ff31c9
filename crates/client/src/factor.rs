//! The account's second factor and its notices: the user's changes at the server while this session
//! continues.

use secrecy::{ExposeSecret as _, SecretString};

use crate::api::{AccountDetails, Api, Notice, NoticeAnswer, NoticeAnswered, NoticeId, TotpProposal};
use crate::call::{Asker, authorized};
use crate::context::Context;
use crate::error::SessionError;

/// What the server reports about the account.
pub(crate) async fn account<A: Api>(context: &Context<A>) -> Result<AccountDetails, SessionError> {
    let asker = &mut Asker::present(&context.core);
    let asked = authorized(context, asker, |context, by| async move {
        context.api.account(context.caller(&by.session), &by.access.token).await
    });
    Ok(asked.await?.1)
}

/// Begins to set up an authenticator.
pub(crate) async fn start_totp<A: Api>(context: &Context<A>) -> Result<TotpProposal, SessionError> {
    let asker = &mut Asker::present(&context.core);
    let started = authorized(context, asker, |context, by| async move {
        context.api.start_totp(context.caller(&by.session), &by.access.token).await
    });
    Ok(started.await?.1)
}

/// Switches it on.
pub(crate) async fn enable_totp<A: Api>(
    context: &Context<A>,
    code: &SecretString,
) -> Result<(), SessionError> {
    if code.expose_secret().trim().is_empty() {
        return Err(SessionError::CredentialsMissing);
    }
    let asker = &mut Asker::present(&context.core);
    authorized(context, asker, |context, by| async move {
        context.api.enable_totp(context.caller(&by.session), code, &by.access.token).await
    })
    .await?;
    Ok(())
}

/// Removes the second factor.
pub(crate) async fn disable_totp<A: Api>(context: &Context<A>) -> Result<(), SessionError> {
    let asker = &mut Asker::present(&context.core);
    authorized(context, asker, |context, by| async move {
        context.api.disable_totp(context.caller(&by.session), &by.access.token).await
    })
    .await?;
    Ok(())
}

/// Asks for the removal of a lost factor.
pub(crate) async fn request_removal<A: Api>(
    context: &Context<A>,
    password: Option<&SecretString>,
) -> Result<i64, SessionError> {
    if password.is_some_and(|password| password.expose_secret().is_empty()) {
        return Err(SessionError::CredentialsMissing);
    }
    let asker = &mut Asker::present(&context.core);
    let asked = authorized(context, asker, |context, by| async move {
        context.api.request_factor_removal(context.caller(&by.session), password, &by.access.token).await
    });
    Ok(asked.await?.1)
}

/// Cancels the removal.
pub(crate) async fn cancel_removal<A: Api>(context: &Context<A>) -> Result<(), SessionError> {
    let asker = &mut Asker::present(&context.core);
    authorized(context, asker, |context, by| async move {
        context.api.cancel_factor_removal(context.caller(&by.session), &by.access.token).await
    })
    .await?;
    Ok(())
}

/// Makes new recovery codes.
pub(crate) async fn new_recovery_codes<A: Api>(
    context: &Context<A>,
) -> Result<Vec<SecretString>, SessionError> {
    let asker = &mut Asker::present(&context.core);
    let made = authorized(context, asker, |context, by| async move {
        context.api.new_recovery_codes(context.caller(&by.session), &by.access.token).await
    });
    Ok(made.await?.1)
}

/// The open notices.
pub(crate) async fn notices<A: Api>(context: &Context<A>) -> Result<Vec<Notice>, SessionError> {
    let asker = &mut Asker::present(&context.core);
    let (epoch, notices) = authorized(context, asker, |context, by| async move {
        context.api.notices(context.caller(&by.session), &by.access.token).await
    })
    .await?;
    context.core.set_notices(epoch, u32::try_from(notices.len()).unwrap_or(u32::MAX));
    context.core.publish();
    Ok(notices)
}

/// Answers a notice.
pub(crate) async fn answer_notice<A: Api>(
    context: &Context<A>,
    id: &str,
    answer: NoticeAnswer,
) -> Result<NoticeAnswered, SessionError> {
    let id = &NoticeId::parse(id).ok_or(SessionError::PathNotAllowed)?;
    let asker = &mut Asker::present(&context.core);
    let (epoch, answered) = authorized(context, asker, |context, by| async move {
        context.api.answer_notice(context.caller(&by.session), id, answer, &by.access.token).await
    })
    .await?;
    // The next contact corrects the number: another device may have answered, too.
    let left = context.core.state().notices.saturating_sub(1);
    context.core.set_notices(epoch, left);
    context.core.publish();
    Ok(answered)
}
