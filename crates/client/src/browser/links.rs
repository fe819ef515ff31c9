//! The account's links to accounts of providers: listed and removed here, added in the browser.

use crate::api::{Api, LinkId, Links};
use crate::call::{Asker, authorized};
use crate::context::Context;
use crate::error::SessionError;

/// The links.
pub(crate) async fn list<A: Api>(context: &Context<A>) -> Result<Links, SessionError> {
    let asker = &mut Asker::present(&context.core);
    let listed = authorized(context, asker, |context, by| async move {
        context.api.links(context.caller(&by.session), &by.access.token).await
    });
    Ok(listed.await?.1)
}

/// Removes a link.
pub(crate) async fn remove<A: Api>(context: &Context<A>, id: &str) -> Result<(), SessionError> {
    let id = &LinkId::parse(id).ok_or(SessionError::PathNotAllowed)?;
    let asker = &mut Asker::present(&context.core);
    authorized(context, asker, |context, by| async move {
        context.api.remove_link(context.caller(&by.session), id, &by.access.token).await
    })
    .await?;
    Ok(())
}
