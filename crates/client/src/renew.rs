//! Renewal: a new access token, and in time a new session token, for the proof of the old one. Callers at the same time
//! share one request; a lost reply costs nothing, for nothing was used up.

use std::sync::{Arc, Mutex, PoisonError};

use latchkey_token::{LEEWAY_SECONDS, UnixTime};

use crate::api::{Api, ApiError, Tokens};
use crate::auth_client::{AuthClient, Memory};
use crate::device::Patience;
use crate::error::SessionError;
use crate::load::{SessionState, VerifiedSession};
use crate::persist::REMEMBER_SECONDS;
use crate::secret_error::SecretError;
use crate::storage_fault::StorageFault;
use crate::view::SessionView;

/// How often a renewal has ended, and how the last one did.
#[derive(Default)]
pub(crate) struct Renewals(Mutex<(u64, Option<Result<(), SessionError>>)>);

/// What came of a call that failed.
pub(crate) enum Failed {
    /// The error is the outcome.
    For(SessionError),
    /// The session that was asked for is over, but another process has signed in meanwhile: its
    /// session is loaded.
    Overtaken,
}

impl Renewals {
    pub(crate) fn count(&self) -> u64 {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).0
    }

    /// The outcome of a renewal that ended after there had been `count`.
    pub(crate) fn since(&self, count: u64) -> Option<Result<(), SessionError>> {
        let (now, last) = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        last.filter(|_| now > count)
    }

    pub(crate) fn ended(&self, outcome: Result<(), SessionError>) {
        let mut renewals = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *renewals = (renewals.0.wrapping_add(1), Some(outcome));
    }
}

impl<A: Api> AuthClient<A> {
    /// Renews now, because the person asks. A keychain that was locked may be unlocked for it.
    ///
    /// # Errors
    /// Why there was no renewal; the session is kept unless the server has ended it.
    pub async fn check_in(self: &Arc<Self>) -> Result<SessionView, SessionError> {
        self.retry_unlock(Patience::Person).await;
        // The person asked for the key: what they are to know is why it cannot be had.
        if let Some(trouble) = self.secret_error() {
            return Err(trouble.into());
        }
        self.renew().await?;
        Ok(self.snapshot())
    }

    /// Why the key of the session is out of reach, if it is.
    pub(crate) fn secret_error(&self) -> Option<SecretError> {
        match self.memory().loaded {
            SessionState::Locked(_, trouble) => trouble,
            _ => None,
        }
    }

    /// A look that asks no one finds a locked keychain, and no more. What came of asking a person
    /// stays known.
    pub(crate) fn keep_finding(&self, before: Option<SecretError>) {
        if let SessionState::Locked(_, Some(now @ SecretError::Locked)) = &mut self.memory().loaded
            && let Some(before @ (SecretError::NoPrompter | SecretError::Denied)) = before
        {
            *now = before;
        }
    }

    /// Tries again to open a session whose key was out of reach.
    pub(crate) async fn retry_unlock(self: &Arc<Self>, patience: Patience) {
        if !self.is_out_of_reach() {
            return;
        }
        let _guard = self.write_lock.lock().await;
        if !self.is_out_of_reach() {
            return;
        }
        let _ = self
            .blocking(move |session| {
                let before = session.secret_error();
                session.load(patience);
                session.keep_finding(before);
                Ok(())
            })
            .await;
        self.publish();
    }

    /// Renews, or waits for the renewal that is under way and takes its outcome.
    pub(crate) async fn renew(self: &Arc<Self>) -> Result<(), SessionError> {
        let count = self.renewals.count();
        let _guard = self.write_lock.lock().await;
        if let Some(outcome) = self.renewals.since(count) {
            return outcome;
        }
        let outcome = self.renew_once().await;
        self.renewals.ended(outcome);
        self.publish();
        outcome
    }

    pub(crate) async fn renew_once(self: &Arc<Self>) -> Result<(), SessionError> {
        // Once more with the session that another process has put in the place of the one that is
        // over.
        for _ in 0..2 {
            self.blocking(|session| {
                session.reload_if_changed();
                Ok(())
            })
            .await?;
            let held = match &self.memory().loaded {
                SessionState::Active(held) => Arc::clone(held),
                SessionState::Locked(..) => return Err(SessionError::SessionHeld),
                SessionState::SignedOut(_) | SessionState::Unreadable(_) => {
                    return Err(SessionError::NotSignedIn);
                }
            };
            let reply = self.api.renew(self.caller(&held), &held.stored.token).await;
            match self.record_contact(reply) {
                Ok(tokens) => return self.blocking(move |session| session.renewed(&held, tokens)).await,
                Err(error) => {
                    if let Failed::For(error) = self.failed(error, &held).await {
                        return Err(error);
                    }
                }
            }
        }
        Err(SessionError::SessionOver)
    }

    /// What an error of the API means for the session that was `asked` for: only the server's own
    /// word ends it, and only that one. A server that does not know it cannot end it either.
    pub(crate) async fn failed(self: &Arc<Self>, error: ApiError, asked: &VerifiedSession) -> Failed {
        if error == ApiError::SessionUnknown {
            self.hold_unknown(asked);
            self.publish();
        }
        let ApiError::Ended(end) = error else { return Failed::For(error.into()) };
        let sid = asked.claims.sid.clone();
        let ended = self
            .blocking(move |session| {
                session.reload_if_changed();
                let present = session.memory().loaded.held().map(|held| held.claims.sid.clone());
                if present.as_deref() != Some(&*sid) {
                    return Ok(if present.is_some() { Failed::Overtaken } else { Failed::For(error.into()) });
                }
                let outcome = session.end(end.into(), None);
                if outcome == Err(SessionError::NotKept { cause: StorageFault::Changed }) {
                    session.reload_if_changed();
                    let present = session.memory().loaded.held().map(|held| held.claims.sid.clone());
                    if present.is_some_and(|present| present != sid) {
                        return Ok(Failed::Overtaken);
                    }
                }
                session.forget(end.into());
                outcome.map(|()| Failed::For(error.into()))
            })
            .await;
        self.publish();
        ended.unwrap_or_else(|_| {
            tracing::warn!("the ended session is still on disk; the server will refuse it again");
            Failed::For(error.into())
        })
    }

    pub(crate) fn renewed(&self, before: &VerifiedSession, tokens: Tokens) -> Result<(), SessionError> {
        let tokens = self.verify_tokens(tokens, &before.device_id, &before.keys, Some(before))?;
        let newest = self.newest_after(before, tokens.issued);
        let before_newest = before.stored.newest;
        let (held, worth_keeping) = match tokens.session {
            Some((claims, token)) => {
                let stored = before.stored.renewed(token, newest);
                (VerifiedSession { claims, stored, is_unknown: false, ..before.clone() }, true)
            }
            None => {
                let rise = newest.since(before_newest);
                (
                    VerifiedSession { is_unknown: false, ..before.at(newest) },
                    !(-LEEWAY_SECONDS..=REMEMBER_SECONDS).contains(&rise),
                )
            }
        };
        self.memory().access = Some(tokens.access);
        if worth_keeping {
            let record = self.memory().record.clone();
            // The older one on disk is a session too.
            let _ = self.persist_session(held, record);
        } else {
            let Memory { loaded, .. } = &mut *self.memory();
            *loaded = SessionState::Active(Arc::new(held));
        }
        Ok(())
    }

    /// The newest time seen after a renewal whose tokens were issued at `issued`. It falls only
    /// here, and only to the time of a token that is newer than the stored one: this process asked
    /// for it, and the connection shows who issued it.
    pub(crate) fn newest_after(&self, before: &VerifiedSession, issued: UnixTime) -> UnixTime {
        let seen = self.own_time().max(issued);
        let may_fall = self.api.is_authenticated() && issued >= before.claims.iat;
        if may_fall { seen } else { seen.max(before.stored.newest) }
    }

    /// Notes that the server does not know the session.
    pub(crate) fn hold_unknown(&self, asked: &VerifiedSession) {
        let Memory { loaded, access, .. } = &mut *self.memory();
        if let SessionState::Active(held) = loaded
            && held.claims.sid == asked.claims.sid
        {
            tracing::warn!(sid = held.claims.sid, "the server does not know this session; it is kept");
            *held = Arc::new(VerifiedSession { is_unknown: true, ..VerifiedSession::clone(held) });
            *access = None;
        }
    }
}
