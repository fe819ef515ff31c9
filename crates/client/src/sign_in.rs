//! Signing in: the device's secret first, then the server, then the disk. A step that fails leaves everything as it was.

use std::sync::Arc;
use std::time::Duration;

use secrecy::SecretString;

use crate::api::{Api, ApiError, Caller, Credentials, NetworkCause};
use crate::concurrent_sign_in::Rival;
use crate::device::Secret;
use crate::error::SessionError;
use crate::identity::{Identity, thumbprint};
use crate::load::{SessionState, VerifiedSession};
use crate::reasons::SignedOutReason;
use crate::storage::{Record, StoredSession};
use crate::storage_fault::StorageFault;
use crate::tokens::AccessToken;
use crate::view::{KeyPlace, SessionView};
use crate::{auth_client::AuthClient, sign_out};

/// How long a person who has signed in with the wrong server waits for its session to be ended.
const GIVE_BACK_DEADLINE: Duration = Duration::from_secs(3);

/// How many other processes may sign in during one sign-in before it gives up writing.
const MAX_RIVALS: usize = 3;

/// What the person has agreed to for one sign-in. The default is nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Consent {
    /// Keep the device's key in a file when the keychain cannot be used: it is weaker there.
    pub key_file: bool,
    /// Set aside a stored session of a newer version of the app (as `.kept-N`), which this version
    /// cannot read, and start anew.
    pub set_aside_newer_store: bool,
}

impl<A: Api> AuthClient<A> {
    /// Signs in with what the person typed. A session that was there before is replaced, and its
    /// end is delivered to the server.
    ///
    /// # Errors
    /// Wrong or missing credentials, an unreachable server, a keychain that cannot be used; nothing
    /// has changed then. After [`SessionError::KeyFileConsent`] the person may agree to
    /// [`Consent::key_file`]. A disk that refuses the session is no error: the snapshot says that
    /// the session is not persisted.
    pub async fn sign_in(
        self: &Arc<Self>,
        credentials: Credentials,
        consent: Consent,
    ) -> Result<SessionView, SessionError> {
        let agreed = consent.key_file;
        use secrecy::ExposeSecret as _;
        let credentials = credentials.trimmed();
        if credentials.username.is_empty() || credentials.password.expose_secret().is_empty() {
            return Err(SessionError::CredentialsMissing);
        }
        let _guard = self.write_lock.lock().await;
        let identity = self.blocking(move |session| session.identity(agreed)).await?;
        let known = self.memory().loaded.held().map(|held| held.claims.sid.clone());
        let caller = Caller { device_id: &identity.device_id, key: &identity.keys.device, now: self.now() };
        let reply = self.api.sign_in(caller, &credentials, identity.device_name.as_deref()).await;
        drop(credentials);
        let outcome = self.record_contact(reply);
        self.publish();
        let tokens = outcome?;
        let access = tokens.access.clone();
        let tokens = match self.verify_tokens(tokens, &identity.device_id, &identity.keys, None) {
            Ok(tokens) => tokens,
            Err(error) => {
                self.give_back(&identity, &access).await;
                return Err(error);
            }
        };
        let (claims, token) = tokens.session.ok_or(SessionError::ServerAnswerInvalid)?;
        let newest = self.own_time().max(tokens.issued);
        let held = VerifiedSession {
            claims,
            stored: StoredSession::new(token, newest),
            device_id: identity.device_id,
            keys: identity.keys,
            key_place: identity.key_place,
            is_unknown: false,
        };
        let Identity { secret, key_fault, .. } = identity;
        self.start_session(held, secret, tokens.access, known.as_deref(), key_fault).await?;
        self.publish();
        self.wake.notify_one();
        Ok(self.snapshot())
    }

    /// Ends a session that the server has just made and that this app cannot use, so that it does
    /// not stay in the list of devices. The server gets back the token that it gave; if that fails,
    /// it is in the log.
    pub(crate) async fn give_back(&self, identity: &Identity, access: &SecretString) {
        let caller = Caller { device_id: &identity.device_id, key: &identity.keys.device, now: self.now() };
        let given = tokio::time::timeout(GIVE_BACK_DEADLINE, self.api.give_back(caller, access)).await;
        let outcome = given.map_or(Err(ApiError::Unreachable(NetworkCause::TimedOut)), |reply| reply.outcome);
        if let Err(error) = outcome {
            tracing::warn!(%error, "the session that the server made for this sign-in stays there");
        }
    }

    /// Puts a new session in place, unless another process has signed in meanwhile and its session
    /// is the one that lives.
    pub(crate) async fn start_session(
        self: &Arc<Self>,
        held: VerifiedSession,
        secret: Secret,
        access: AccessToken,
        known: Option<&str>,
        key_fault: Option<StorageFault>,
    ) -> Result<(), SessionError> {
        for _ in 0..MAX_RIVALS {
            self.blocking(|session| {
                session.reload_if_changed();
                Ok(())
            })
            .await?;
            let rival = self.rival(&held, known).await;
            if rival == Rival::Lives {
                tracing::info!("another process has signed in since; its session is used");
                return Ok(());
            }
            let (next, secret) = (held.clone(), secret.clone());
            let kept = self
                .blocking(move |session| Ok(session.put(next, &secret, rival == Rival::Unknown, key_fault)))
                .await?;
            self.memory().access = Some(access.clone());
            if kept != Err(SessionError::NotKept { cause: StorageFault::Changed }) {
                break;
            }
        }
        Ok(())
    }

    /// Writes a new session, and a notice for the one before it.
    pub(crate) fn put(
        &self,
        held: VerifiedSession,
        secret: &Secret,
        spares_previous: bool,
        key_fault: Option<StorageFault>,
    ) -> Result<(), SessionError> {
        let _lock = self.device.lock();
        self.leave_unopened_former();
        let previous = match &self.memory().loaded {
            SessionState::Active(previous) if previous.claims.sid != held.claims.sid && !spares_previous => {
                Some(Arc::clone(previous))
            }
            _ => None,
        };
        if let Err(error) = self.set_aside_damaged() {
            tracing::warn!(%error, "the damaged store is in the way");
        }
        let leaving = self.make_room(&held);
        let mut record = self.memory().record.clone();
        leaving.notices.iter().for_each(|notice| record.add_notice(notice.clone()));
        if let Some(notice) = previous.and_then(|previous| sign_out::notice(&previous, self)) {
            record.add_notice(notice);
        }
        let key_place = held.key_place;
        let had_file = record.key_place == Some(KeyPlace::File) || record.key_file.is_some();
        if key_place == Some(KeyPlace::File) {
            record.key_file = thumbprint(secret);
        } else if !self.others_need_key(KeyPlace::File) {
            record.discard_key_file();
        }
        self.memory().not_kept = key_fault;
        let (notices, key_file) = (record.notices.clone(), record.key_file.clone());
        let kept = self.persist_session(held, record);
        if kept.is_err() && kept != Err(SessionError::NotKept { cause: StorageFault::Changed }) {
            // What the disk did not take waits in memory: it is delivered, and kept later, from
            // there.
            let memory = &mut *self.memory();
            (memory.record.notices, memory.record.key_file) = (notices, key_file);
        }
        match kept {
            Ok(()) => {
                self.remove(leaving);
                self.confirm_secret(key_place, secret, had_file);
            }
            Err(SessionError::NotKept { cause }) => self.memory().not_kept = Some(cause),
            Err(_) => self.memory().not_kept = Some(StorageFault::Internal),
        }
        kept
    }

    /// Begins a record of this device's own beside an earlier version's document that cannot be
    /// opened now: it may be another device's.
    pub(crate) fn leave_unopened_former(&self) {
        let memory = &mut *self.memory();
        if memory.is_former && matches!(memory.loaded, SessionState::Locked(..)) {
            (memory.seen, memory.is_former, memory.record) = (None, false, Record::default());
            memory.loaded = SessionState::SignedOut(SignedOutReason::DeviceChanged);
        }
    }

    /// Makes sure that the secret is still where the record says: another process may have signed
    /// out since it was read.
    pub(crate) fn confirm_secret(&self, place: Option<KeyPlace>, secret: &Secret, had_file: bool) {
        let Some(place) = place else { return };
        if let Err(trouble) = self.device.keep_secret(place, secret) {
            tracing::warn!(%trouble, "whether the device's secret is still there is not known");
        }
        if had_file && place == KeyPlace::Keychain && !self.others_need_key(KeyPlace::File) {
            // The key is in the keychain again: the weaker place is of no use any more.
            let _ = self.device.forget_secret(KeyPlace::File);
        }
    }
}
