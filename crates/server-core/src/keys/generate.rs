//! Making a key pair. Never replaces a key: tokens would stop verifying in every app that carries
//! the old one.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use aws_lc_rs::encoding::{AsDer as _, Pkcs8V1Der, PublicKeyX509Der};
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::KeyPair as _;
use pem::{EncodeConfig, LineEnding, Pem};
use tempfile::NamedTempFile;
use zeroize::Zeroizing;

use super::{DEVELOPMENT_NOTE, PRIVATE_KEY_FILE, PUBLIC_KEY_FILE, SigningKey};

/// Where a new pair is.
#[derive(Clone, Debug)]
pub struct Generated {
    /// The private key: PKCS #8, PEM. Only its owner can read it (on Windows the system and the
    /// administrators too).
    pub private_key: PathBuf,
    /// The public key: SPKI, PEM.
    pub public_key: PathBuf,
    /// The key id: RFC 7638 thumbprint.
    pub kid: String,
}

/// Why no pair was made. Nothing has changed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum GenerateError {
    /// Fewer bits than RFC 7518 §3.3 allows.
    #[error("a key of {0} bits is too weak: at least 2048 are required")]
    Weak(u32),
    /// A length that the crypto library does not make.
    #[error("a key of {0} bits cannot be made: choose 2048, 3072, 4096 or 8192")]
    Length(u32),
    /// There is one already.
    #[error("there is already a key at {}; it is not replaced, as apps that carry it would stop working", .0.display())]
    Exists(PathBuf),
    /// The crypto library failed.
    #[error("the key could not be made")]
    Failed,
    /// The folder is not writable.
    #[error("the key cannot be written to {}: {source}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
}

/// Makes an RSA pair of `bits` and writes `auth-private.key` (0600) and `auth-public.key` into
/// `folder`, each atomically. The folder is created if it is missing.
///
/// # Errors
/// See [`GenerateError`].
pub fn generate(folder: &Path, bits: u32) -> Result<Generated, GenerateError> {
    generate_noted(folder, bits, "")
}

/// Like [`generate`], for a pair that must never be part of a release: [`DEVELOPMENT_NOTE`] is
/// above its public key, as text that readers of PEM ignore (RFC 7468 §5.2).
///
/// # Errors
/// See [`GenerateError`].
pub fn generate_for_development(folder: &Path, bits: u32) -> Result<Generated, GenerateError> {
    generate_noted(folder, bits, &format!("{DEVELOPMENT_NOTE}\n"))
}

fn generate_noted(folder: &Path, bits: u32, note: &str) -> Result<Generated, GenerateError> {
    let private_key = folder.join(PRIVATE_KEY_FILE);
    let public_key = folder.join(PUBLIC_KEY_FILE);
    for path in [&private_key, &public_key] {
        if path.symlink_metadata().is_ok() {
            return Err(GenerateError::Exists(path.clone()));
        }
    }
    let (key, private) = make(bits)?;
    let kid = key.kid().to_owned();
    create(folder, &private_key, private.as_bytes(), false)?;
    let public = format!("{note}{}", key.public_pem());
    if let Err(error) = create(folder, &public_key, public.as_bytes(), true) {
        // A private key without its public key would make the next try fail.
        let _ = std::fs::remove_file(&private_key);
        return Err(error);
    }
    Ok(Generated { private_key, public_key, kid })
}

/// Makes a key of `bits`, and its private key in PEM form (PKCS #8).
pub(super) fn make(bits: u32) -> Result<(SigningKey, Zeroizing<String>), GenerateError> {
    let size = match bits {
        0..2048 => return Err(GenerateError::Weak(bits)),
        2048 => KeySize::Rsa2048,
        3072 => KeySize::Rsa3072,
        4096 => KeySize::Rsa4096,
        8192 => KeySize::Rsa8192,
        _ => return Err(GenerateError::Length(bits)),
    };
    let pair = KeyPair::generate(size).map_err(|_| GenerateError::Failed)?;
    let private: Pkcs8V1Der<'_> = pair.as_der().map_err(|_| GenerateError::Failed)?;
    let private = pem("PRIVATE KEY", private.as_ref());
    Ok((SigningKey::new(pair).map_err(|_| GenerateError::Failed)?, private))
}

/// The public key in PEM form (SPKI).
pub(super) fn public_pem(pair: &KeyPair) -> Option<String> {
    let public: PublicKeyX509Der<'_> = pair.public_key().as_der().ok()?;
    Some(pem("PUBLIC KEY", public.as_ref()).to_string())
}

fn pem(tag: &str, der: &[u8]) -> Zeroizing<String> {
    let config = EncodeConfig::new().set_line_ending(LineEnding::LF);
    let block = Pem::new(tag, der);
    let text = Zeroizing::new(pem::encode_config(&block, config));
    drop(Zeroizing::new(block.into_contents()));
    text
}

/// Creates a file atomically, and only if it does not exist.
pub(super) fn create(
    folder: &Path,
    path: &Path,
    contents: &[u8],
    readable: bool,
) -> Result<(), GenerateError> {
    let failed = |source| GenerateError::Write { path: path.to_owned(), source };
    let file = write_beside(folder, contents, readable).map_err(failed)?;
    file.persist_noclobber(path).map(drop).map_err(|error| match error.error.kind() {
        io::ErrorKind::AlreadyExists => GenerateError::Exists(path.to_owned()),
        _ => failed(error.error),
    })
}

/// Writes a file that only its owner can read, to be given its name afterwards.
pub(crate) fn write_private(folder: &Path, contents: &[u8]) -> io::Result<NamedTempFile> {
    write_beside(folder, contents, false)
}

pub(super) fn write_beside(folder: &Path, contents: &[u8], readable: bool) -> io::Result<NamedTempFile> {
    std::fs::create_dir_all(folder)?;
    let mut file = NamedTempFile::new_in(folder)?;
    // Before the contents: a new file has the access control list of its folder.
    #[cfg(windows)]
    if !readable {
        latchkey_os_windows::acl::restrict(file.path())?;
    }
    file.write_all(contents)?;
    #[cfg(not(unix))]
    let _ = readable;
    #[cfg(unix)]
    if readable {
        use std::os::unix::fs::PermissionsExt as _;
        file.as_file().set_permissions(std::fs::Permissions::from_mode(0o644))?;
    }
    file.as_file().sync_all()?;
    Ok(file)
}
