//! Calls to the API with the access token, which is renewed when it is about to expire. The outcome
//! belongs to the session of the call: if that was left in the meantime, the outcome is dropped.
//! Refuses to send the call of one account with the token of another.

use std::sync::Arc;

use crate::access_token::{AccessToken, RENEW_AHEAD_SECONDS};
use crate::api::{Api, ApiError, ApiResponse, GetRequest, Reply, SendRequest};
use crate::context::Context;
use crate::core::Core;
use crate::error::SessionError;
use crate::renew::renew;
use crate::session_end::{Failed, after_error};
use crate::state::{Epoch, State};
use crate::verified_session::VerifiedSession;

/// The token and key of a call.
#[derive(Clone)]
pub(crate) struct Authorization {
    pub(crate) epoch: Epoch,
    pub(crate) session: Arc<VerifiedSession>,
    pub(crate) access: AccessToken,
}

/// Who has asked for a call: the account, and the moment.
pub(crate) struct Asker {
    epoch: Epoch,
    /// `None` until a session is known.
    account: Option<String>,
}

impl Asker {
    /// The account that is signed in at this moment.
    pub(crate) fn present(core: &Core) -> Self {
        let state = core.state();
        Self { epoch: state.epoch(), account: state.active().map(|session| session.claims.sub.clone()) }
    }

    /// The epoch at the time of asking.
    pub(crate) fn epoch(&self) -> Epoch {
        self.epoch
    }

    fn check(&self, state: &State) -> Result<(), SessionError> {
        let continues = state.continues(self.epoch, self.account.as_deref());
        if continues { Ok(()) } else { Err(SessionError::NotSignedIn) }
    }
}

/// Sends a `GET`; also returns the epoch of the session that asked.
pub(crate) async fn get<A: Api>(
    context: &Context<A>,
    asker: &mut Asker,
    request: &GetRequest<'_>,
) -> Result<(Epoch, ApiResponse), SessionError> {
    if context.core.settings.server_url.join(request.path).is_none() {
        return Err(SessionError::PathNotAllowed);
    }
    authorized(context, asker, |context, by| async move {
        context.api.get(context.caller(&by.session), request, &by.access.token).await
    })
    .await
}

/// Sends a request that may change something to a path that is not reserved.
pub(crate) async fn send<A: Api>(
    context: &Context<A>,
    request: &SendRequest<'_>,
) -> Result<ApiResponse, SessionError> {
    if context.core.settings.server_url.join_to_send(request.path).is_none() {
        return Err(SessionError::PathNotAllowed);
    }
    request.check()?;
    let asker = &mut Asker::present(&context.core);
    let sent = authorized(context, asker, |context, by| async move {
        context.api.send(context.caller(&by.session), request, &by.access.token).await
    });
    Ok(sent.await?.1)
}

/// Makes a call with the access token; once more with a new one if the server refuses it. Returns
/// the epoch of the session that asked, too.
///
/// # Errors
/// [`SessionError::NotSignedIn`] if the session of `asker` was left, before or after the call was
/// sent; why there is no response.
pub(crate) async fn authorized<A, T, F>(
    context: &Context<A>,
    asker: &mut Asker,
    call: impl Fn(Context<A>, Authorization) -> F,
) -> Result<(Epoch, T), SessionError>
where
    A: Api,
    F: Future<Output = Reply<T>>,
{
    let (by, outcome) = match attempt(context, asker, &call).await? {
        (by, Err(ApiError::TokenRefused)) => {
            context.core.drop_access(by.epoch);
            attempt(context, asker, &call).await?
        }
        other => other,
    };
    let error = match outcome {
        Ok(value) => return belonging(&context.core, by.epoch, value),
        Err(error) => with_reason(context, error, &by).await,
    };
    match after_error(context, error, by.epoch, &by.session).await {
        Failed::For(error) => Err(error),
        // An ended session is refused before the call is handled, so nothing was done.
        Failed::Overtaken => {
            let (by, outcome) = attempt(context, asker, &call).await?;
            belonging(&context.core, by.epoch, outcome?)
        }
    }
}

/// An end with its reason, time and device: the server reports them to the session token only.
async fn with_reason<A: Api>(context: &Context<A>, error: ApiError, by: &Authorization) -> ApiError {
    if !matches!(&error, ApiError::Ended(end) if end.how.is_none()) {
        return error;
    }
    let session = &by.session;
    let reply = context.api.renew(context.caller(session), &session.stored.token).await;
    match context.record_contact(reply) {
        Err(ApiError::Ended(end)) => ApiError::Ended(end),
        // It is alive: what the server said was of another one.
        Ok(_) => ApiError::Refused,
        Err(_) => error,
    }
}

/// `value`, unless the session that asked for it was left in the meantime.
fn belonging<T>(core: &Core, epoch: Epoch, value: T) -> Result<(Epoch, T), SessionError> {
    if core.state().epoch() == epoch { Ok((epoch, value)) } else { Err(SessionError::NotSignedIn) }
}

async fn attempt<A, T, F>(
    context: &Context<A>,
    asker: &mut Asker,
    call: &impl Fn(Context<A>, Authorization) -> F,
) -> Result<(Authorization, Result<T, ApiError>), SessionError>
where
    A: Api,
    F: Future<Output = Reply<T>>,
{
    let by = authorization(context, asker).await?;
    let outcome = context.record_contact(call(context.clone(), by.clone()).await);
    context.core.publish();
    Ok((by, outcome))
}

/// The asker's session, or the one by which another process has replaced it, and a token that is
/// valid for a while yet.
async fn authorization<A: Api>(
    context: &Context<A>,
    asker: &mut Asker,
) -> Result<Authorization, SessionError> {
    if asker.account.is_some() {
        asker.check(&context.core.state())?;
    }
    if !has_fresh_access(&context.core) {
        renew(context).await?;
    }
    let state = context.core.state();
    asker.check(&state)?;
    let session = state.active().zip(state.access());
    let (session, access) = session.ok_or(SessionError::NotSignedIn)?;
    asker.account = Some(session.claims.sub.clone());
    Ok(Authorization { epoch: state.epoch(), session: Arc::clone(session), access: access.clone() })
}

/// Whether the access token need not be renewed yet.
pub(crate) fn has_fresh_access(core: &Core) -> bool {
    let (now, steady) = (core.now(), core.clock.steady());
    core.state().access().is_some_and(|access| access.lasts(RENEW_AHEAD_SECONDS, now, steady))
}
