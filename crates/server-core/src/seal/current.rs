//! The seal key of a running server or of a command: read from its file, made if it may be, and
//! read again when the file has changed. Another key than that of the database never replaces one.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use latchkey_token::UnixTime;
use sqlx::AnyConnection;
use zeroize::Zeroizing;

use super::file::{self, SealKeyError};
use super::key::{self, Key};
use crate::database::{Database, DatabaseError, work};
use crate::keys::Watch;
use crate::settings::CoreSettings;

/// Why a value was not sealed, opened or hashed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// There is no seal key here, or another one than that of the database.
    #[error("the seal key is missing: put it back from the backup, or use `user reset-factor --all-sealed`")]
    NoKey,
    /// The value was sealed with a key that this server does not have.
    #[error("a value was sealed with a key that is not in this server's seal key file")]
    UnknownKey,
    /// The value belongs to something else, or was changed.
    #[error("a sealed value does not belong where it is")]
    Damaged,
    /// The crypto library failed.
    #[error("a value could not be sealed")]
    Failed,
}

/// The seal keys in use.
#[derive(Debug)]
pub(crate) struct Seal {
    path: PathBuf,
    /// The key that seals is the first. Empty without a key.
    keys: RwLock<Arc<[Key]>>,
    /// The file, as it was when it was read.
    file: Mutex<Watch>,
    /// The id of the key that sealed in this database when it was opened.
    recorded: Option<String>,
}

impl Seal {
    /// Reads the key, for a command. Without a file every use fails.
    pub(crate) fn read(settings: &CoreSettings) -> Result<Self, SealKeyError> {
        let path = file::path(settings);
        let watch = Watch::new(vec![path.clone()]);
        let keys = match file::read(&path) {
            Err(SealKeyError::Missing(_)) => Vec::new(),
            keys => keys?,
        };
        Ok(Self { path, keys: RwLock::new(keys.into()), file: Mutex::new(watch), recorded: None })
    }

    /// Reads the keys of a file that carries values from one server to another.
    pub(crate) fn of_file(path: PathBuf) -> Result<Self, SealKeyError> {
        let watch = Watch::new(vec![path.clone()]);
        let keys = file::read(&path)?;
        Ok(Self { path, keys: RwLock::new(keys.into()), file: Mutex::new(watch), recorded: None })
    }

    /// The same, of a file that is made if it is missing.
    pub(crate) fn of_file_or_new(path: PathBuf) -> Result<Self, SealKeyError> {
        match file::make(&path) {
            Ok(()) | Err(SealKeyError::Exists(_)) => Self::of_file(path),
            Err(error) => Err(error),
        }
    }

    /// Reads the key, or makes it if nothing in the database is sealed yet. A key that is missing
    /// or is not that of the database stops nothing but what needs it, and is logged.
    pub(crate) async fn open(
        settings: &CoreSettings,
        database: &Database,
        now: UnixTime,
    ) -> Result<Self, SealOpenError> {
        let mut seal = Self::read(settings)?;
        let is_used = database.read(|connection| work(is_anything_sealed(connection, now))).await?;
        if seal.keys().is_empty() && !is_used && file::is_made_by_server(settings) {
            match file::generate(settings) {
                Ok(path) => {
                    tracing::info!(file = %path.display(), "made the seal key; add it to your backup");
                }
                // Another server made it at the same time.
                Err(SealKeyError::Exists(_)) => {}
                Err(error) => tracing::warn!(%error, "there is no seal key"),
            }
            seal = Self::read(settings)?;
        }
        let recorded = database.read(|connection| work(recorded(connection))).await?;
        seal.recorded.clone_from(&recorded);
        let ids: Vec<String> = seal.keys().iter().map(|key| key.id().to_owned()).collect();
        match (ids.first(), recorded) {
            (None, _) if is_used => tracing::error!(file = %seal.path.display(), "{}", SealError::NoKey),
            (None, _) => {
                tracing::warn!(
                    file = %seal.path.display(),
                    "there is no seal key, so there are no second factors and no codes; make one with `keys generate --seal`"
                );
            }
            (Some(_), Some(recorded)) if ids.contains(&recorded) => {}
            (Some(_), Some(_)) if is_used => {
                tracing::error!(file = %seal.path.display(), "this is not the seal key of the database");
                seal.keys = RwLock::new(Arc::new([]));
            }
            (Some(id), _) => match database.write(|connection| work(record(connection, id))).await {
                // A standby; the server records it when it starts again.
                Err(DatabaseError::ReadOnly(error)) => {
                    tracing::debug!(%error, "the seal key is not recorded");
                }
                recorded => recorded?,
            },
        }
        Ok(seal)
    }

    /// Seals a value. `about` is what it belongs to: the account's id, with a word for its use
    /// where an account has several.
    pub(crate) fn seal(&self, about: &str, value: &[u8]) -> Result<String, SealError> {
        let keys = self.keys();
        let key = keys.first().ok_or(SealError::NoKey)?;
        key.seal(about, value).ok_or(SealError::Failed)
    }

    /// Opens a value that was sealed about the same.
    pub(crate) fn open_sealed(&self, about: &str, sealed: &str) -> Result<Zeroizing<Vec<u8>>, SealError> {
        let (id, rest) = key::split(sealed).ok_or(SealError::Damaged)?;
        let open = |keys: &[Key]| Some(keys.iter().find(|key| key.id() == id)?.open(about, rest));
        let keys = self.keys();
        if keys.is_empty() {
            return Err(SealError::NoKey);
        }
        let opened = open(&keys).or_else(|| {
            // Rotated since, and the file looks as before.
            self.reload();
            open(&self.keys())
        });
        opened.ok_or(SealError::UnknownKey)?.ok_or(SealError::Damaged)
    }

    /// HMAC-SHA256 of the parts under the key that seals. The first part says what it is for.
    pub(crate) fn mac(&self, parts: &[&[u8]]) -> Result<[u8; 32], SealError> {
        Ok(self.keys().first().ok_or(SealError::NoKey)?.mac(parts))
    }

    /// [`Seal::mac`] in base64url, as it is stored.
    pub(crate) fn mac_text(&self, parts: &[&[u8]]) -> Result<String, SealError> {
        Ok(URL_SAFE_NO_PAD.encode(self.mac(parts)?))
    }

    /// The texts under which a value may be stored: [`Seal::macs`] in base64url.
    pub(crate) fn mac_texts(&self, parts: &[&[u8]]) -> Result<Vec<String>, SealError> {
        Ok(self.macs(parts)?.iter().map(|mac| URL_SAFE_NO_PAD.encode(mac)).collect())
    }

    /// HMAC-SHA256 of the parts: one for each key, the one that seals first. What was hashed before
    /// a rotation cannot be hashed anew.
    pub(crate) fn macs(&self, parts: &[&[u8]]) -> Result<Vec<[u8; 32]>, SealError> {
        let keys = self.keys();
        match keys.is_empty() {
            true => Err(SealError::NoKey),
            false => Ok(keys.iter().map(|key| key.mac(parts)).collect()),
        }
    }

    /// Reads the file again. The keys in use stay if it cannot be read, or has not the key that is
    /// in use, or was: nothing that is sealed could be opened.
    fn reload(&self) {
        let keys = match file::read(&self.path) {
            Ok(keys) => keys,
            Err(error) => return tracing::error!(%error, "the seal keys stay as they are"),
        };
        let mut present = self.keys.write().unwrap_or_else(PoisonError::into_inner);
        let id = present.first().map(Key::id).or(self.recorded.as_deref());
        match id.is_none_or(|id| keys.iter().any(|key| key.id() == id)) {
            true => *present = keys.into(),
            false => tracing::error!(
                file = %self.path.display(),
                "this is not the seal key of the database; the seal keys stay as they are"
            ),
        }
    }

    /// The id of the key that seals.
    pub(super) fn id(&self) -> Option<String> {
        self.keys().first().map(|key| key.id().to_owned())
    }

    /// The keys of the file. Its state is asked for each time, which costs little beside what a key
    /// is needed for: a code is made by a command, and is redeemed at once.
    fn keys(&self) -> Arc<[Key]> {
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        if file.changed() {
            self.reload();
        }
        drop(file);
        Arc::clone(&self.keys.read().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Why the seal key of a server could not be opened.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SealOpenError {
    /// The file.
    #[error(transparent)]
    Key(#[from] SealKeyError),
    /// The database.
    #[error(transparent)]
    Database(#[from] DatabaseError),
}

/// Whether a row would be lost with the key.
async fn is_anything_sealed(connection: &mut AnyConnection, now: UnixTime) -> Result<bool, DatabaseError> {
    let query = sqlx::query_scalar(
        "SELECT (SELECT COUNT(*) FROM factors) + (SELECT COUNT(*) FROM recovery_codes) + (SELECT COUNT(*) \
         FROM pending WHERE expires_at > $1 AND spent_at IS NULL AND (code_hash IS NOT NULL OR extra IS NOT NULL)) + \
         (SELECT COUNT(*) FROM outbox WHERE secret IS NOT NULL) + \
         (SELECT COUNT(*) FROM provider_sessions WHERE refresh_token IS NOT NULL)",
    );
    let rows: i64 = query.bind(now.seconds()).fetch_one(connection).await?;
    Ok(rows > 0)
}

/// The id of the key that seals in this database.
async fn recorded(connection: &mut AnyConnection) -> Result<Option<String>, DatabaseError> {
    let query = sqlx::query_scalar("SELECT value FROM shared_secrets WHERE name = 'seal_key_id'");
    Ok(query.fetch_optional(connection).await?)
}

pub(super) async fn record(connection: &mut AnyConnection, id: &str) -> Result<(), DatabaseError> {
    sqlx::query(
        "INSERT INTO shared_secrets (name, value) VALUES ('seal_key_id', $1) \
         ON CONFLICT (name) DO UPDATE SET value = $1",
    )
    .bind(id)
    .execute(connection)
    .await?;
    Ok(())
}
