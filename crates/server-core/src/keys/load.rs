//! Reads the server's keys. Each invalid key has its own error; no error quotes the key.

use std::fmt;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use aws_lc_rs::rsa::KeyPair;
use latchkey_token::{KeyError, KeySet, MIN_RSA_BITS, TokenKind, Verifier};
use secrecy::{ExposeSecret as _, SecretString};
use zeroize::Zeroizing;

use super::access::{Exposure, Readers};
use super::der;
use super::file::read;
use super::pem_text::pem_of_variable;
use super::private_file::{self, PrivateFileError};
use super::{PRIVATE_KEY_FILE, PUBLIC_KEY_FILE, SigningKey};
use crate::settings::CoreSettings;

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
        source: io::Error,
    },
    /// Others can read it, or put another in its place.
    #[error("the private key {path} {exposure}; {remedy}", path = path.display(), remedy = exposure.remedy(path))]
    Exposed {
        /// The file.
        path: PathBuf,
        /// Who can do what.
        exposure: Exposure,
    },
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
    /// Verifies access tokens with them.
    pub(super) access: Arc<Verifier>,
    /// Who can read the private key.
    pub(super) readers: Readers,
}

impl Keys {
    pub(super) fn load(settings: &CoreSettings) -> Result<Self, KeysError> {
        let (signing, readers) = private_key(settings)?;
        Ok(Self { readers, ..Self::with(Arc::new(signing), settings)? })
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
            Err(source) if source.kind() == io::ErrorKind::NotFound => {
                KeySet::from_pem(own).map_err(public)?
            }
            Err(source) => return Err(KeysError::Unreadable { path, source }),
        };
        let access = Arc::new(access_verifier(&verifying, settings));
        Ok(Self { signing, verifying, access, readers: Readers::Server })
    }
}

/// Makes the verifier of access tokens. Only it remembers signatures: a session token is presented
/// once a day.
pub(super) fn access_verifier(keys: &KeySet, settings: &CoreSettings) -> Verifier {
    let keys = keys.remembering(settings.signature_entries);
    let tokens = &settings.tokens;
    Verifier::new(TokenKind::Access, keys, tokens.issuer(), tokens.audience.as_str())
}

fn private_key(settings: &CoreSettings) -> Result<(SigningKey, Readers), KeysError> {
    if let Some(text) = &settings.private_key {
        let key = parse(&pem_of_variable(text), &KeySource::Environment)?;
        return Ok((key, Readers::Server));
    }
    read_private(private_path(settings))
}

/// Where the private key's file is, if it is not from the environment.
pub(super) fn private_path(settings: &CoreSettings) -> PathBuf {
    settings.private_key_file.clone().unwrap_or_else(|| settings.keys.join(PRIVATE_KEY_FILE))
}

/// Reads a private key from a file that other users cannot read.
pub(super) fn private_file(path: PathBuf) -> Result<SigningKey, KeysError> {
    read_private(path).map(|(key, _)| key)
}

fn read_private(path: PathBuf) -> Result<(SigningKey, Readers), KeysError> {
    let (text, readers) = match private_file::read(&path) {
        Ok((text, readers)) => (SecretString::from(text.as_str()), readers),
        Err(PrivateFileError::Unreadable(source)) if source.kind() == io::ErrorKind::NotFound => {
            return Err(KeysError::Missing(KeySource::File(path)));
        }
        Err(PrivateFileError::Unreadable(source)) => return Err(KeysError::Unreadable { path, source }),
        Err(PrivateFileError::Exposed(exposure)) => return Err(KeysError::Exposed { path, exposure }),
    };
    Ok((parse(&text, &KeySource::File(path))?, readers))
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
