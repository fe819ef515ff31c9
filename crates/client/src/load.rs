//! Reads the stored session and verifies it: document, secret, seal, token. Never reads the
//! keychain itself, because it runs under the write lock: it uses the secrets fetched before.

use std::sync::Arc;

use latchkey_token::{TokenKind, VerifyError};
use secrecy::ExposeSecret;

use crate::core::Core;
use crate::device::KeyPlace;
use crate::device::Secret;
use crate::load_fault::LoadFault;
use crate::other_devices;
use crate::persist::persist;
use crate::reasons::SignedOutReason;
use crate::secret_error::SecretError;
use crate::state::{Lock, SessionState, Stored};
use crate::storage::{FileError, Record, RecordError, StoredSession};
use crate::storage_fault::StorageFault;
use crate::verified_session::{Keys, VerifiedSession};
use crate::write_lock::WriteGuard;

/// What was fetched from the keychain to open one document.
pub(crate) struct Fetched {
    /// The secrets, or why they are unknown.
    pub(crate) secrets: Result<Vec<Secret>, SecretError>,
    /// The document; `None` if they are for any document. A secret that is older than its document
    /// would make a valid session look damaged.
    pub(crate) document: Option<Vec<u8>>,
}

/// The secret in the keychain is needed to open the document. Nothing has changed.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct NeedsKeychain {
    pub(crate) document: Vec<u8>,
}

/// The document on disk for this device.
struct Found {
    stored: Stored,
    session: SessionState,
    fault: Option<LoadFault>,
}

impl Found {
    fn nothing(reason: SignedOutReason) -> Self {
        Self { stored: Stored::default(), session: SessionState::SignedOut(reason), fault: None }
    }

    fn unread(cause: StorageFault, lock: Lock, fault: LoadFault) -> Self {
        let stored = Stored { unread: Some(cause), ..Stored::default() };
        Self { stored, session: SessionState::Locked(lock), fault: Some(fault) }
    }
}

/// Reads the session from disk and replaces the session in memory.
///
/// # Errors
/// [`NeedsKeychain`] if it cannot be opened without a secret that was not fetched for it.
pub(crate) fn load(
    core: &Core,
    guard: &mut WriteGuard,
    fetched: Option<&Fetched>,
) -> Result<(), NeedsKeychain> {
    let found = match core.device_id() {
        Err(error) => {
            let cause = error.0.into();
            Found::unread(cause, Lock::DeviceId(cause), LoadFault::DeviceId(error))
        }
        Ok(id) => {
            guard.store().identify(id.as_str());
            match guard.store().read() {
                Ok(Some(document)) => read_document(core, document, false, fetched)?,
                Ok(None) => read_former(core, guard, fetched)?,
                Err(error) => unreadable(error),
            }
        }
    };
    let place = found.stored.record.key_place;
    {
        let mut state = core.change(guard);
        state.load(found.stored, found.session);
        state.not_persisted = None;
        if state.load_fault != found.fault {
            state.load_fault = found.fault;
            found.fault.into_iter().for_each(LoadFault::log);
        }
    }
    let shared_with = other_devices::sharing(core, guard, place);
    core.change(guard).shared_with = shared_with;
    Ok(())
}

/// Loads the changes that another process has written to disk since the last read, so that a change
/// is based on the current document.
///
/// # Errors
/// [`NeedsKeychain`] if it cannot be opened without a secret that was not fetched for it.
pub(crate) fn reload_if_changed(
    core: &Core,
    guard: &mut WriteGuard,
    fetched: Option<&Fetched>,
) -> Result<(), NeedsKeychain> {
    let (last_read, is_former, is_unread, is_active) = {
        let state = core.state();
        let stored = &state.stored;
        (stored.last_read.clone(), stored.is_former, stored.unread.is_some(), state.active().is_some())
    };
    let document = match guard.store().read() {
        Ok(None) if is_former => guard.store().former(),
        document => document,
    };
    match document {
        Ok(document) if document == last_read && !is_unread => Ok(()),
        Ok(document) if is_unread && is_active => {
            read_beneath(core, guard, document);
            Ok(())
        }
        Ok(document) if is_unread && core.state().lock().is_none() => {
            read_beneath(core, guard, document);
            end_beneath(core, guard);
            Ok(())
        }
        Ok(Some(document)) if take_rest_of(core, guard, &document) => Ok(()),
        Ok(_) => load(core, guard, fetched),
        Err(_) => Ok(()),
    }
}

/// A sign-in was made while the document could not be read. Now it can: the next write replaces it,
/// and carries its sign-out tokens on.
fn read_beneath(core: &Core, guard: &mut WriteGuard, document: Option<Vec<u8>>) {
    let mut record = match document.as_deref().map(Record::from_bytes) {
        Some(Ok(record)) => record,
        Some(Err(RecordError::Newer)) => return,
        Some(Err(_)) | None => Record::default(),
    };
    let mut state = core.change(guard);
    for token in std::mem::take(&mut state.stored.record.notices) {
        record.add_notice(token);
    }
    record.delete_secret |= state.stored.record.delete_secret;
    if let Some(name) = state.stored.record.discarded_key_file.take() {
        record.discarded_key_file = Some(name);
    }
    state.stored = Stored { last_read: document, record, ..Stored::default() };
}

/// The session in memory has ended while the document could not be read: the older session in it
/// ends, too.
fn end_beneath(core: &Core, guard: &mut WriteGuard) {
    let (mut record, reason) = {
        let state = core.state();
        let SessionState::SignedOut(reason) = state.session() else { return };
        (state.stored.record.clone(), *reason)
    };
    if record.sealed.take().is_some() {
        record.delete_secret |= record.key_place == Some(KeyPlace::Keychain);
        if reason != SignedOutReason::Replaced && !other_devices::need_key(core, guard, KeyPlace::File) {
            record.discard_key_file();
        }
        record.key_place = record.key_place.filter(|place| *place == KeyPlace::Keychain);
        (record.ended, record.ended_how) = (Some(reason), None);
        // If the disk refuses, the next start finds the older session, which the server has ended.
        let _ = persist(core, guard, record);
    }
}

/// Loads a document with the same session: another process or device has delivered a sign-out token
/// or recorded the time. The keys in memory stay, because the keychain may be locked by now.
fn take_rest_of(core: &Core, guard: &mut WriteGuard, document: &[u8]) -> bool {
    let Ok(record) = Record::from_bytes(document) else { return false };
    let mut state = core.change(guard);
    let known = &state.stored.record;
    let is_same = state.active().is_some()
        && !state.stored.is_former
        && (&record.sealed, record.key_place, record.ended) == (&known.sealed, known.key_place, known.ended);
    if is_same {
        state.stored = Stored { last_read: Some(document.to_vec()), record, ..Stored::default() };
    }
    is_same
}

fn unreadable(error: FileError) -> Found {
    let fault = LoadFault::Unreadable(error);
    match error {
        // The app never writes that much, so the contents are damaged.
        FileError::TooLarge => Found { fault: Some(fault), ..Found::nothing(SignedOutReason::StoreDamaged) },
        error => {
            let cause = error.into();
            Found::unread(cause, Lock::StoreUnreadable(cause), fault)
        }
    }
}

fn read_document(
    core: &Core,
    document: Vec<u8>,
    is_former: bool,
    fetched: Option<&Fetched>,
) -> Result<Found, NeedsKeychain> {
    let mut fault = None;
    let (record, unread, session) = match Record::from_bytes(&document) {
        Ok(record) => {
            let session = open_record(core, &document, &record, fetched)?;
            (record, None, session)
        }
        Err(error) => {
            fault = Some(LoadFault::NotUnderstood(error));
            let (unread, session) = match error {
                RecordError::Newer => (Some(StorageFault::Changed), SessionState::Locked(Lock::StoreNewer)),
                _ => (None, SessionState::SignedOut(SignedOutReason::StoreDamaged)),
            };
            (Record::default(), unread, session)
        }
    };
    let stored = Stored { last_read: Some(document), is_former, unread, record };
    Ok(Found { stored, session, fault })
}

/// A device without a document uses the document of an earlier version of the app, unless it is
/// another device's.
fn read_former(
    core: &Core,
    guard: &mut WriteGuard,
    fetched: Option<&Fetched>,
) -> Result<Found, NeedsKeychain> {
    let foreign = || Found::nothing(SignedOutReason::DeviceChanged);
    match guard.store().former() {
        Ok(Some(document)) => {
            let found = read_document(core, document, true, fetched)?;
            let is_foreign = matches!(found.session, SessionState::SignedOut(SignedOutReason::DeviceChanged));
            Ok(if is_foreign { foreign() } else { found })
        }
        Ok(None) if other_devices::have_a_session(core, guard) => Ok(foreign()),
        Ok(None) => Ok(Found::nothing(SignedOutReason::NeverSignedIn)),
        Err(error) => Ok(unreadable(error)),
    }
}

fn open_record(
    core: &Core,
    document: &[u8],
    record: &Record,
    fetched: Option<&Fetched>,
) -> Result<SessionState, NeedsKeychain> {
    let signed_out = |reason| Ok(SessionState::SignedOut(reason));
    let locked = |error| Ok(SessionState::Locked(Lock::Secret(error)));
    let Some(sealed) = &record.sealed else {
        return signed_out(record.ended.unwrap_or(SignedOutReason::NeverSignedIn));
    };
    let Some(place) = record.key_place else { return signed_out(SignedOutReason::StoreDamaged) };
    // The keys in memory first: the keychain may have been locked since they were read.
    let known = core.state().active().filter(|session| session.key_place == Some(place)).cloned();
    if let Some(known) = known
        && let Ok(stored) = StoredSession::open(sealed, &known.keys.sealing)
    {
        return Ok(verify_stored(core, stored, Arc::clone(&known.keys), place));
    }
    let fetched = fetched.filter(|fetched| fetched.document.as_deref().is_none_or(|of| of == document));
    let secrets = match (place, fetched) {
        (KeyPlace::Keychain, None) => return Err(NeedsKeychain { document: document.to_vec() }),
        (KeyPlace::Keychain, Some(fetched)) => fetched.secrets.clone(),
        (KeyPlace::File, _) => core.device.secrets(place, crate::device::Interaction::Silent),
    };
    let secrets = match secrets {
        Ok(secrets) if secrets.is_empty() => return signed_out(SignedOutReason::DeviceKeyMissing),
        Ok(secrets) => secrets,
        Err(error) => return locked(error),
    };
    // Other programs may have copied the keychain's entry: the secret that opens the seal is the
    // right one.
    for secret in &secrets {
        let Ok(keys) = Keys::derive(secret) else { return locked(SecretError::Failed) };
        if let Ok(stored) = StoredSession::open(sealed, &keys.sealing) {
            return Ok(verify_stored(core, stored, keys, place));
        }
    }
    match secrets.len() {
        1 => signed_out(SignedOutReason::StoreDamaged),
        _ => locked(SecretError::Ambiguous),
    }
}

fn verify_stored(core: &Core, stored: StoredSession, keys: Arc<Keys>, place: KeyPlace) -> SessionState {
    let device_id = match core.device_id() {
        Ok(id) => id.to_string(),
        Err(error) => return SessionState::Locked(Lock::DeviceId(StorageFault::from(error.0))),
    };
    let verifier = core.verifier(TokenKind::Session, &device_id, &keys.device).accepting_expired_as_hint();
    // The time is checked at every tick, not once here: a clock that has gone back holds the
    // session and does not end it.
    let now = core.now().max(stored.newest);
    match verifier.verify(stored.token.expose_secret(), now) {
        Ok(claims) => SessionState::Active(Arc::new(VerifiedSession {
            claims,
            stored,
            device_id,
            keys,
            key_place: Some(place),
            is_unknown: false,
            lacks_factor: false,
            needs_provider: false,
        })),
        Err(error) => {
            tracing::warn!(code = error.code(), "the stored session does not verify");
            SessionState::SignedOut(match error {
                VerifyError::WrongAudience => SignedOutReason::DeviceChanged,
                VerifyError::WrongDeviceKey => SignedOutReason::DeviceKeyMissing,
                // The app was updated to other keys, or to another server.
                VerifyError::UnknownKey | VerifyError::WrongIssuer => SignedOutReason::SessionEnded,
                _ => SignedOutReason::StoreDamaged,
            })
        }
    }
}
