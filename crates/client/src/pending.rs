//! A sign-in whose password or code was right, and that waits for a second factor. In memory only:
//! its challenge, and the device key that it is bound to, which becomes the key of the session.

use std::sync::Arc;

use latchkey_token::UnixTime;

use crate::api::Challenge;
use crate::error::SessionError;
use crate::identity::Identity;
use crate::state::{Epoch, PendingState, State};
use crate::verified_session::VerifiedSession;
use crate::view::{PendingKind, PendingView};

/// A sign-in that waits for a second factor.
pub(crate) struct Pending {
    pub(crate) challenge: Challenge,
    expires: UnixTime,
    pub(crate) goal: Goal,
    is_enrolling: bool,
}

/// What the second factor completes.
#[derive(Clone)]
pub(crate) enum Goal {
    /// A new session.
    New(Arc<NewSignIn>),
    /// The renewal of a session that continues.
    Renewal(Epoch, Arc<VerifiedSession>),
}

/// Everything that a sign-in needs besides the tokens.
#[derive(Clone)]
pub(crate) struct NewSignIn {
    pub(crate) identity: Identity,
    /// The session that was there before.
    pub(crate) known: Option<String>,
    pub(crate) set_aside_newer: bool,
    /// How often the user had signed out when it began.
    pub(crate) sign_outs: u64,
    /// Whether the user is asked before it replaces a session of another account: in a browser the
    /// account may not be the one that the user thinks of.
    pub(crate) asks_before_replacing: bool,
}

impl Pending {
    /// A challenge that was received at `now`.
    pub(crate) fn new(challenge: Challenge, goal: Goal, now: UnixTime) -> Self {
        Self { expires: now.plus(challenge.expires_in), challenge, goal, is_enrolling: false }
    }

    /// The same sign-in after a factor was proposed to the user, which lasts for `seconds`.
    pub(crate) fn enrolling(&self, seconds: i64, now: UnixTime) -> Self {
        let challenge =
            Challenge { kind: PendingKind::Enrolment, authorized: true, ..self.challenge.clone() };
        Self { challenge, expires: now.plus(seconds), goal: self.goal.clone(), is_enrolling: true }
    }

    /// Why the sign-in did not complete.
    pub(crate) fn error(&self) -> SessionError {
        match (&self.goal, self.challenge.kind) {
            (Goal::Renewal(..), _) => SessionError::FactorRequired,
            (Goal::New(_), PendingKind::SecondFactor) => SessionError::SecondFactorRequired,
            (Goal::New(_), PendingKind::Enrolment) => SessionError::EnrolmentRequired,
        }
    }

    /// What the window shows.
    pub(crate) fn state(&self) -> PendingState {
        let Challenge { kind, authorized, methods, .. } = &self.challenge;
        PendingState {
            view: PendingView {
                kind: *kind,
                authorized: *authorized,
                methods: methods.clone(),
                expires_at: self.expires.seconds(),
            },
            continues: match &self.goal {
                Goal::New(_) => None,
                Goal::Renewal(epoch, _) => Some(*epoch),
            },
            is_enrolling: self.is_enrolling,
        }
    }
}

impl Goal {
    /// Whether the user still wants it: not after a sign-out, and not in another session.
    pub(crate) fn is_wanted(&self, state: &State) -> bool {
        match self {
            Self::New(sign_in) => sign_in.sign_outs == state.sign_outs(),
            Self::Renewal(epoch, _) => *epoch == state.epoch(),
        }
    }
}
