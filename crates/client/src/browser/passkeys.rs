//! The account's passkeys: listed, named and removed here; added in the browser, and finished here
//! (a link alone registers nothing).

use std::sync::PoisonError;

use crate::api::{Api, Passkey, PasskeyId, Passkeys};
use crate::browser::running::Goal;
use crate::call::{Asker, authorized};
use crate::context::Context;
use crate::error::SessionError;

/// Maximum length of a name, in characters.
const MAX_NAME_CHARS: usize = 40;

/// The passkeys.
pub(crate) async fn list<A: Api>(context: &Context<A>) -> Result<Passkeys, SessionError> {
    let asker = &mut Asker::present(&context.core);
    let listed = authorized(context, asker, |context, by| async move {
        context.api.passkeys(context.caller(&by.session), &by.access.token).await
    });
    Ok(listed.await?.1)
}

/// Gives the new passkey its name: from now on it counts.
pub(crate) async fn finish<A: Api>(context: &Context<A>, name: &str) -> Result<Passkey, SessionError> {
    let name = &checked(name)?;
    let (number, request, result) = {
        let running = context.memory.browser.running();
        let running = running.as_ref().filter(|running| matches!(running.goal, Goal::Passkey(..)));
        let running = running.ok_or(SessionError::NothingPending)?;
        let result = running.result.lock().unwrap_or_else(PoisonError::into_inner).clone();
        (running.number, running.request.clone(), result.ok_or(SessionError::NothingPending)?)
    };
    let (request, result) = (&request, &result);
    let asker = &mut Asker::present(&context.core);
    let (_, passkey) = authorized(context, asker, |context, by| async move {
        let caller = context.caller(&by.session);
        context.api.finish_passkey(caller, request, result, name, &by.access.token).await
    })
    .await?;
    drop(context.memory.browser.running().take_if(|running| running.number == number));
    context.core.change_browser(number, |flow| flow.end(None));
    Ok(passkey)
}

/// Gives a passkey another name.
pub(crate) async fn rename<A: Api>(
    context: &Context<A>,
    id: &str,
    name: &str,
) -> Result<Passkey, SessionError> {
    let (id, name) = (&PasskeyId::parse(id).ok_or(SessionError::PathNotAllowed)?, &checked(name)?);
    let asker = &mut Asker::present(&context.core);
    let renamed = authorized(context, asker, |context, by| async move {
        context.api.rename_passkey(context.caller(&by.session), id, name, &by.access.token).await
    });
    Ok(renamed.await?.1)
}

/// Removes a passkey.
pub(crate) async fn remove<A: Api>(context: &Context<A>, id: &str) -> Result<(), SessionError> {
    let id = &PasskeyId::parse(id).ok_or(SessionError::PathNotAllowed)?;
    let asker = &mut Asker::present(&context.core);
    authorized(context, asker, |context, by| async move {
        context.api.remove_passkey(context.caller(&by.session), id, &by.access.token).await
    })
    .await?;
    Ok(())
}

fn checked(name: &str) -> Result<String, SessionError> {
    let name: String = name.trim().chars().filter(|c| !c.is_control()).take(MAX_NAME_CHARS).collect();
    if name.is_empty() { Err(SessionError::CredentialsMissing) } else { Ok(name) }
}
