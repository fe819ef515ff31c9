//! The user's commands during a request: type the result, open the browser again, give up.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use tokio::sync::oneshot;

use crate::api::Api;
use crate::browser::running::{Delivery, Running};
use crate::browser::system::SystemBrowser;
use crate::browser::{task, typed};
use crate::context::Context;
use crate::error::SessionError;

/// Uses what the user has typed.
///
/// # Errors
/// [`SessionError::MalformedCode`]: nothing was sent. [`SessionError::NothingPending`]: there is no
/// request in this process. Otherwise as a sign-in, or a confirmation.
pub(crate) async fn submit<A: Api>(context: &Context<A>, text: &str) -> Result<(), SessionError> {
    if text.trim().is_empty() {
        return Err(SessionError::CredentialsMissing);
    }
    let (deliveries, request) = match &*context.memory.browser.running() {
        Some(running) => (running.deliveries.clone(), running.request.clone()),
        None => return Err(SessionError::NothingPending),
    };
    let result = typed::result(text, &request).ok_or(SessionError::MalformedCode)?;
    let (reply, outcome) = oneshot::channel();
    let sent = deliveries.send(Delivery { result, reply: Some(reply) }).await;
    sent.map_err(|_| SessionError::BrowserExpired)?;
    outcome.await.unwrap_or(Err(SessionError::BrowserExpired))
}

/// Opens the page once more.
///
/// # Errors
/// [`SessionError::NothingPending`].
pub(crate) async fn open_again<A: Api>(
    context: &Context<A>,
    browser: Arc<dyn SystemBrowser>,
) -> Result<(), SessionError> {
    let flow = context.core.state().browser().cloned();
    let flow = flow.filter(|flow| !flow.view.stage.is_end()).ok_or(SessionError::NothingPending)?;
    let url = flow.view.url;
    let opened = context.core.blocking(move |_| Ok(browser.open(&url))).await?;
    context.core.change_browser(flow.number, |flow| flow.opening(opened));
    opened.map_err(|cause| SessionError::BrowserNotOpened { cause })
}

/// Gives the request up, or closes what it has left on screen.
pub(crate) fn cancel<A: Api>(context: &Context<A>) {
    let core = &context.core;
    let flow = core.state().browser().cloned();
    let Some(flow) = flow.filter(|flow| flow.can_be_cancelled() || flow.view.stage.is_end()) else { return };
    give_up(context);
    core.hide_browser(flow.number);
}

/// The user has left. A result that is being used goes on, and its session is given up at the end.
pub(crate) fn leave<A: Api>(context: &Context<A>) {
    let is_in_use = |running: &Running| running.is_in_use.load(Ordering::SeqCst);
    if !context.memory.browser.running().as_ref().is_some_and(is_in_use) {
        give_up(context);
    }
}

fn give_up<A: Api>(context: &Context<A>) {
    let running = context.memory.browser.running().take();
    if let Some(running) = running {
        task::cancel_at_server(context, running.goal.clone(), running.request.clone());
    }
}
