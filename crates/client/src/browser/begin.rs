//! Begins a request in the browser: the device's identity and the listener first, then the server,
//! then the browser. A step that fails leaves an earlier request as it is.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};

use crate::Consent;
use crate::api::{Api, BrowserBegin, BrowserGoal, BrowserRequest, BrowserWay};
use crate::browser::finish::caller;
use crate::browser::flow::Flow;
use crate::browser::listener::Listener;
use crate::browser::running::{Delivery, Goal, Running};
use crate::browser::system::SystemBrowser;
use crate::browser::task::{self, Job};
use crate::browser::view::{BrowserMode, BrowserPurpose, BrowserStage, BrowserView};
use crate::call::{Asker, authorized};
use crate::context::Context;
use crate::error::SessionError;
use crate::pending::NewSignIn;
use crate::reasons::SignedOutReason;
use crate::sign_in;
use crate::state::SessionState;

/// How many results may wait while one is being used.
const MAX_DELIVERIES: usize = 4;

/// What the user wants to do in the browser.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BrowserStart {
    /// How, if the user has chosen in the window.
    pub way: Option<BrowserWay>,
    /// Whether the browser is on another device.
    pub other_device: bool,
    /// The language of the page, as a BCP 47 tag; the browser's otherwise.
    pub language: Option<String>,
    /// The user's consent, as for a sign-in with a password.
    pub consent: Consent,
}

/// Begins a request for `purpose`, and opens the browser unless it is on another device.
pub(crate) async fn start<A: Api>(
    context: &Context<A>,
    purpose: BrowserPurpose,
    start: BrowserStart,
    browser: Arc<dyn SystemBrowser>,
) -> Result<(), SessionError> {
    let core = &context.core;
    let _permit = core.begin_sign_in().ok_or(SessionError::SignInInProgress)?;
    let listener = if start.other_device { None } else { listen().await };
    let port = listener.as_ref().map(Listener::port);
    let (goal, begun) = match purpose {
        BrowserPurpose::SignIn => sign_in(context, &start, port).await?,
        BrowserPurpose::Confirm => of_session(context, BrowserGoal::Confirm, &start, port).await?,
        BrowserPurpose::Passkey => passkey(context, &start, port).await?,
        BrowserPurpose::Link => of_session(context, BrowserGoal::Link, &start, port).await?,
    };
    if !core.settings.server_url.has_origin_of(&begun.url) {
        tracing::warn!("the server names a page of another server: it is not opened");
        task::cancel_at_server(context, goal, begun.id);
        return Err(SessionError::ServerAnswerInvalid);
    }
    if !goal.is_wanted(&core.state()) {
        task::cancel_at_server(context, goal, begun.id);
        return Err(SessionError::Superseded);
    }
    if matches!(goal, Goal::SignIn(..)) {
        context.drop_new_pending();
    }
    let view = BrowserView {
        purpose,
        stage: BrowserStage::Waiting,
        mode: if listener.is_some() { BrowserMode::Here } else { BrowserMode::Other },
        way: start.way,
        url: begun.url.to_string(),
        expires_at: core.now().plus(begun.expires_in).seconds(),
        not_opened: None,
        error: None,
        suggested_name: None,
    };
    run(context, goal, begun, view, listener, browser);
    Ok(())
}

/// Shows the request, and starts the task that follows it.
fn run<A: Api>(
    context: &Context<A>,
    goal: Goal,
    begun: BrowserRequest,
    view: BrowserView,
    listener: Option<Listener>,
    browser: Arc<dyn SystemBrowser>,
) {
    let (deliveries, received) = mpsc::channel(MAX_DELIVERIES);
    let (stop, stopped) = oneshot::channel();
    if let Some(listener) = listener {
        let deliveries = deliveries.clone();
        let receive = move |result| {
            // A full queue has the same result already: browsers ask twice.
            let _ = deliveries.try_send(Delivery { result, reply: None });
        };
        tokio::spawn(listener.serve(begun.id.clone(), Arc::new(receive), stopped));
    }
    let memory = &context.memory.browser;
    let (number, result, is_in_use) = (memory.number(), Arc::default(), Arc::default());
    let opens = (view.mode == BrowserMode::Here).then_some(browser);
    context.core.show_browser(Flow { number, view });
    let job = Job {
        number,
        request: begun.id.clone(),
        goal: goal.clone(),
        interval: Duration::from_secs(begun.interval.into()),
        deadline: context.core.clock.steady() + Duration::from_secs(begun.expires_in.unsigned_abs()),
        result: Arc::clone(&result),
        is_in_use: Arc::clone(&is_in_use),
    };
    let mut running = memory.running();
    let task = tokio::spawn(task::run(context.clone(), job, received, stop)).abort_handle();
    let request = begun.id;
    *running = Some(Running { number, request, goal, deliveries, result, is_in_use, task: Some(task) });
    drop(running);
    if let Some(browser) = opens {
        task::open(&context.core, number, begun.url.into(), browser);
    }
}

/// The listener; `None` if this computer allows none: then the user types the result.
async fn listen() -> Option<Listener> {
    Listener::bind()
        .await
        .inspect_err(|error| tracing::warn!(%error, "this computer allows no listener; the result is typed"))
        .ok()
}

async fn sign_in<A: Api>(
    context: &Context<A>,
    start: &BrowserStart,
    port: Option<u16>,
) -> Result<(Goal, BrowserRequest), SessionError> {
    let core = &context.core;
    let new = sign_in::begin(core, start.consent, None).await?;
    let new = Arc::new(NewSignIn { asks_before_replacing: true, ..NewSignIn::clone(&new) });
    let (epoch, has_left) = {
        let state = core.state();
        let has_left = matches!(state.session(), SessionState::SignedOut(SignedOutReason::SignedOut));
        (state.epoch(), has_left)
    };
    let begin = BrowserBegin {
        goal: BrowserGoal::SignIn,
        way: start.way.as_ref(),
        port,
        language: start.language.as_deref(),
        device_name: new.identity.device_name.as_deref(),
        // The provider still knows who has signed out here.
        select_account: has_left || context.memory.browser.chooses_account(),
    };
    let goal = Goal::SignIn(Arc::clone(&new), epoch);
    let reply = context.api.begin_browser(caller(context, &goal), &begin, None).await;
    let outcome = context.record_contact(reply).map_err(SessionError::from);
    core.publish();
    if outcome.as_ref().err() == Some(&SessionError::BrowserUnavailable) {
        context.memory.options.forget();
    }
    Ok((goal, outcome?))
}

/// A request of a session: `goal` is a confirmation or a link.
async fn of_session<A: Api>(
    context: &Context<A>,
    goal: BrowserGoal,
    start: &BrowserStart,
    port: Option<u16>,
) -> Result<(Goal, BrowserRequest), SessionError> {
    let begin = &BrowserBegin {
        goal,
        way: start.way.as_ref(),
        port,
        language: start.language.as_deref(),
        device_name: None,
        // The account that the browser happens to be signed in with is not linked unasked.
        select_account: goal == BrowserGoal::Link,
    };
    let asker = &mut Asker::present(&context.core);
    let (epoch, begun) = authorized(context, asker, |context, by| async move {
        context.api.begin_browser(context.caller(&by.session), begin, Some(&by.access.token)).await
    })
    .await?;
    let session = context.core.state().active().cloned().ok_or(SessionError::NotSignedIn)?;
    let goal = match goal {
        BrowserGoal::Link => Goal::Link(epoch, session),
        BrowserGoal::Confirm | BrowserGoal::SignIn => Goal::Confirm(epoch, session),
    };
    Ok((goal, begun))
}

async fn passkey<A: Api>(
    context: &Context<A>,
    start: &BrowserStart,
    port: Option<u16>,
) -> Result<(Goal, BrowserRequest), SessionError> {
    // A passkey is never added over another device.
    let port = port.ok_or(SessionError::OtherDeviceOff)?;
    let asker = &mut Asker::present(&context.core);
    let (epoch, begun) = authorized(context, asker, |context, by| async move {
        let language = start.language.as_deref();
        context.api.add_passkey(context.caller(&by.session), port, language, &by.access.token).await
    })
    .await?;
    let session = context.core.state().active().cloned().ok_or(SessionError::NotSignedIn)?;
    Ok((Goal::Passkey(epoch, session), begun))
}
