//! The session: who is signed in on this device, and what may change that. A plain state machine over its ports (API,
//! store, device, clock); knows no window. Refuses to end a session for any fault but a definitive answer of the server
//! or a failed check of signature, device or key.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use latchkey_token::{DeviceKey, TokenKind, UnixTime, Verifier};
use tokio::sync::watch;

use crate::api::{Api, ApiError, Caller, End, Reply};
use crate::clock::{Clock, CorrectedClock};
use crate::device::{Device, Patience};
use crate::error::SessionError;
use crate::load::{SessionState, VerifiedSession};
use crate::reasons::SignedOutReason;
use crate::renew::Renewals;
use crate::settings::Settings;
use crate::storage::{Record, Store};
use crate::storage_fault::StorageFault;
use crate::tokens::AccessToken;
use crate::view::{ConnectionView, DeviceView, KeyPlace, SessionView};

/// The session of this device. Share it in an [`Arc`]; every method may be called from anywhere at any time.
pub struct AuthClient<A> {
    pub(crate) api: A,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) device: Arc<dyn Device>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) corrected: CorrectedClock,
    pub(crate) settings: Settings,
    pub(crate) memory: Mutex<Memory>,
    /// Held by whatever changes the session, so that one change ends before the next begins.
    pub(crate) write_lock: tokio::sync::Mutex<()>,
    pub(crate) renewals: Renewals,
    pub(crate) views: watch::Sender<Option<SessionView>>,
    /// Ends the upkeep's rest.
    pub(crate) wake: tokio::sync::Notify,
}

/// What is known at the moment.
pub(crate) struct Memory {
    /// The document on disk as it was last seen.
    pub(crate) seen: Option<Vec<u8>>,
    /// Whether that was the document of an earlier version of the app, which this device adopts at
    /// the next write.
    pub(crate) is_former: bool,
    pub(crate) record: Record,
    pub(crate) loaded: SessionState,
    pub(crate) connection: ConnectionView,
    pub(crate) access: Option<AccessToken>,
    /// Why the session in memory is not on disk; `None` when it is.
    pub(crate) not_kept: Option<StorageFault>,
    /// How many other devices use the same key.
    pub(crate) shared_with: u32,
}

impl<A: Api> AuthClient<A> {
    /// Opens the stored session and verifies it on the spot. No network is touched; the keychain is given two seconds.
    pub fn open(
        settings: Settings,
        api: A,
        store: Arc<dyn Store>,
        device: Arc<dyn Device>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let session = Self {
            api,
            store,
            device,
            clock,
            corrected: CorrectedClock::default(),
            settings,
            memory: Mutex::new(Memory::empty()),
            write_lock: tokio::sync::Mutex::default(),
            renewals: Renewals::default(),
            views: watch::Sender::new(None),
            wake: tokio::sync::Notify::new(),
        };
        session.load(Patience::None);
        session.publish();
        session
    }

    /// The session as the window shows it, judged at this moment.
    pub fn snapshot(&self) -> SessionView {
        let now = self.now();
        let memory = self.memory();
        let id = self.device.id().ok();
        SessionView {
            state: memory.loaded.state(now, memory.connection, memory.not_kept),
            device: DeviceView {
                id: id.as_ref().map(ToString::to_string),
                id_source: id.map(|id| id.source()),
                key_fingerprint: memory.loaded.held().map(|held| held.keys.device.thumbprint().to_string()),
                key_place: memory.key_place(),
                shared_with: memory.shared_with,
                server: self.settings.server_url.to_string(),
                version: self.settings.app_version.clone(),
            },
        }
    }

    /// The id of the session, while one is signed in.
    pub fn sid(&self) -> Option<String> {
        self.memory().loaded.held().map(|held| held.claims.sid.clone())
    }

    /// Every view that differs from the one before it.
    pub fn watch(&self) -> watch::Receiver<Option<SessionView>> {
        self.views.subscribe()
    }

    /// The time to judge by.
    pub(crate) fn now(&self) -> UnixTime {
        self.corrected.now(&*self.clock)
    }

    /// Shows the present view to whoever watches, if it is new.
    pub(crate) fn publish(&self) {
        let view = self.snapshot();
        self.views.send_if_modified(|shown| {
            let new = shown.as_ref() != Some(&view);
            *shown = Some(view);
            new
        });
    }

    pub(crate) fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn verifier(&self, kind: TokenKind, device_id: &str, key: &DeviceKey) -> Verifier {
        let verifier = match kind {
            TokenKind::Session => {
                Verifier::new(kind, self.settings.keys.clone(), &self.settings.issuer, device_id)
            }
            TokenKind::Access => Verifier::new(
                kind,
                self.settings.keys.clone(),
                &self.settings.issuer,
                &self.settings.audience,
            )
            .also_for(device_id),
        };
        verifier.bound_to(key.thumbprint().clone())
    }

    pub(crate) fn caller<'a>(&self, held: &'a VerifiedSession) -> Caller<'a> {
        Caller { device_id: &held.device_id, key: &held.keys.device, now: self.now() }
    }

    /// The time that may be written down. A `Date` is not signed, so it never makes this later than
    /// the own clock; where it shows that the own clock is ahead, the later time is not written
    /// down either.
    pub(crate) fn own_time(&self) -> UnixTime {
        self.clock.wall().min(self.now())
    }

    /// Takes an answer in: learns the time and whether the server is in reach. Only what was
    /// understood as the server's own, and came over a connection that shows whose it is, tells the
    /// time.
    pub(crate) fn record_contact<T>(&self, reply: Reply<T>) -> Result<T, ApiError> {
        if let Some(date) = reply.date.filter(|_| reply.understood && self.api.is_authenticated()) {
            self.corrected.learn(date, &*self.clock);
        }
        let in_reach = match reply.outcome {
            Err(ApiError::Unreachable(_) | ApiError::Unavailable | ApiError::InvalidResponse) => false,
            // A gateway or a portal asks for patience too.
            Err(ApiError::Throttled { .. }) => reply.understood,
            _ => true,
        };
        self.memory().connection = if in_reach { ConnectionView::Online } else { ConnectionView::Offline };
        reply.outcome
    }

    /// Runs something that may block for a moment (keychain, disk) beside the asynchronous work.
    pub(crate) async fn blocking<T: Send + 'static>(
        self: &Arc<Self>,
        work: impl FnOnce(&Self) -> Result<T, SessionError> + Send + 'static,
    ) -> Result<T, SessionError> {
        let session = Arc::clone(self);
        tokio::task::spawn_blocking(move || work(&session)).await.unwrap_or_else(|error| {
            tracing::error!(%error, "work beside the asynchronous one was not ended");
            Err(SessionError::NotKept { cause: StorageFault::Internal })
        })
    }
}

impl Memory {
    pub(crate) fn empty() -> Self {
        Self {
            seen: None,
            is_former: false,
            record: Record::default(),
            loaded: SessionState::SignedOut(SignedOutReason::NeverSignedIn),
            connection: ConnectionView::Checking,
            access: None,
            not_kept: None,
            shared_with: 0,
        }
    }

    /// Where the present session's key is kept.
    pub(crate) fn key_place(&self) -> Option<KeyPlace> {
        let stored = self.record.sealed.as_ref().and(self.record.key_place);
        self.loaded.held().map_or(stored, |held| held.key_place)
    }
}

impl From<ApiError> for SessionError {
    fn from(error: ApiError) -> Self {
        match error {
            ApiError::Unreachable(cause) => Self::ServerUnreachable { cause },
            ApiError::Unavailable => Self::ServerUnavailable,
            ApiError::Throttled { retry_after_seconds } => Self::Throttled { retry_after_seconds },
            ApiError::SessionUnknown => Self::SessionUnknown,
            ApiError::InvalidResponse => Self::ServerAnswerInvalid,
            ApiError::WrongCredentials => Self::WrongCredentials,
            ApiError::PasswordTooShort { min_length } => Self::PasswordTooShort { min_length },
            ApiError::PasswordTooLong => Self::PasswordTooLong,
            ApiError::PasswordTooCommon => Self::PasswordTooCommon,
            ApiError::Ended(_) => Self::SessionOver,
            ApiError::TokenRefused | ApiError::Refused | ApiError::NoProof => Self::ServerRefused,
            ApiError::PathNotAllowed => Self::PathNotAllowed,
            ApiError::BodyTooLarge => Self::BodyTooLarge,
        }
    }
}

impl From<End> for SignedOutReason {
    fn from(end: End) -> Self {
        match end {
            End::Revoked => Self::Revoked,
            End::Replaced => Self::Replaced,
            End::Expired => Self::SessionEnded,
        }
    }
}
