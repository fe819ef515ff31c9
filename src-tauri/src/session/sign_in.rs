//! Signing in: the device's secret first, then the server, then the disk. A step that fails leaves everything as it was.

use std::sync::Arc;

use super::load::{Held, Keys, Loaded};
use super::{Session, sign_out};
use crate::api::{Api, Caller, Credentials};
use crate::device::{KeyError, Patience, Secret};
use crate::error::SessionError;
use crate::storage::StoredSession;
use crate::view::{KeyPlace, SessionView};

/// Who this device is while it signs in.
struct Identity {
    device_id: String,
    device_name: Option<String>,
    keys: Arc<Keys>,
    /// Where the secret will be at the next start; `None` when it could not be kept.
    key_place: Option<KeyPlace>,
}

impl<A: Api> Session<A> {
    /// Signs in with what the person typed. A session that was there before is replaced, and its end delivered.
    ///
    /// # Errors
    /// Wrong or missing credentials, a server out of reach, a keychain that is locked; nothing has changed then. A disk that
    /// does not take the session is no error: the view says that it is not kept.
    pub async fn sign_in(self: &Arc<Self>, credentials: Credentials) -> Result<SessionView, SessionError> {
        use secrecy::ExposeSecret as _;
        if credentials.username.trim().is_empty() || credentials.password.expose_secret().is_empty() {
            return Err(SessionError::CredentialsMissing);
        }
        let _turn = self.turn.lock().await;
        let identity = self.blocking(Self::identity).await?;
        let caller = Caller { device_id: &identity.device_id, key: &identity.keys.device, now: self.now() };
        let reply = self.api.sign_in(caller, &credentials, identity.device_name.as_deref()).await;
        drop(credentials);
        let outcome = self.took(reply);
        self.publish();
        let tokens = self.verify_tokens(outcome?, &identity.device_id, &identity.keys, None)?;
        let (claims, token) = tokens.session.ok_or(SessionError::ServerAnswerInvalid)?;
        let newest = self.now().max(claims.iat);
        let held = Held {
            claims,
            stored: StoredSession::new(token, newest),
            device_id: identity.device_id,
            keys: identity.keys,
            key_place: identity.key_place,
        };
        self.blocking(move |session| {
            session.begin(held);
            Ok(())
        })
        .await?;
        self.memory().access = Some(tokens.access);
        self.publish();
        self.wake.notify_one();
        Ok(self.view())
    }

    /// The device's secret, made at the first sign-in. One that cannot be read is never replaced.
    fn identity(&self) -> Result<Identity, SessionError> {
        let device_id = self.device.id().map_err(|_| SessionError::NotKept)?.to_string();
        let (place, found) = match self.device.secret(KeyPlace::Keychain, Patience::Person) {
            Ok(found) => (KeyPlace::Keychain, found),
            Err(KeyError::NoKeychain) => (
                KeyPlace::File,
                self.device.secret(KeyPlace::File, Patience::Person).map_err(|_| SessionError::NotKept)?,
            ),
            Err(KeyError::Locked) => return Err(SessionError::KeychainLocked),
            Err(KeyError::Unavailable) => return Err(SessionError::KeychainUnavailable),
        };
        let (secret, kept) = match found {
            Some(secret) => (secret, true),
            None => {
                let secret = Secret::generate().map_err(|_| SessionError::KeychainUnavailable)?;
                let kept = match self.device.keep_secret(place, &secret) {
                    Ok(()) => true,
                    Err(KeyError::Locked) => return Err(SessionError::KeychainLocked),
                    Err(_) if place == KeyPlace::Keychain => return Err(SessionError::KeychainUnavailable),
                    // A disk that takes no key takes no session either: signed in until the window closes.
                    Err(_) => false,
                };
                (secret, kept)
            }
        };
        let device_name = self.device.name();
        Ok(Identity {
            device_id,
            device_name,
            keys: Keys::derive(&secret)?,
            key_place: kept.then_some(place),
        })
    }

    /// Puts a new session in place, and a notice for the one before it.
    fn begin(&self, held: Held) {
        self.catch_up();
        let previous = match &self.memory().loaded {
            Loaded::Somebody(previous) if previous.claims.sid != held.claims.sid => {
                Some(Arc::clone(previous))
            }
            _ => None,
        };
        if let Err(error) = self.set_aside_damaged() {
            tracing::warn!(%error, "the damaged store is in the way");
        }
        let mut record = self.memory().record.clone();
        if let Some(notice) = previous.and_then(|previous| sign_out::notice(&previous, self)) {
            record.add_notice(notice);
        }
        let kept = self.keep_held(held, record).is_ok();
        self.memory().kept = kept;
    }
}
