//! What the loaded session is worth at a given moment. Pure: the same session and time give the same state.

use latchkey_token::{Claims, LEEWAY_SECONDS, UnixTime};

use crate::load::{SessionState, VerifiedSession};
use crate::reasons::{HeldReason, SignedOutReason};
use crate::storage_fault::StorageFault;
use crate::view::{AccountView, ConnectionView, LeaseView, StateView};

impl SessionState {
    pub(crate) fn state(
        &self,
        now: UnixTime,
        connection: ConnectionView,
        not_kept: Option<StorageFault>,
    ) -> StateView {
        match self {
            Self::SignedOut(reason) => StateView::SignedOut { reason: *reason, cause: None },
            Self::Unreadable(cause) => {
                StateView::SignedOut { reason: SignedOutReason::StoreUnreadable, cause: Some(*cause) }
            }
            Self::Locked(reason, cause) => StateView::Held { reason: *reason, cause: *cause },
            Self::Active(held) => match held.held_reason(now) {
                Some(reason) => StateView::Held { reason, cause: None },
                None => StateView::SignedIn {
                    account: account(&held.claims),
                    lease: LeaseView {
                        ends_at: held.claims.exp.seconds(),
                        kept: not_kept.is_none(),
                        cause: not_kept,
                    },
                    connection,
                },
            },
        }
    }

    pub(crate) fn held(&self) -> Option<&VerifiedSession> {
        match self {
            Self::Active(held) => Some(held),
            _ => None,
        }
    }
}

impl VerifiedSession {
    /// Why the session cannot be used at `now`. What the server said comes first: no contact with
    /// it cures that. The clock is judged next: by a clock that has gone back, no lease ever runs
    /// out.
    pub(crate) fn held_reason(&self, now: UnixTime) -> Option<HeldReason> {
        if self.is_unknown {
            Some(HeldReason::SessionUnknown)
        } else if now.plus(LEEWAY_SECONDS) < self.stored.newest {
            Some(HeldReason::ClockMovedBack)
        } else if self.claims.exp.plus(LEEWAY_SECONDS) <= now {
            Some(HeldReason::LeaseExpired)
        } else {
            None
        }
    }
}

fn account(claims: &Claims) -> AccountView {
    AccountView {
        username: claims.profile.preferred_username.clone(),
        given_name: claims.profile.given_name.clone(),
        family_name: claims.profile.family_name.clone(),
        email: claims.profile.email.clone(),
        signed_in_at: claims.auth_time.seconds(),
    }
}
