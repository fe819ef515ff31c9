//! A session whose signature, device and key are verified, and whether it can be used at a given
//! time. Pure: no lock, no I/O, no clock.

use std::sync::Arc;

use latchkey_token::{Claims, DeviceKey, LEEWAY_SECONDS, UnixTime};

use crate::device::KeyPlace;
use crate::device::Secret;
use crate::reasons::HeldReason;
use crate::secret_error::SecretError;
use crate::storage::{SealingKey, StoredSession};

/// A verified session and the keys that belong to it.
#[derive(Clone)]
pub(crate) struct VerifiedSession {
    pub(crate) claims: Claims,
    pub(crate) stored: StoredSession,
    pub(crate) device_id: String,
    pub(crate) keys: Arc<Keys>,
    /// Where the secret is that opens the session at the next start; `None` if it could not be
    /// stored.
    pub(crate) key_place: Option<KeyPlace>,
    /// Whether the server reported at the last contact that it does not know the session. In memory
    /// only: the next contact may be with the right server.
    pub(crate) is_unknown: bool,
    /// Whether the server reported at the last contact that the account must have a second factor
    /// first. In memory only: offline nothing is asked.
    pub(crate) lacks_factor: bool,
    /// Whether the server reported at the last contact that the session's provider asks for a new
    /// sign-in. In memory only.
    pub(crate) needs_provider: bool,
}

/// The keys that are derived from the device's secret.
pub(crate) struct Keys {
    pub(crate) device: DeviceKey,
    pub(crate) sealing: SealingKey,
}

impl Keys {
    /// Derives both keys.
    ///
    /// # Errors
    /// [`SecretError::Failed`] if the crypto library fails.
    pub(crate) fn derive(secret: &Secret) -> Result<Arc<Self>, SecretError> {
        let device = secret.device_key().map_err(|_| SecretError::Failed)?;
        let sealing = secret.sealing_key().map_err(|_| SecretError::Failed)?;
        Ok(Arc::new(Self { device, sealing }))
    }
}

impl VerifiedSession {
    /// Why the session cannot be used at `now`. The server's report comes first: no contact with
    /// that server resolves it. The clock comes next: by a clock that has gone back, no lease ever
    /// expires.
    pub(crate) fn held_reason(&self, now: UnixTime) -> Option<HeldReason> {
        if self.is_unknown {
            Some(HeldReason::SessionUnknown)
        } else if self.lacks_factor {
            Some(HeldReason::FactorRequired)
        } else if self.needs_provider {
            Some(HeldReason::ProviderSignInRequired)
        } else if now.plus(LEEWAY_SECONDS) < self.stored.newest {
            Some(HeldReason::ClockMovedBack)
        } else if self.claims.exp.plus(LEEWAY_SECONDS) <= now {
            Some(HeldReason::LeaseExpired)
        } else {
            None
        }
    }

    /// The absolute limit of the session, if the server has reported it.
    pub(crate) fn ends_at(&self) -> Option<UnixTime> {
        self.stored.ends_at
    }

    /// The same session with `newest` as the latest time.
    pub(crate) fn with_newest(&self, newest: UnixTime) -> Self {
        let stored = self.stored.renewed(self.stored.token.clone(), newest);
        Self { stored, ..self.clone() }
    }
}
