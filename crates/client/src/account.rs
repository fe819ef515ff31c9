//! The account's devices and its password: the user's changes at the server while this session
//! continues. Refuses to end this session: only signing out does that.

use secrecy::ExposeSecret as _;

use crate::api::{Api, DeviceSession, PasswordChange, SessionId};
use crate::call::{Asker, authorized};
use crate::context::Context;
use crate::error::SessionError;

/// The devices that are signed in to the account, this one among them.
pub(crate) async fn sessions<A: Api>(context: &Context<A>) -> Result<Vec<DeviceSession>, SessionError> {
    sessions_of(context, &mut Asker::present(&context.core)).await
}

async fn sessions_of<A: Api>(
    context: &Context<A>,
    asker: &mut Asker,
) -> Result<Vec<DeviceSession>, SessionError> {
    let listed = authorized(context, asker, |context, by| async move {
        context.api.sessions(context.caller(&by.session), &by.access.token).await
    });
    Ok(listed.await?.1)
}

/// Ends one session, and returns the remaining ones.
pub(crate) async fn end_session<A: Api>(
    context: &Context<A>,
    sid: &str,
) -> Result<Vec<DeviceSession>, SessionError> {
    let asker = &mut Asker::present(&context.core);
    let is_own = context.core.state().sid() == Some(sid);
    let sid = &SessionId::parse(sid).filter(|_| !is_own).ok_or(SessionError::PathNotAllowed)?;
    authorized(context, asker, |context, by| async move {
        context.api.end_session(context.caller(&by.session), sid, &by.access.token).await
    })
    .await?;
    sessions_of(context, asker).await
}

/// Ends every session of the account except this one, and returns the remaining ones.
pub(crate) async fn end_other_sessions<A: Api>(
    context: &Context<A>,
) -> Result<Vec<DeviceSession>, SessionError> {
    let asker = &mut Asker::present(&context.core);
    authorized(context, asker, |context, by| async move {
        context.api.end_other_sessions(context.caller(&by.session), &by.access.token).await
    })
    .await?;
    sessions_of(context, asker).await
}

/// Gives the account a new password.
pub(crate) async fn change_password<A: Api>(
    context: &Context<A>,
    change: PasswordChange,
) -> Result<(), SessionError> {
    if change.current.expose_secret().is_empty() || change.new.expose_secret().is_empty() {
        return Err(SessionError::CredentialsMissing);
    }
    let change = &change;
    let asker = &mut Asker::present(&context.core);
    authorized(context, asker, |context, by| async move {
        context.api.change_password(context.caller(&by.session), change, &by.access.token).await
    })
    .await?;
    Ok(())
}
