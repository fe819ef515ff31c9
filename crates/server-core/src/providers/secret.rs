//! The secret of this server at a provider, in a file that only the server and root may read.

use std::path::{Path, PathBuf};

use secrecy::SecretString;

use crate::keys::{Exposure, PrivateFileError, read_private_bytes};

/// Maximum length of a secret, in bytes.
const MAX_SECRET_BYTES: usize = 1024;

/// Why the secret of a provider cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ClientSecretError {
    /// The file cannot be read.
    #[error("the file {} cannot be read: {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// Others have access to the file.
    #[error("the file {} {exposure}", path.display())]
    Exposed {
        /// The file.
        path: PathBuf,
        /// Who.
        exposure: Exposure,
    },
    /// It is not one line of text.
    #[error("the file {} is not one line of text", .0.display())]
    Malformed(PathBuf),
}

/// Reads the secret of this server at a provider.
///
/// # Errors
/// [`ClientSecretError`].
pub fn read_client_secret(path: &Path) -> Result<SecretString, ClientSecretError> {
    let bytes = read_private_bytes(path).map_err(|error| match error {
        PrivateFileError::Unreadable(source) => {
            ClientSecretError::Unreadable { path: path.to_owned(), source }
        }
        PrivateFileError::Exposed(exposure) => ClientSecretError::Exposed { path: path.to_owned(), exposure },
    })?;
    let text = std::str::from_utf8(&bytes).map(str::trim_end).unwrap_or_default();
    match (1..=MAX_SECRET_BYTES).contains(&text.len()) && !text.contains(char::is_control) {
        true => Ok(text.into()),
        false => Err(ClientSecretError::Malformed(path.to_owned())),
    }
}
