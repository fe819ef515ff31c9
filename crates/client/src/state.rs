//! The client's current state, and the transitions between the states. Pure: no lock, no I/O, no
//! clock. Every sign-in, sign-out and end raises the epoch, so that a late response can be
//! recognised.

use std::sync::Arc;
use std::time::Duration;

use latchkey_token::UnixTime;

use crate::access_token::AccessToken;
use crate::browser::flow::Flow;
use crate::device::KeyPlace;
use crate::lease_warning::warning;
use crate::load_fault::LoadFault;
use crate::reasons::{Ended, HeldCause, HeldReason, SignedOutReason};
use crate::secret_error::SecretError;
use crate::storage::Record;
use crate::storage_fault::StorageFault;
use crate::verified_session::VerifiedSession;
use crate::view::{AccountName, AccountView, ConnectionView, LeaseView, PendingView, StateView};

/// Counts the sessions that followed each other in this process.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Epoch {
    sessions: u64,
    /// How often the user has signed in or out here.
    acts: u64,
}

/// The three states of the session.
#[derive(Clone)]
pub(crate) enum SessionState {
    /// No account is signed in.
    SignedOut(SignedOutReason),
    /// A session may be there, but cannot be opened now.
    Locked(Lock),
    /// A verified session.
    Active(Arc<VerifiedSession>),
}

impl Default for SessionState {
    fn default() -> Self {
        Self::SignedOut(SignedOutReason::NeverSignedIn)
    }
}

/// Why a session cannot be opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lock {
    /// The device's secret cannot be read.
    Secret(SecretError),
    /// The stored document cannot be read.
    StoreUnreadable(StorageFault),
    /// A newer version of the app has written the stored document.
    StoreNewer,
    /// The device id cannot be read.
    DeviceId(StorageFault),
}

/// The document on disk as this process knows it.
#[derive(Clone, Default)]
pub(crate) struct Stored {
    /// The document as it was last read or written.
    pub(crate) last_read: Option<Vec<u8>>,
    /// Whether it is the document of an earlier version of the app, which this device adopts at its
    /// next write.
    pub(crate) is_former: bool,
    /// Why the document could not be read, or understood: a newer version has written it. Nothing
    /// is written over it then.
    pub(crate) unread: Option<StorageFault>,
    pub(crate) record: Record,
}

/// The sign-in that waits for a second factor, without its challenge and key.
#[derive(Clone)]
pub(crate) struct PendingState {
    pub(crate) view: PendingView,
    /// The session that continues with it; `None`: it begins a new one.
    pub(crate) continues: Option<Epoch>,
    /// Whether a factor is being set up. A renewal would make a newer challenge, and the server
    /// would forget this one.
    pub(crate) is_enrolling: bool,
}

/// Everything that the client knows.
#[derive(Default)]
pub(crate) struct State {
    session: SessionState,
    epoch: Epoch,
    /// How often the user has signed out in this process.
    sign_outs: u64,
    pub(crate) stored: Stored,
    /// Sign-out tokens that are not on disk. They wait until they are delivered, or written with
    /// the next change of the record; a read from disk does not remove them.
    pub(crate) waiting_tokens: Vec<String>,
    /// The fault of the last read of the stored session, which is in the log.
    pub(crate) load_fault: Option<LoadFault>,
    pub(crate) connection: ConnectionView,
    access: Option<AccessToken>,
    /// Why the session is in memory only; `None` if it is on disk.
    pub(crate) not_persisted: Option<StorageFault>,
    /// How many other devices use the same key.
    pub(crate) shared_with: u32,
    /// How many notices this session can read, as the server reported last.
    pub(crate) notices: u32,
    /// When the server ended the last session, and from where.
    ended: Option<Ended>,
    pending: Option<PendingState>,
    /// The request in the browser.
    browser: Option<Flow>,
    /// The account of a complete sign-in that waits for the user's answer.
    other_account: Option<AccountName>,
}

impl State {
    /// The session.
    pub(crate) fn session(&self) -> &SessionState {
        &self.session
    }

    /// The verified session, if there is one.
    pub(crate) fn active(&self) -> Option<&Arc<VerifiedSession>> {
        match &self.session {
            SessionState::Active(session) => Some(session),
            _ => None,
        }
    }

    /// The id of the verified session, if there is one.
    pub(crate) fn sid(&self) -> Option<&str> {
        self.active().map(|session| &*session.claims.sid)
    }

    /// Why the session cannot be opened, if it is locked.
    pub(crate) fn lock(&self) -> Option<Lock> {
        match self.session {
            SessionState::Locked(lock) => Some(lock),
            _ => None,
        }
    }

    /// Changes with every session; equal epochs mean the same session.
    pub(crate) fn epoch(&self) -> Epoch {
        self.epoch
    }

    /// Whether the current session may continue what was begun for `account` in `epoch`: it is the
    /// same account's, and the user has not signed in or out here since. So it is the same session,
    /// or another process of this profile has signed in. `None`: no account was known then.
    pub(crate) fn continues(&self, epoch: Epoch, account: Option<&str>) -> bool {
        let is_same = |session: &Arc<VerifiedSession>| account.is_none_or(|sub| session.claims.sub == sub);
        !self.is_left(epoch) && self.active().is_some_and(is_same)
    }

    /// Whether the user has signed in or out in this process since `epoch`.
    pub(crate) fn is_left(&self, epoch: Epoch) -> bool {
        self.epoch.acts != epoch.acts
    }

    /// How often the user has signed out in this process.
    pub(crate) fn sign_outs(&self) -> u64 {
        self.sign_outs
    }

    /// The access token of the session.
    pub(crate) fn access(&self) -> Option<&AccessToken> {
        self.access.as_ref()
    }

    /// The place of the current session's key.
    pub(crate) fn key_place(&self) -> Option<KeyPlace> {
        let stored = self.stored.record.sealed.as_ref().and(self.stored.record.key_place);
        self.active().map_or(stored, |session| session.key_place)
    }

    /// Replaces the state with the document read from disk. The epoch stays if the session is the
    /// same.
    pub(crate) fn load(&mut self, stored: Stored, session: SessionState) {
        let before = self.sid().map(str::to_owned);
        self.ended.clone_from(&stored.record.ended_how);
        self.stored = stored;
        self.session = session;
        if before.as_deref() != self.sid() {
            self.end_epoch();
        }
    }

    /// A sign-in has succeeded.
    pub(crate) fn start_session(&mut self, session: VerifiedSession) {
        self.session = SessionState::Active(Arc::new(session));
        self.count_act();
        self.end_epoch();
    }

    /// The session continues with newer tokens, or a newer time.
    pub(crate) fn update_session(&mut self, session: VerifiedSession) {
        self.session = SessionState::Active(Arc::new(session));
    }

    /// The session has ended; `ended`: when and from where, if the server ended it.
    pub(crate) fn end_session(&mut self, reason: SignedOutReason, ended: Option<Ended>) {
        self.session = SessionState::SignedOut(reason);
        self.ended = ended;
        self.not_persisted = None;
        self.end_epoch();
    }

    /// The user signs out, whether or not an account is signed in: a sign-in in progress is given
    /// up.
    pub(crate) fn count_sign_out(&mut self) {
        self.sign_outs = self.sign_outs.wrapping_add(1);
        self.count_act();
    }

    /// Stores an access token for the current session.
    pub(crate) fn set_access(&mut self, access: AccessToken) {
        self.access = Some(access);
    }

    /// Stores the access token of a renewal, unless the user has just confirmed the present one,
    /// which lasts for `seconds` more: the newer one does not carry the confirmation.
    pub(crate) fn renew_access(
        &mut self,
        access: AccessToken,
        seconds: i64,
        now: UnixTime,
        steady: Duration,
    ) {
        let is_kept = |present: &AccessToken| present.is_confirmed && present.lasts(seconds, now, steady);
        if !self.access.as_ref().is_some_and(is_kept) {
            self.access = Some(access);
        }
    }

    /// Shows a pending sign-in, in place of an earlier one.
    pub(crate) fn set_pending(&mut self, pending: Option<PendingState>) {
        self.pending = pending;
    }

    /// The request in the browser, to change or replace.
    pub(crate) fn browser_mut(&mut self) -> &mut Option<Flow> {
        &mut self.browser
    }

    /// The request in the browser.
    pub(crate) fn browser(&self) -> Option<&Flow> {
        self.browser.as_ref()
    }

    /// Shows the account of a sign-in that waits for the user's answer; `None`: it waits no more.
    pub(crate) fn set_other_account(&mut self, account: Option<AccountName>) {
        self.other_account = account;
    }

    /// The account of a sign-in that waits for the user's answer.
    pub(crate) fn other_account(&self) -> Option<&AccountName> {
        self.other_account.as_ref()
    }

    /// The session continues without a factor: the requirement was lifted, or is met.
    pub(crate) fn end_wait(&mut self) {
        self.pending.take_if(|pending| pending.continues.is_some());
    }

    /// Whether a sign-in is pending, expired or not.
    pub(crate) fn has_pending(&self) -> bool {
        self.pending.is_some()
    }

    /// The pending sign-in, until it expires, or until the session that continues with it is left.
    pub(crate) fn pending(&self, now: UnixTime) -> Option<&PendingState> {
        self.pending.as_ref().filter(|pending| {
            let is_current = pending.continues.is_none_or(|epoch| epoch == self.epoch);
            is_current && now.seconds() < pending.view.expires_at
        })
    }

    /// Forgets the access token of the session of `epoch`.
    pub(crate) fn drop_access(&mut self, epoch: Epoch) {
        self.access.take_if(|_| self.epoch == epoch);
    }

    /// The account of the session of `epoch` must have a second factor first. Nothing ends.
    pub(crate) fn hold_for_factor(&mut self, epoch: Epoch) {
        self.hold(epoch, |session| session.lacks_factor = true);
    }

    /// The server does not know the session of `epoch`. Nothing ends.
    pub(crate) fn hold_unknown(&mut self, epoch: Epoch) {
        self.hold(epoch, |session| session.is_unknown = true);
    }

    /// The provider of the session of `epoch` asks for a new sign-in. Nothing ends.
    pub(crate) fn hold_for_provider(&mut self, epoch: Epoch) {
        self.hold(epoch, |session| session.needs_provider = true);
    }

    fn hold(&mut self, epoch: Epoch, why: impl FnOnce(&mut VerifiedSession)) {
        if self.epoch == epoch
            && let SessionState::Active(session) = &mut self.session
        {
            why(Arc::make_mut(session));
            self.access = None;
        }
    }

    /// A silent check finds a locked keychain, and no more. The result of the user's prompt
    /// (`before`) is retained.
    pub(crate) fn keep_answer(&mut self, before: Option<Lock>) {
        if let SessionState::Locked(Lock::Secret(now @ SecretError::Locked)) = &mut self.session
            && let Some(Lock::Secret(before @ (SecretError::NoPrompter | SecretError::Denied))) = before
        {
            *now = before;
        }
    }

    /// The state as the window shows it at `now`.
    pub(crate) fn view(&self, now: UnixTime) -> StateView {
        match &self.session {
            SessionState::SignedOut(reason) => {
                StateView::SignedOut { reason: *reason, ended: self.ended.clone() }
            }
            SessionState::Locked(lock) => StateView::Held { reason: lock.reason(), cause: lock.cause() },
            SessionState::Active(session) => match session.held_reason(now) {
                Some(reason) => StateView::Held { reason, cause: None },
                None => self.signed_in(session, now),
            },
        }
    }

    fn signed_in(&self, session: &VerifiedSession, now: UnixTime) -> StateView {
        let claims = &session.claims;
        StateView::SignedIn {
            account: AccountView {
                username: claims.profile.preferred_username.clone(),
                given_name: claims.profile.given_name.clone(),
                family_name: claims.profile.family_name.clone(),
                email: claims.profile.email.clone(),
                signed_in_at: claims.auth_time.seconds(),
            },
            lease: LeaseView {
                ends_at: claims.exp.seconds(),
                kept: self.not_persisted.is_none(),
                cause: self.not_persisted,
            },
            connection: self.connection,
            notices: self.notices,
            warning: warning(now, self.connection == ConnectionView::Offline, claims.exp, session.ends_at()),
        }
    }

    fn end_epoch(&mut self) {
        self.epoch.sessions = self.epoch.sessions.wrapping_add(1);
        self.access = None;
        self.notices = 0;
    }

    /// The user has signed in or out: whatever was under way for it is over.
    fn count_act(&mut self) {
        (self.pending, self.browser, self.other_account) = (None, None, None);
        self.epoch.acts = self.epoch.acts.wrapping_add(1);
    }
}

impl Lock {
    /// The reason that the window shows.
    pub(crate) fn reason(self) -> HeldReason {
        match self {
            Self::Secret(error) if error.is_lock() => HeldReason::KeychainLocked,
            Self::Secret(_) => HeldReason::KeychainUnavailable,
            Self::StoreUnreadable(_) => HeldReason::StoreUnreadable,
            Self::StoreNewer => HeldReason::StoreNewer,
            Self::DeviceId(_) => HeldReason::DeviceIdUnavailable,
        }
    }

    fn cause(self) -> Option<HeldCause> {
        match self {
            Self::Secret(error) => Some(error.into()),
            Self::StoreUnreadable(fault) | Self::DeviceId(fault) => Some(fault.into()),
            Self::StoreNewer => None,
        }
    }
}

#[cfg(test)]
mod tests;
