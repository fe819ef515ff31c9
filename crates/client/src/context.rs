//! The context of an operation: the API and the core.

use std::sync::Arc;

use crate::api::{Api, ApiError, Caller, Reply};
use crate::core::Core;
use crate::error::SessionError;
use crate::shared_task::SharedTask;
use crate::state::Epoch;
use crate::verified_session::VerifiedSession;
use crate::view::ConnectionView;

/// The API and the core, to share.
pub(crate) struct Context<A> {
    pub(crate) api: Arc<A>,
    pub(crate) core: Arc<Core>,
    /// The renewal in progress.
    pub(crate) renewals: Arc<SharedTask<Epoch, Result<(), SessionError>>>,
}

impl<A> Clone for Context<A> {
    fn clone(&self) -> Self {
        let (api, core, renewals) =
            (Arc::clone(&self.api), Arc::clone(&self.core), Arc::clone(&self.renewals));
        Self { api, core, renewals }
    }
}

impl<A: Api> Context<A> {
    pub(crate) fn new(api: A, core: Core) -> Self {
        Self { api: Arc::new(api), core: Arc::new(core), renewals: Arc::default() }
    }

    /// `session` as the API's caller.
    pub(crate) fn caller<'a>(&self, session: &'a VerifiedSession) -> Caller<'a> {
        Caller { device_id: &session.device_id, key: &session.keys.device, now: self.core.now() }
    }

    /// Records from a response the time and whether the server is reachable. Only a response that
    /// is the server's, over a connection that authenticates the server, sets the time.
    pub(crate) fn record_contact<T>(&self, reply: Reply<T>) -> Result<T, ApiError> {
        if let Some(date) = reply.date.filter(|_| reply.understood && self.api.is_authenticated()) {
            self.core.corrected.learn(date, &*self.core.clock);
        }
        let is_reachable = match reply.outcome {
            Err(ApiError::Unreachable(_) | ApiError::Unavailable | ApiError::InvalidResponse) => false,
            // A gateway or a portal throttles too.
            Err(ApiError::Throttled { .. }) => reply.understood,
            _ => true,
        };
        self.core.set_connection(if is_reachable { ConnectionView::Online } else { ConnectionView::Offline });
        reply.outcome
    }
}
