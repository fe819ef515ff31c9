//! The states of a key: *next* (published, does not sign yet), *signing*, *retired* (verifies the
//! tokens that it signed), removed. Each change is committed by one rename, so that a crash leaves
//! the state before or the state after, and a second call completes it.

use std::fs::{self, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use latchkey_token::{LEEWAY_SECONDS, UnixTime};

use super::generate::{create, make};
use super::load::private_file;
use super::lock::FolderLock;
use super::public_key_file::{self, Entry};
use super::{GenerateError, KeysError, NEXT_KEY_FILE, PRIVATE_KEY_FILE, SigningKey};
use crate::settings::CoreSettings;

/// How long a next key must have been published before it signs, in seconds: by then every server
/// has read it, and every cached JWKS without it has expired.
const PUBLISHED_SECONDS: i64 = 600;

/// Where in its life a key is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum KeyState {
    /// Published, signs after the next rotation.
    Next,
    /// Signs.
    Signing,
    /// Verifies the tokens that it signed.
    Retired,
}

/// A published key.
#[derive(Clone, Debug, serde::Serialize)]
#[non_exhaustive]
pub struct ListedKey {
    /// RFC 7638 thumbprint.
    pub kid: String,
    /// Where in its life it is.
    pub state: KeyState,
    /// Since when it is published, in seconds since 1970; `None` if that is not noted.
    pub published: Option<i64>,
    /// When it stopped signing.
    pub retired: Option<i64>,
    /// When the last token that it signed expires. Only for a retired key.
    pub last_token_until: Option<i64>,
}

/// Why a key did not change. Nothing has changed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RotationError {
    /// The keys cannot be read.
    #[error(transparent)]
    Keys(#[from] KeysError),
    /// The next key could not be made.
    #[error(transparent)]
    Generate(#[from] GenerateError),
    /// The private key is not in a file of this folder.
    #[error(
        "the private key is not in the folder of keys; publish its successor in auth-public.key, then change it where it comes from"
    )]
    Elsewhere,
    /// There is no next key.
    #[error("there is no next key that is published; make one with: latchkey-server keys generate --next")]
    NoNext,
    /// The next key has not been published for long enough.
    #[error(
        "the next key is published only since {0} s: wait until {PUBLISHED_SECONDS} s, and until every app has it, or use --force"
    )]
    TooEarly(i64),
    /// No such key.
    #[error("no published key begins with that key id")]
    Unknown,
    /// The key still signs, or will.
    #[error("the key {0} is not retired: rotate first")]
    InUse(String),
    /// Tokens of the key are still alive.
    #[error(
        "tokens of the key {0} are alive until {1} (seconds since 1970); use --force to make them worthless now"
    )]
    Alive(String, i64),
    /// The file has no note of when the key was retired.
    #[error("it is not known when the key {0} stopped signing; use --force if its tokens are dead")]
    Undated(String),
    /// Another command is changing the keys.
    #[error("another command is changing the keys in {}; run this one again when it has ended", .0.display())]
    Locked(PathBuf),
    /// The folder is not writable.
    #[error("the folder of keys {} cannot be changed: {source}", path.display())]
    Write {
        /// The folder.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
}

/// Every published key.
///
/// # Errors
/// [`RotationError::Keys`].
pub fn list(settings: impl Into<CoreSettings>) -> Result<Vec<ListedKey>, RotationError> {
    let settings = &settings.into();
    let signing = super::Keys::load(settings)?.signing.kid().to_owned();
    let next = next_key(&settings.keys)?.map(|key| key.kid().to_owned());
    let listed = public_key_file::load(&settings.keys)?.into_iter().map(|entry| {
        let state = match entry.kid {
            ref kid if *kid == signing => KeyState::Signing,
            ref kid if Some(kid) == next.as_ref() => KeyState::Next,
            _ => KeyState::Retired,
        };
        let retired = entry.retired.filter(|_| state == KeyState::Retired);
        ListedKey {
            state,
            published: entry.published.map(UnixTime::seconds),
            retired: retired.map(UnixTime::seconds),
            last_token_until: retired.map(|at| last_token(settings, at).seconds()),
            kid: entry.kid,
        }
    });
    Ok(listed.collect())
}

/// A key signs for the last time when it is retired. A device may present that session token for a
/// renewal while its session is active, even after the lease has ended; until then the key must
/// verify.
fn last_token(settings: &CoreSettings, retired: UnixTime) -> UnixTime {
    let sessions = &settings.sessions;
    // A renewal within `renew_after_seconds` leaves the device its token, and the session its full
    // idle time.
    let idle = sessions.renew_after_seconds.saturating_add(sessions.idle_seconds);
    let longest = idle.min(sessions.absolute_seconds).max(settings.tokens.access_seconds);
    retired.plus(longest.saturating_add(LEEWAY_SECONDS))
}

/// Makes the next key and publishes its public key. Returns its key id. If a call is interrupted,
/// the next call completes it.
///
/// # Errors
/// See [`RotationError`].
pub fn next(settings: impl Into<CoreSettings>, bits: u32, now: UnixTime) -> Result<String, RotationError> {
    let settings = &settings.into();
    let folder = in_folder(settings)?;
    let _lock = lock(folder)?;
    let signing = private_file(folder.join(PRIVATE_KEY_FILE))?;
    let mut entries = published(folder, &signing)?;
    let path = folder.join(NEXT_KEY_FILE);
    let key = match next_key(folder)? {
        Some(key) if entries.iter().any(|entry| entry.kid == key.kid()) => {
            return Err(GenerateError::Exists(path).into());
        }
        Some(key) => key,
        None => {
            let (key, private) = make(bits)?;
            create(folder, &path, private.as_bytes(), false)?;
            key
        }
    };
    entries.push(Entry::after(&entries, key.kid(), key.public_pem(), now));
    public_key_file::store(folder, &entries).map_err(|source| failed(folder, source))?;
    Ok(key.kid().to_owned())
}

/// Makes the next key the signing key, and retires the current one, whose private key is destroyed.
/// Returns the new key's id.
///
/// # Errors
/// See [`RotationError`].
/// [`RotationError`].
pub fn rotate(
    settings: impl Into<CoreSettings>,
    now: UnixTime,
    force: bool,
) -> Result<String, RotationError> {
    let settings = &settings.into();
    let folder = in_folder(settings)?;
    let _lock = lock(folder)?;
    let signing = private_file(folder.join(PRIVATE_KEY_FILE))?;
    let mut entries = published(folder, &signing)?;
    let next = next_key(folder)?.ok_or(RotationError::NoNext)?;
    let entry = entries.iter().find(|entry| entry.kid == next.kid()).ok_or(RotationError::NoNext)?;
    let seconds = entry.published.map_or(0, |at| now.since(at));
    if seconds < PUBLISHED_SECONDS && !force {
        return Err(RotationError::TooEarly(seconds));
    }
    // The note first: on a key that signs it means nothing, so a crash here changes nothing.
    for entry in entries.iter_mut().filter(|entry| entry.kid == signing.kid()) {
        entry.retired = Some(now);
    }
    public_key_file::store(folder, &entries)
        .and_then(|()| fs::rename(folder.join(NEXT_KEY_FILE), folder.join(PRIVATE_KEY_FILE)))
        .and_then(|()| public_key_file::sync(folder))
        .map_err(|source| failed(folder, source))?;
    Ok(next.kid().to_owned())
}

/// Removes retired keys from the published keys: the key whose id begins with `kid`, or every key
/// whose last token has expired. Returns their ids.
///
/// # Errors
/// See [`RotationError`].
pub fn retire(
    settings: impl Into<CoreSettings>,
    kid: Option<&str>,
    now: UnixTime,
    force: bool,
) -> Result<Vec<String>, RotationError> {
    let settings = &settings.into();
    let folder = settings.keys.as_path();
    let _lock = lock(folder)?;
    let listed = list(settings)?;
    let dead = |key: &ListedKey| key.last_token_until.is_some_and(|until| until < now.seconds());
    let gone: Vec<String> = match kid {
        None => listed.iter().filter(|key| dead(key)).map(|key| key.kid.clone()).collect(),
        Some(kid) => {
            let mut named = listed.iter().filter(|key| !kid.is_empty() && key.kid.starts_with(kid));
            let (Some(key), None) = (named.next(), named.next()) else { return Err(RotationError::Unknown) };
            match key.last_token_until {
                _ if key.state != KeyState::Retired => return Err(RotationError::InUse(key.kid.clone())),
                Some(until) if !dead(key) && !force => {
                    return Err(RotationError::Alive(key.kid.clone(), until));
                }
                None if !force => return Err(RotationError::Undated(key.kid.clone())),
                _ => vec![key.kid.clone()],
            }
        }
    };
    if !gone.is_empty() {
        let mut entries = public_key_file::load(folder)?;
        entries.retain(|entry| !gone.contains(&entry.kid));
        public_key_file::store(folder, &entries).map_err(|source| failed(folder, source))?;
    }
    Ok(gone)
}

fn in_folder(settings: &CoreSettings) -> Result<&Path, RotationError> {
    match (&settings.private_key, &settings.private_key_file) {
        (None, None) => Ok(&settings.keys),
        _ => Err(RotationError::Elsewhere),
    }
}

fn next_key(folder: &Path) -> Result<Option<SigningKey>, KeysError> {
    match private_file(folder.join(NEXT_KEY_FILE)) {
        Ok(key) => Ok(Some(key)),
        Err(KeysError::Missing(_)) => Ok(None),
        Err(error) => Err(error),
    }
}

/// The published keys, which must have the signing one.
fn published(folder: &Path, signing: &SigningKey) -> Result<Vec<Entry>, KeysError> {
    let entries = public_key_file::load(folder)?;
    match entries.iter().any(|entry| entry.kid == signing.kid()) {
        true => Ok(entries),
        false => Err(KeysError::Mismatch(folder.join(super::PUBLIC_KEY_FILE))),
    }
}

fn failed(folder: &Path, source: io::Error) -> RotationError {
    RotationError::Write { path: folder.to_owned(), source }
}

/// Allows one change at a time.
fn lock(folder: &Path) -> Result<FolderLock, RotationError> {
    FolderLock::take(folder).map_err(|error| match error {
        TryLockError::WouldBlock => RotationError::Locked(folder.to_owned()),
        TryLockError::Error(source) => failed(folder, source),
    })
}
