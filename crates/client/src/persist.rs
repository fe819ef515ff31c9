//! Writing the session: every change of the document on disk goes through here, by whoever has the turn.

use std::sync::Arc;

use latchkey_token::UnixTime;

use crate::api::Api;
use crate::auth_client::{AuthClient, Memory};
use crate::error::SessionError;
use crate::load::{SessionState, VerifiedSession};
use crate::reasons::SignedOutReason;
use crate::storage::{FileError, Record};
use crate::storage_fault::StorageFault;
use crate::view::KeyPlace;

/// How far the newest time on disk may lag behind, in seconds. A clock set back by less goes unnoticed after a restart;
/// in return the disk is left alone most of the time.
pub(crate) const REMEMBER_SECONDS: i64 = 300;

impl<A: Api> AuthClient<A> {
    /// Replaces the document on disk, if it still is what this process has seen.
    pub(crate) fn persist(&self, record: Record) -> Result<(), SessionError> {
        let document = record.to_bytes();
        let seen = self.memory().seen.clone();
        let replaced = self.adopt_former().and_then(|()| self.store.replace(seen.as_deref(), &document));
        match replaced {
            Ok(()) => {
                let shared_with = self.sharing(record.key_place);
                let mut memory = self.memory();
                memory.seen = Some(document);
                memory.record = record;
                memory.shared_with = shared_with;
                Ok(())
            }
            Err(error) => {
                tracing::warn!(%error, "the session could not be kept");
                Err(error.into())
            }
        }
    }

    /// Makes the document of an earlier version this device's own, before it is changed.
    pub(crate) fn adopt_former(&self) -> Result<(), FileError> {
        let former = match &*self.memory() {
            // Whose it is shows only when it is opened.
            Memory { is_former: true, loaded: SessionState::Locked(..), .. } => {
                return Err(FileError::Locked);
            }
            Memory { is_former: true, seen: Some(seen), .. } => seen.clone(),
            _ => return Ok(()),
        };
        self.store.adopt_former(&former)?;
        self.memory().is_former = false;
        Ok(())
    }

    /// Keeps a session, sealed, and puts it in the place of the present one. Should the disk refuse, memory has it all the
    /// same.
    pub(crate) fn persist_session(
        &self,
        held: VerifiedSession,
        mut record: Record,
    ) -> Result<(), SessionError> {
        let no_key = self.memory().not_kept;
        let outcome = match (held.key_place, held.stored.seal(&held.keys.sealing)) {
            (Some(place), Ok(sealed)) => {
                (record.sealed, record.key_place, record.ended) = (Some(sealed), Some(place), None);
                self.persist(record)
            }
            // Without the key that opens it, it would only be in the way of the next start.
            (None, _) => Err(SessionError::NotKept { cause: no_key.unwrap_or(StorageFault::Internal) }),
            (_, Err(_)) => Err(SessionError::NotKept { cause: StorageFault::Internal }),
        };
        let mut memory = self.memory();
        memory.loaded = SessionState::Active(Arc::new(held));
        if outcome.is_ok() {
            memory.not_kept = None;
        }
        outcome
    }

    /// Raises the newest time on disk, by the own clock, when it has moved on far enough, and keeps
    /// what the disk did not take before.
    pub(crate) fn remember_time(&self) {
        let (now, own) = (self.now(), self.own_time());
        let (held, record, is_kept) = match &*self.memory() {
            Memory { loaded: SessionState::Active(held), record, not_kept, .. }
                if held.held_reason(now).is_none() =>
            {
                (Arc::clone(held), record.clone(), not_kept.is_none())
            }
            _ => return,
        };
        if !is_kept || own.since(held.stored.newest) > REMEMBER_SECONDS {
            let _ = self.persist_session(held.at(own.max(held.stored.newest)), record);
        }
    }

    /// Ends the session here: nothing of it stays on disk, in the keychain or in memory. A notice for the server may stay.
    ///
    /// # Errors
    /// [`SessionError::NotKept`] when the disk still has it; then nothing is changed.
    pub(crate) fn end(&self, reason: SignedOutReason, notice: Option<String>) -> Result<(), SessionError> {
        let _lock = self.device.lock();
        let (mut record, key_place) = {
            let memory = self.memory();
            (memory.record.clone(), memory.key_place())
        };
        let on_disk = record.sealed.take().is_some();
        let in_file = key_place == Some(KeyPlace::File) || record.key_file.is_some();
        record.key_place = record.key_place.filter(|place| *place == KeyPlace::Keychain);
        // The session that has replaced this one was signed in with the same key, and another
        // device's may be sealed by it.
        let is_needed = |place| reason == SignedOutReason::Replaced || self.others_need_key(place);
        if !is_needed(KeyPlace::File) {
            record.discard_key_file();
        }
        record.ended = Some(reason);
        notice.into_iter().for_each(|notice| record.add_notice(notice));
        let notices = record.notices.clone();
        match self.persist(record) {
            Ok(()) => {}
            Err(error) if on_disk => return Err(error),
            // What never reached the disk need not be removed from it. The notice waits in memory.
            Err(_) => self.memory().record.notices = notices,
        }
        let in_keychain = key_place == Some(KeyPlace::Keychain);
        for (place, is_there) in [(KeyPlace::Keychain, in_keychain), (KeyPlace::File, in_file)] {
            if is_there
                && !is_needed(place)
                && let Err(error) = self.device.forget_secret(place)
            {
                // Without the session it opens nothing.
                tracing::warn!(%error, "the device's secret stays where it is");
            }
        }
        self.forget(reason);
        Ok(())
    }

    /// Forgets the session in memory.
    pub(crate) fn forget(&self, reason: SignedOutReason) {
        let mut memory = self.memory();
        memory.loaded = SessionState::SignedOut(reason);
        memory.access = None;
        memory.not_kept = None;
    }

    /// Moves a document that is not a session of ours out of the way, whole, so that a new one can be kept.
    pub(crate) fn set_aside_damaged(&self) -> Result<(), FileError> {
        let seen = match &*self.memory() {
            Memory {
                loaded: SessionState::SignedOut(SignedOutReason::StoreDamaged) | SessionState::Unreadable(_),
                seen,
                ..
            } => seen.clone(),
            _ => return Ok(()),
        };
        self.adopt_former()?;
        self.store.set_aside(seen.as_deref())?;
        self.memory().seen = None;
        Ok(())
    }
}

impl VerifiedSession {
    /// The same session, seen at `now`.
    pub(crate) fn at(&self, now: UnixTime) -> Self {
        let stored = self.stored.renewed(self.stored.token.clone(), now);
        Self { stored, ..self.clone() }
    }
}
