//! The machine: its clocks, its disk, and its keychain. Each can fail.

use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use latchkey_token::UnixTime;
use serde_json::Value;

use super::START;
use crate::clock::Clock;
use crate::device::{Device, DeviceId, DeviceIdError, Interaction, ProcessLock, Secret};
use crate::device::{IdSource, KeyPlace};
use crate::secret_error::SecretError;
use crate::storage::{FileError, Store};

/// The wall clock and the steady clock, set by tests.
pub(crate) struct FakeClock {
    wall: AtomicI64,
    steady: AtomicI64,
}

impl FakeClock {
    pub(crate) fn new() -> Self {
        Self { wall: START.into(), steady: 0.into() }
    }

    /// Time passes, for every clock.
    pub(crate) fn pass(&self, seconds: i64) {
        self.wall.fetch_add(seconds, Ordering::SeqCst);
        self.steady.fetch_add(seconds, Ordering::SeqCst);
    }

    /// Sets the wall clock.
    pub(crate) fn set(&self, wall: i64) {
        self.wall.store(wall, Ordering::SeqCst);
    }
}

impl Clock for FakeClock {
    fn wall(&self) -> UnixTime {
        UnixTime::new(self.wall.load(Ordering::SeqCst))
    }

    fn steady(&self) -> Duration {
        Duration::from_secs(self.steady.load(Ordering::SeqCst).try_into().unwrap())
    }
}

/// A disk for one document.
#[derive(Default)]
pub(crate) struct FakeDisk {
    pub(crate) document: Mutex<Option<Vec<u8>>>,
    pub(crate) set_aside: Mutex<Vec<Vec<u8>>>,
    pub(crate) full: Mutex<bool>,
    pub(crate) unreadable: Mutex<bool>,
    /// Why it is unreadable; `None` is something that is not a plain file.
    unreadable_as: Mutex<Option<FileError>>,
    pub(crate) writes: AtomicUsize,
    /// What another process writes before the next write.
    pub(crate) overtaken_by: Mutex<Option<Vec<u8>>>,
}

impl FakeDisk {
    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.document.lock().unwrap().clone().unwrap_or_default()).unwrap()
    }

    pub(crate) fn make_unreadable(&self, error: FileError) {
        *self.unreadable.lock().unwrap() = true;
        *self.unreadable_as.lock().unwrap() = Some(error);
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text()).unwrap()
    }
}

impl Store for FakeDisk {
    fn read(&self) -> Result<Option<Vec<u8>>, FileError> {
        if *self.unreadable.lock().unwrap() {
            return Err(self.unreadable_as.lock().unwrap().unwrap_or(FileError::NotPlain));
        }
        Ok(self.document.lock().unwrap().clone())
    }

    fn replace(&self, seen: Option<&[u8]>, new: &[u8]) -> Result<(), FileError> {
        if *self.full.lock().unwrap() {
            return Err(FileError::DiskFull);
        }
        let mut document = self.document.lock().unwrap();
        if let Some(other) = self.overtaken_by.lock().unwrap().take() {
            *document = Some(other);
        }
        if document.as_deref() != seen {
            return Err(FileError::Changed);
        }
        self.writes.fetch_add(1, Ordering::SeqCst);
        *document = Some(new.to_vec());
        Ok(())
    }

    fn set_aside(&self, seen: Option<&[u8]>) -> Result<(), FileError> {
        if self.read().is_ok_and(|present| present.as_deref() != seen) {
            return Err(FileError::Changed);
        }
        *self.unreadable.lock().unwrap() = false;
        let document = self.document.lock().unwrap().take();
        self.set_aside.lock().unwrap().extend(document);
        Ok(())
    }
}

/// The contents of a place for secrets.
type Contents = Mutex<Result<Vec<Secret>, SecretError>>;

/// A machine with a keychain and a place for a key file.
pub(crate) struct FakeDevice {
    pub(crate) id: Mutex<Option<String>>,
    pub(crate) keychain: Arc<Contents>,
    pub(crate) key_file: Arc<Contents>,
    /// The fault of the key file while it cannot be used.
    pub(crate) key_file_error: Mutex<FileError>,
    pub(crate) unlocks_for_person: Mutex<Option<Secret>>,
    pub(crate) set_up: Mutex<Result<(), SecretError>>,
    pub(crate) set_aside: Mutex<Vec<Secret>>,
    /// How long the keychain takes to forget a secret.
    pub(crate) forgetting_takes: Mutex<Duration>,
    /// How long the user takes for the keychain's dialogue.
    pub(crate) prompting_takes: Mutex<Duration>,
    /// What another process does while the keychain responds.
    pub(crate) while_keychain_responds: Mutex<Option<Box<dyn FnOnce() + Send>>>,
    /// What another process does while this one waits for the lock.
    pub(crate) before_lock: Mutex<Option<Box<dyn FnMut() + Send>>>,
}

impl FakeDevice {
    pub(crate) fn new() -> Self {
        Self {
            id: Some("device-1".to_owned()).into(),
            keychain: Arc::new(Ok(Vec::new()).into()),
            key_file: Arc::new(Ok(Vec::new()).into()),
            key_file_error: FileError::ReadOnly.into(),
            unlocks_for_person: None.into(),
            set_up: Err(SecretError::NeverSetUp).into(),
            set_aside: Mutex::default(),
            forgetting_takes: Mutex::default(),
            prompting_takes: Mutex::default(),
            while_keychain_responds: Mutex::default(),
            before_lock: Mutex::default(),
        }
    }

    /// Another device that has the same keychain and home.
    pub(crate) fn with_id(&self, id: &str) -> Self {
        let (keychain, key_file) = (Arc::clone(&self.keychain), Arc::clone(&self.key_file));
        Self { id: Some(id.to_owned()).into(), keychain, key_file, ..Self::new() }
    }

    fn place(&self, place: KeyPlace) -> &Contents {
        match place {
            KeyPlace::Keychain => &self.keychain,
            KeyPlace::File => &self.key_file,
        }
    }
}

impl Device for FakeDevice {
    fn id(&self) -> Result<DeviceId, DeviceIdError> {
        let id = self.id.lock().unwrap().clone().ok_or(DeviceIdError(FileError::ReadOnly))?;
        Ok(DeviceId::for_test(&id, IdSource::Machine))
    }

    fn name(&self) -> Option<String> {
        Some("sams-laptop".to_owned())
    }

    fn secrets(&self, place: KeyPlace, interaction: Interaction) -> Result<Vec<Secret>, SecretError> {
        if interaction == Interaction::Prompt {
            let pause = *self.prompting_takes.lock().unwrap();
            std::thread::park_timeout(pause);
        }
        let mut contents = self.place(place).lock().unwrap();
        if interaction == Interaction::Prompt
            && let Some(secret) = self.unlocks_for_person.lock().unwrap().take()
        {
            *contents = Ok(vec![secret]);
        }
        let found = contents.clone();
        drop(contents);
        if place == KeyPlace::Keychain
            && let Some(other) = self.while_keychain_responds.lock().unwrap().take()
        {
            other();
        }
        found
    }

    fn persist_secret(&self, place: KeyPlace, new: &Secret, _: &ProcessLock) -> Result<Secret, SecretError> {
        let mut contents = self.place(place).lock().unwrap();
        let present = contents.as_mut().map_err(|trouble| *trouble)?;
        if present.is_empty() {
            present.push(new.clone());
        }
        Ok(present[0].clone())
    }

    fn forget_secret(&self, place: KeyPlace, _: &ProcessLock) -> Result<(), SecretError> {
        let pause = *self.forgetting_takes.lock().unwrap();
        std::thread::park_timeout(pause);
        self.place(place).lock().unwrap().as_mut().map_err(|trouble| *trouble)?.clear();
        Ok(())
    }

    fn key_file(&self) -> Result<Option<Secret>, FileError> {
        let contents = self.secrets(KeyPlace::File, Interaction::Silent);
        Ok(contents.map_err(|_| *self.key_file_error.lock().unwrap())?.into_iter().next())
    }

    fn persist_key_file(&self, new: &Secret) -> Result<Secret, FileError> {
        self.persist_secret(KeyPlace::File, new, &ProcessLock::none())
            .map_err(|_| *self.key_file_error.lock().unwrap())
    }

    fn set_aside_key_file(&self, last_read: &Secret) -> Result<(), FileError> {
        let mut contents = self.key_file.lock().unwrap();
        let present = contents.as_mut().map_err(|_| *self.key_file_error.lock().unwrap())?;
        if present.first() != Some(last_read) {
            return Err(FileError::Changed);
        }
        self.set_aside.lock().unwrap().append(present);
        Ok(())
    }

    fn set_up_keychain(&self) -> Result<(), SecretError> {
        (*self.set_up.lock().unwrap())?;
        *self.keychain.lock().unwrap() = Ok(Vec::new());
        Ok(())
    }

    fn lock(&self) -> ProcessLock {
        if let Some(other) = &mut *self.before_lock.lock().unwrap() {
            other();
        }
        ProcessLock::none()
    }
}
