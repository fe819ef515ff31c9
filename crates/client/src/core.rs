//! The parts that all operations share: the state, the write lock, the device and the clock. Has no
//! API, so work under the write lock cannot reach the network.

use std::ops::Deref;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use latchkey_token::{DeviceKey, TokenKind, UnixTime, Verifier};
use tokio::sync::{Notify, watch};

use crate::access_token::AccessToken;
use crate::browser::flow::Flow;
use crate::clock::{Clock, CorrectedClock};
use crate::device::{Device, DeviceId, DeviceIdError};
use crate::error::SessionError;
use crate::keychain_queue::KeychainQueue;
use crate::settings::Settings;
use crate::state::{Epoch, PendingState, State};
use crate::storage::Store;
use crate::storage_fault::StorageFault;
use crate::verified_session::VerifiedSession;
use crate::view::{AccountName, ConnectionView, DeviceView, SessionView};
use crate::write_lock::{WorkLost, WriteGuard, WriteLock};

/// The client without its API.
pub(crate) struct Core {
    pub(crate) device: Arc<dyn Device>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) corrected: CorrectedClock,
    pub(crate) settings: Settings,
    pub(crate) keychain: KeychainQueue,
    state: Mutex<State>,
    /// The device id as it was last read.
    known_id: Mutex<Option<DeviceId>>,
    write_lock: WriteLock,
    is_signing_in: AtomicBool,
    views: watch::Sender<Option<SessionView>>,
    /// Ends the pause of the background task.
    pub(crate) wake: Notify,
}

/// The state, to read.
pub(crate) struct StateRef<'a>(MutexGuard<'a, State>);

/// The only sign-in in progress, until it is dropped.
pub(crate) struct SignInPermit<'a>(&'a AtomicBool);

impl Core {
    pub(crate) fn new(
        settings: Settings,
        store: Arc<dyn Store>,
        device: Arc<dyn Device>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self {
            device,
            clock,
            corrected: CorrectedClock::default(),
            settings,
            keychain: KeychainQueue::default(),
            state: Mutex::default(),
            known_id: Mutex::default(),
            write_lock: WriteLock::new(store),
            is_signing_in: AtomicBool::new(false),
            views: watch::Sender::new(None),
            wake: Notify::new(),
        }
    }

    /// The state at this moment. Never hold it across a call that may block.
    pub(crate) fn state(&self) -> StateRef<'_> {
        StateRef(self.lock_state())
    }

    /// The state, to change. The guard shows that no other change is in progress.
    pub(crate) fn change(&self, _: &mut WriteGuard) -> MutexGuard<'_, State> {
        self.lock_state()
    }

    /// Notes whether the server was reached at the last contact.
    pub(crate) fn set_connection(&self, connection: ConnectionView) {
        self.lock_state().connection = connection;
    }

    /// Shows a pending sign-in, if it is still wanted in this state. Returns whether it is.
    pub(crate) fn show_pending(&self, pending: PendingState, is_wanted: impl FnOnce(&State) -> bool) -> bool {
        let mut state = self.lock_state();
        let is_wanted = is_wanted(&state);
        if is_wanted {
            state.set_pending(Some(pending));
        }
        is_wanted
    }

    /// Shows no pending sign-in any more.
    pub(crate) fn hide_pending(&self) {
        self.lock_state().set_pending(None);
    }

    /// Shows a request in the browser, in place of an earlier one.
    pub(crate) fn show_browser(&self, flow: Flow) {
        *self.lock_state().browser_mut() = Some(flow);
        self.publish();
    }

    /// Changes the request in the browser, if it is still this one.
    pub(crate) fn change_browser(&self, number: u64, change: impl FnOnce(&mut Flow)) {
        if let Some(flow) = self.lock_state().browser_mut().as_mut().filter(|flow| flow.number == number) {
            change(flow);
        }
        self.publish();
    }

    /// Shows that request no more.
    pub(crate) fn hide_browser(&self, number: u64) {
        self.lock_state().browser_mut().take_if(|flow| flow.number == number);
        self.publish();
    }

    /// Shows the account of a sign-in that waits for the user's answer; `None`: it waits no more.
    pub(crate) fn show_other_account(&self, account: Option<AccountName>) {
        self.lock_state().set_other_account(account);
        self.publish();
    }

    /// Notes how many notices the session of `epoch` can read.
    pub(crate) fn set_notices(&self, epoch: Epoch, notices: u32) {
        let mut state = self.lock_state();
        if state.epoch() == epoch {
            state.notices = notices;
        }
    }

    /// Uses the access token that the user has confirmed for the next calls of the session of
    /// `epoch`.
    pub(crate) fn set_confirmed(&self, epoch: Epoch, access: AccessToken) {
        let mut state = self.lock_state();
        if state.epoch() == epoch {
            state.set_access(access);
        }
    }

    /// Forgets the access token of the session of `epoch`.
    pub(crate) fn drop_access(&self, epoch: Epoch) {
        self.lock_state().drop_access(epoch);
    }

    /// Runs `work` under the write lock in a blocking thread.
    ///
    /// # Errors
    /// Returns the error of `work`; [`StorageFault::Internal`] if it panicked.
    pub(crate) async fn write<T: Send + 'static>(
        self: &Arc<Self>,
        work: impl FnOnce(&Self, &mut WriteGuard) -> Result<T, SessionError> + Send + 'static,
    ) -> Result<T, SessionError> {
        let core = Arc::clone(self);
        let outcome = self.write_lock.write(move |guard| work(&core, guard)).await;
        outcome.unwrap_or_else(|WorkLost| Err(internal()))
    }

    /// Runs `work` under the write lock in this thread, which may block.
    pub(crate) fn write_here<T>(&self, work: impl FnOnce(&Self, &mut WriteGuard) -> T) -> T {
        self.write_lock.write_here(|guard| work(self, guard))
    }

    /// Runs `work` under the write lock in this thread, unless the lock is held.
    pub(crate) fn try_write<T>(&self, work: impl FnOnce(&Self, &mut WriteGuard) -> T) -> Option<T> {
        self.write_lock.try_write(|guard| work(self, guard))
    }

    /// Runs `work`, which may block, without the write lock.
    ///
    /// # Errors
    /// Returns the error of `work`; [`StorageFault::Internal`] if it panicked.
    pub(crate) async fn blocking<T: Send + 'static>(
        self: &Arc<Self>,
        work: impl FnOnce(&Self) -> Result<T, SessionError> + Send + 'static,
    ) -> Result<T, SessionError> {
        let core = Arc::clone(self);
        tokio::task::spawn_blocking(move || work(&core)).await.unwrap_or_else(|error| {
            tracing::error!(%error, "work in a blocking thread has failed");
            Err(internal())
        })
    }

    /// Runs `work` on the device's secret when all earlier work on it has ended.
    ///
    /// # Errors
    /// Returns the error of `work`; [`StorageFault::Internal`] if it panicked.
    pub(crate) async fn with_keychain<T: Send + 'static>(
        self: &Arc<Self>,
        work: impl FnOnce(&Self) -> Result<T, SessionError> + Send + 'static,
    ) -> Result<T, SessionError> {
        let core = Arc::clone(self);
        self.keychain.add(move || work(&core)).await.unwrap_or_else(|_| Err(internal()))
    }

    /// Begins a sign-in; `None` while another one is in progress.
    pub(crate) fn begin_sign_in(&self) -> Option<SignInPermit<'_>> {
        let was = self.is_signing_in.swap(true, Ordering::SeqCst);
        (!was).then(|| SignInPermit(&self.is_signing_in))
    }

    /// The time to judge by.
    pub(crate) fn now(&self) -> UnixTime {
        self.corrected.now(&*self.clock)
    }

    /// The time that may be stored. A `Date` is not signed, so it never makes this later than this
    /// computer's clock; if it shows that the clock is ahead, the later time is not stored either.
    pub(crate) fn own_time(&self) -> UnixTime {
        self.clock.wall().min(self.now())
    }

    /// A verifier for tokens of this device and key.
    pub(crate) fn verifier(&self, kind: TokenKind, device_id: &str, key: &DeviceKey) -> Verifier {
        let (keys, issuer) = (self.settings.keys.clone(), &self.settings.issuer);
        let verifier = match kind {
            TokenKind::Session => Verifier::new(kind, keys, issuer, device_id),
            TokenKind::Access => {
                Verifier::new(kind, keys, issuer, &self.settings.audience).also_for(device_id)
            }
        };
        verifier.bound_to(key.thumbprint().clone())
    }

    /// The session that may be used at this moment, and its epoch.
    pub(crate) fn usable(&self) -> Option<(Epoch, Arc<VerifiedSession>)> {
        let now = self.now();
        let state = self.state();
        let session = state.active().filter(|session| session.held_reason(now).is_none())?;
        Some((state.epoch(), Arc::clone(session)))
    }

    /// The device id. Reads the disk until there is one.
    ///
    /// # Errors
    /// [`DeviceIdError`].
    pub(crate) fn device_id(&self) -> Result<DeviceId, DeviceIdError> {
        let read = self.device.id();
        *self.known_id.lock().unwrap_or_else(PoisonError::into_inner) = read.as_ref().ok().cloned();
        read
    }

    /// The session as the window shows it, judged at this moment. Touches no disk.
    pub(crate) fn snapshot(&self) -> SessionView {
        let now = self.now();
        let id = self.known_id.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let state = self.state();
        let fingerprint = state.active().map(|session| session.keys.device.thumbprint().to_string());
        SessionView {
            state: state.view(now),
            pending: state.pending(now).map(|pending| pending.view.clone()),
            browser: state.browser().map(|flow| flow.view.clone()),
            other_account: state.other_account().cloned(),
            device: DeviceView {
                id: id.as_ref().map(ToString::to_string),
                id_source: id.map(|id| id.source()),
                key_fingerprint: fingerprint,
                key_place: state.key_place(),
                shared_with: state.shared_with,
                server: self.settings.server_url.to_string(),
                version: self.settings.app_version.clone(),
            },
        }
    }

    /// Receives each snapshot that differs from the previous one.
    pub(crate) fn watch(&self) -> watch::Receiver<Option<SessionView>> {
        self.views.subscribe()
    }

    /// Sends the current snapshot to all watchers, if it is new.
    pub(crate) fn publish(&self) {
        self.views.send_if_modified(|shown| {
            // Taken here, so that an older one is never shown after a newer one.
            let view = self.snapshot();
            let is_new = shown.as_ref() != Some(&view);
            *shown = Some(view);
            is_new
        });
    }

    fn lock_state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn internal() -> SessionError {
    SessionError::NotKept { cause: StorageFault::Internal }
}

impl Deref for StateRef<'_> {
    type Target = State;

    fn deref(&self) -> &State {
        &self.0
    }
}

impl Drop for SignInPermit<'_> {
    fn drop(&mut self) {
        self.0.store(false, Ordering::SeqCst);
    }
}
