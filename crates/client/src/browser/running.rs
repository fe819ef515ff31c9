//! The request that is under way: what its task and the user's commands share. In memory only: a
//! restart of the app loses it.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use secrecy::SecretString;
use tokio::sync::{mpsc, oneshot};
use tokio::task::AbortHandle;

use crate::error::SessionError;
use crate::pending::NewSignIn;
use crate::state::{Epoch, State};
use crate::verified_session::VerifiedSession;

/// What the request is for, and who asks.
#[derive(Clone)]
pub(crate) enum Goal {
    /// A new session. The epoch at the beginning: a later sign-in ends the request.
    SignIn(Arc<NewSignIn>, Epoch),
    /// A confirmation of a session.
    Confirm(Epoch, Arc<VerifiedSession>),
    /// A new passkey of a session's account.
    Passkey(Epoch, Arc<VerifiedSession>),
    /// A new link of a session's account.
    Link(Epoch, Arc<VerifiedSession>),
}

/// A result that has come in.
pub(crate) struct Delivery {
    pub(crate) result: SecretString,
    /// Where the outcome goes, if the user waits for it.
    pub(crate) reply: Option<oneshot::Sender<Result<(), SessionError>>>,
}

/// The request that is under way. Its task ends when this is dropped.
pub(crate) struct Running {
    pub(crate) number: u64,
    pub(crate) request: String,
    pub(crate) goal: Goal,
    pub(crate) deliveries: mpsc::Sender<Delivery>,
    /// The result for a new passkey, until it has a name.
    pub(crate) result: Arc<Mutex<Option<SecretString>>>,
    /// Whether a result is being used: then the task is not given up.
    pub(crate) is_in_use: Arc<AtomicBool>,
    pub(crate) task: Option<AbortHandle>,
}

/// What lasts until the process exits.
#[derive(Default)]
pub(crate) struct BrowserMemory {
    running: Mutex<Option<Running>>,
    numbers: AtomicU64,
    /// Whether the next request asks for an account: the user did not want the last one.
    choose_account: AtomicBool,
}

impl Goal {
    /// Whether the user still wants it: not after a sign-in or a sign-out here, nor in a session of
    /// another account.
    pub(crate) fn is_wanted(&self, state: &State) -> bool {
        match self {
            Self::SignIn(_, epoch) => !state.is_left(*epoch),
            Self::Confirm(epoch, session) | Self::Passkey(epoch, session) | Self::Link(epoch, session) => {
                state.continues(*epoch, Some(&session.claims.sub))
            }
        }
    }
}

impl BrowserMemory {
    /// A number for the next request.
    pub(crate) fn number(&self) -> u64 {
        self.numbers.fetch_add(1, Ordering::Relaxed)
    }

    /// The user does not want the account of the last sign-in: the next one asks for another.
    pub(crate) fn ask_for_account(&self) {
        self.choose_account.store(true, Ordering::Relaxed);
    }

    /// Whether the next request asks for an account.
    pub(crate) fn chooses_account(&self) -> bool {
        self.choose_account.load(Ordering::Relaxed)
    }

    /// A sign-in with a chosen account has succeeded.
    pub(crate) fn account_is_chosen(&self) {
        self.choose_account.store(false, Ordering::Relaxed);
    }

    /// The request under way.
    pub(crate) fn running(&self) -> MutexGuard<'_, Option<Running>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(task) = &self.task {
            task.abort();
        }
    }
}
