//! TLS from certificate files, read again without a restart. TLS 1.2 and 1.3 by rustls on aws-lc. A
//! certificate that cannot be used never replaces a usable one.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use latchkey_token::UnixTime;
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use super::certificate;
use crate::settings::Settings;

/// Why TLS cannot be spoken.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TlsError {
    /// Only one of the two files is set.
    #[error("set both tls_certificate_file and tls_key_file, or neither")]
    Half,
    /// A file cannot be read.
    #[error("the TLS file {} cannot be read: {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// No certificate in PEM form.
    #[error("there is no certificate in PEM form in {}", .0.display())]
    NoCertificate(PathBuf),
    /// No private key in PEM form.
    #[error("there is no private key in PEM form, without a passphrase, in {}", .0.display())]
    NoKey(PathBuf),
    /// They do not belong together, or are of a kind that is not supported.
    #[error("the TLS certificate {} cannot be used with its key: {reason}", path.display())]
    Unusable {
        /// The certificate's file.
        path: PathBuf,
        /// The library's words.
        reason: rustls::Error,
    },
}

/// The certificate in use.
pub(crate) struct Tls {
    certificate: PathBuf,
    key: PathBuf,
    current: RwLock<Current>,
}

/// What is read from the files.
struct Current {
    config: Arc<ServerConfig>,
    /// The first end of a validity in the chain; `None` if it cannot be read.
    expires_at: Option<UnixTime>,
}

impl Tls {
    /// `None` without files.
    pub(crate) fn load(settings: &Settings) -> Result<Option<Self>, TlsError> {
        match (&settings.tls_certificate_file, &settings.tls_key_file) {
            (Some(certificate), Some(key)) => {
                let current = RwLock::new(read(certificate, key)?);
                Ok(Some(Self { certificate: certificate.clone(), key: key.clone(), current }))
            }
            (None, None) => Ok(None),
            _ => Err(TlsError::Half),
        }
    }

    /// Reads the files again; open connections continue with the old certificate.
    pub(crate) fn reload(&self) -> Result<(), TlsError> {
        let current = read(&self.certificate, &self.key)?;
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = current;
        Ok(())
    }

    /// When the certificate in use expires, or one that is sent with it.
    pub(crate) fn expires_at(&self) -> Option<UnixTime> {
        self.current.read().unwrap_or_else(PoisonError::into_inner).expires_at
    }

    pub(crate) fn files(&self) -> Vec<PathBuf> {
        vec![self.certificate.clone(), self.key.clone()]
    }

    pub(super) async fn accept<S>(&self, stream: S) -> io::Result<TlsStream<S>>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let config = Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner).config);
        TlsAcceptor::from(config).accept(stream).await
    }
}

fn read(certificate: &Path, key: &Path) -> Result<Current, TlsError> {
    let bytes = |path: &Path| {
        std::fs::read(path).map_err(|source| TlsError::Unreadable { path: path.to_owned(), source })
    };
    let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&bytes(certificate)?).collect();
    let chain = chain.ok().filter(|chain| !chain.is_empty());
    let chain = chain.ok_or_else(|| TlsError::NoCertificate(certificate.to_owned()))?;
    let expires_at = chain.iter().filter_map(|certificate| certificate::expires_at(certificate)).min();
    let secret = zeroize::Zeroizing::new(bytes(key)?);
    let private = PrivateKeyDer::from_pem_slice(&secret).map_err(|_| TlsError::NoKey(key.to_owned()))?;
    let unusable = |reason| TlsError::Unusable { path: certificate.to_owned(), reason };
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .and_then(|builder| builder.with_no_client_auth().with_single_cert(chain, private))
        .map_err(unusable)?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Current { config: Arc::new(config), expires_at })
}
