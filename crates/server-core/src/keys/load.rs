//! Reads the server's keys. Each invalid key has its own error; no error quotes the key.

use std::fmt;
use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use aws_lc_rs::rsa::KeyPair;
use latchkey_token::{KeyError, KeySet, MIN_RSA_BITS};
use secrecy::{ExposeSecret as _, SecretString};
use zeroize::Zeroizing;

use super::der;
use super::{PRIVATE_KEY_FILE, PUBLIC_KEY_FILE, SigningKey};
use crate::settings::CoreSettings;

/// Maximum size of a key file, in bytes.
const MAX_FILE_BYTES: u64 = 64 * 1024;

/// The source of the private key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeySource {
    /// A file.
    File(PathBuf),
    /// `LATCHKEY_PRIVATE_KEY`.
    Environment,
}

impl fmt::Display for KeySource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => path.display().fmt(f),
            Self::Environment => f.write_str("LATCHKEY_PRIVATE_KEY"),
        }
    }
}

/// Why the keys cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeysError {
    /// No file.
    #[error("there is no private key at {0}; make one with: latchkey-server keys generate")]
    Missing(KeySource),
    /// The file cannot be read, or is not a regular file.
    #[error("the key file {} cannot be read: {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// Others can read it.
    #[error("the private key {} can be read by other users; shut them out with: chmod 600 {}", .0.display(), .0.display())]
    ReadableByOthers(PathBuf),
    /// Protected by a passphrase.
    #[error(
        "the private key {0} is encrypted; the server needs it without a passphrase, in a file with mode 0600"
    )]
    Encrypted(KeySource),
    /// A public key, a certificate …
    #[error("{0} is not a private key")]
    NotPrivate(KeySource),
    /// A private key of another kind.
    #[error("the private key {0} is not an RSA key")]
    NotRsa(KeySource),
    /// Fewer than 2048 bits.
    #[error("the private key {0} is too weak: at least 2048 bits are required")]
    Weak(KeySource),
    /// Not PEM, or its numbers do not fit together.
    #[error("the private key {0} is damaged")]
    Damaged(KeySource),
    /// The file of public keys.
    #[error("the public keys {} cannot be used: {source}", path.display())]
    Public {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: KeyError,
    },
    /// Apps contain the public keys; tokens that this server signs would not verify there.
    #[error("the public keys {} do not have the public half of the private key", .0.display())]
    Mismatch(PathBuf),
}

/// The keys that a server signs and verifies with.
#[derive(Clone, Debug)]
pub(super) struct Keys {
    pub(crate) signing: Arc<SigningKey>,
    /// The public keys that are accepted and published, the signing key's first.
    pub(crate) verifying: KeySet,
}

impl Keys {
    pub(super) fn load(settings: &CoreSettings) -> Result<Self, KeysError> {
        Self::with(Arc::new(private_key(settings)?), settings)
    }

    /// Reads the public keys for a private key that is already read.
    pub(super) fn with(signing: Arc<SigningKey>, settings: &CoreSettings) -> Result<Self, KeysError> {
        let own = signing.public_pem();
        let path = settings.keys.join(PUBLIC_KEY_FILE);
        let public = |source| KeysError::Public { path: path.clone(), source };
        let verifying = match read(&path) {
            Ok(text) => {
                let published = KeySet::from_pem(&text).map_err(public)?;
                if published.kids().all(|kid| kid.as_str() != signing.kid()) {
                    return Err(KeysError::Mismatch(path));
                }
                KeySet::from_pem(&format!("{own}{}", text.as_str())).map_err(public)?
            }
            // A server whose key is from the environment needs no file at all.
            Err(source) if source.kind() == std::io::ErrorKind::NotFound => {
                KeySet::from_pem(own).map_err(public)?
            }
            Err(source) => return Err(KeysError::Unreadable { path, source }),
        };
        Ok(Self { signing, verifying })
    }
}

fn private_key(settings: &CoreSettings) -> Result<SigningKey, KeysError> {
    if let Some(text) = &settings.private_key {
        return parse(text, &KeySource::Environment);
    }
    private_file(private_path(settings))
}

/// Where the private key's file is, if it is not from the environment.
pub(super) fn private_path(settings: &CoreSettings) -> PathBuf {
    settings.private_key_file.clone().unwrap_or_else(|| settings.keys.join(PRIVATE_KEY_FILE))
}

/// Reads a private key from a file that other users cannot read.
pub(super) fn private_file(path: PathBuf) -> Result<SigningKey, KeysError> {
    let text = match read(&path) {
        Ok(text) => SecretString::from(text.as_str()),
        Err(source) if source.kind() == std::io::ErrorKind::NotFound => {
            return Err(KeysError::Missing(KeySource::File(path)));
        }
        Err(source) => return Err(KeysError::Unreadable { path, source }),
    };
    check_permissions(&path)?;
    parse(&text, &KeySource::File(path))
}

/// Reads a regular file of at most [`MAX_FILE_BYTES`]; anything else (a pipe, a folder) could block
/// or fill the memory.
pub(super) fn read(path: &Path) -> std::io::Result<Zeroizing<String>> {
    if !std::fs::metadata(path)?.is_file() {
        return Err(std::io::Error::other("it is not a file"));
    }
    let mut text = Zeroizing::new(String::with_capacity(16 * 1024));
    if File::open(path)?.take(MAX_FILE_BYTES).read_to_string(&mut text)? as u64 == MAX_FILE_BYTES {
        return Err(std::io::Error::other("it is too long"));
    }
    Ok(text)
}

#[cfg(unix)]
fn check_permissions(path: &Path) -> Result<(), KeysError> {
    use std::os::unix::fs::PermissionsExt as _;
    let unreadable = |source| KeysError::Unreadable { path: path.to_owned(), source };
    let mode = std::fs::metadata(path).map_err(unreadable)?.permissions().mode();
    if mode & 0o077 == 0 { Ok(()) } else { Err(KeysError::ReadableByOthers(path.to_owned())) }
}

/// On other systems a file inherits its permissions from its folder and has no mode.
#[cfg(not(unix))]
fn check_permissions(_path: &Path) -> Result<(), KeysError> {
    Ok(())
}

fn parse(text: &SecretString, source: &KeySource) -> Result<SigningKey, KeysError> {
    let block = pem::parse(text.expose_secret()).map_err(|_| KeysError::Damaged(source.clone()))?;
    let old_encryption = block.headers().get("Proc-Type").is_some_and(|value| value.contains("ENCRYPTED"));
    let tag = block.tag().to_owned();
    let der = Zeroizing::new(block.into_contents());
    let (is_pkcs8, key) = match tag.as_str() {
        "ENCRYPTED PRIVATE KEY" => return Err(KeysError::Encrypted(source.clone())),
        _ if old_encryption => return Err(KeysError::Encrypted(source.clone())),
        "PRIVATE KEY" => match der::pkcs8(&der) {
            Some((true, key)) => (true, key),
            Some((false, _)) => return Err(KeysError::NotRsa(source.clone())),
            None => return Err(KeysError::Damaged(source.clone())),
        },
        "RSA PRIVATE KEY" => (false, der.as_slice()),
        tag if tag.ends_with("PRIVATE KEY") => return Err(KeysError::NotRsa(source.clone())),
        _ => return Err(KeysError::NotPrivate(source.clone())),
    };
    if der::modulus_bits(key).is_some_and(|bits| bits < MIN_RSA_BITS) {
        return Err(KeysError::Weak(source.clone()));
    }
    let pair = if is_pkcs8 { KeyPair::from_pkcs8(&der) } else { KeyPair::from_der(&der) };
    let pair = pair.map_err(|_| KeysError::Damaged(source.clone()))?;
    // The key set also refuses a small public exponent.
    SigningKey::new(pair).map_err(|_| KeysError::Weak(source.clone()))
}
