//! The context of an operation: the API and the core.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::api::{Api, ApiError, Caller, Reply};
use crate::browser::running::BrowserMemory;
use crate::core::Core;
use crate::error::SessionError;
use crate::held_sign_in::HeldSignIn;
use crate::identity::Identity;
use crate::options_cache::OptionsCache;
use crate::pending::{Goal, Pending};
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
    pub(crate) memory: Arc<Memory>,
}

/// What lasts until the process exits, and is never on disk.
#[derive(Default)]
pub(crate) struct Memory {
    /// The sign-in that waits for a second factor.
    pub(crate) pending: Mutex<Option<Arc<Pending>>>,
    /// The identity that has asked for a code last. Only its key can redeem the code.
    pub(crate) asked: Mutex<Option<Identity>>,
    pub(crate) options: OptionsCache,
    /// The request in the browser.
    pub(crate) browser: BrowserMemory,
    /// The complete sign-in of another account, which waits for the user's answer.
    pub(crate) held: Mutex<Option<HeldSignIn>>,
}

impl<A> Clone for Context<A> {
    fn clone(&self) -> Self {
        let (api, core) = (Arc::clone(&self.api), Arc::clone(&self.core));
        Self { api, core, renewals: Arc::clone(&self.renewals), memory: Arc::clone(&self.memory) }
    }
}

impl<A: Api> Context<A> {
    pub(crate) fn new(api: A, core: Core) -> Self {
        Self { api: Arc::new(api), core: Arc::new(core), renewals: Arc::default(), memory: Arc::default() }
    }

    /// `session` as the API's caller.
    pub(crate) fn caller<'a>(&self, session: &'a VerifiedSession) -> Caller<'a> {
        Caller { device_id: &session.device_id, key: &session.keys.device, now: self.core.now() }
    }

    /// Remembers a sign-in that waits for a second factor, in place of an earlier one. Not if the
    /// user has signed out since it began, or the session that it continues was left.
    pub(crate) fn hold(&self, pending: Pending) -> SessionError {
        let error = pending.error();
        let held = self.memory.pending.lock().unwrap_or_else(PoisonError::into_inner);
        let is_held = self.put(held, pending);
        if is_held { error } else { SessionError::Superseded }
    }

    /// Remembers `next` in place of `before`.
    ///
    /// # Errors
    /// [`SessionError::NothingPending`] if the user has given `before` up in the meantime.
    pub(crate) fn hold_next(&self, before: &Arc<Pending>, next: Pending) -> Result<(), SessionError> {
        let held = self.memory.pending.lock().unwrap_or_else(PoisonError::into_inner);
        let is_same = held.as_ref().is_some_and(|held| Arc::ptr_eq(held, before));
        if is_same && self.put(held, next) { Ok(()) } else { Err(SessionError::NothingPending) }
    }

    fn put(&self, mut held: MutexGuard<'_, Option<Arc<Pending>>>, pending: Pending) -> bool {
        let is_wanted = self.core.show_pending(pending.state(), |state| pending.goal.is_wanted(state));
        if is_wanted {
            *held = Some(Arc::new(pending));
        }
        drop(held);
        self.core.publish();
        is_wanted
    }

    /// The pending sign-in; `None` also if the user has signed out since, or the session that it
    /// continues was left.
    pub(crate) fn pending(&self) -> Option<Arc<Pending>> {
        let mut held = self.memory.pending.lock().unwrap_or_else(PoisonError::into_inner);
        let state = self.core.state();
        held.take_if(|pending| !(state.has_pending() && pending.goal.is_wanted(&state)));
        held.clone()
    }

    /// Forgets the pending sign-in and its key.
    pub(crate) fn drop_pending(&self) {
        self.memory.pending.lock().unwrap_or_else(PoisonError::into_inner).take();
        self.core.hide_pending();
    }

    /// Forgets the pending sign-in of a new session: another one begins.
    pub(crate) fn drop_new_pending(&self) {
        if self.pending().is_some_and(|pending| matches!(pending.goal, Goal::New(_))) {
            self.drop_pending();
        }
    }

    /// Forgets the identity that has asked for a code: the sign-in is complete.
    pub(crate) fn forget_asked(&self) {
        self.memory.asked.lock().unwrap_or_else(PoisonError::into_inner).take();
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
