//! The real server over TLS, with a provider, for sign-ins in the browser.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use tempfile::TempDir;

use crate::server::Server;

/// The server, and the authority that its certificate is from.
pub struct SecureServer {
    server: Server,
    url: String,
    folder: TempDir,
}

impl SecureServer {
    /// Starts it with the settings of `providers`, in the format of `config/server.toml`.
    ///
    /// # Errors
    /// Returns an error if it is not built, or does not start.
    pub async fn start(providers: &str) -> Result<Self> {
        let folder = tempfile::Builder::new().prefix("latchkey-e2e-tls-").tempdir()?;
        make_certificate(folder.path())?;
        let config = folder.path().join("server.toml");
        std::fs::write(&config, "")?;
        let place = |name: &str| folder.path().join(name).display().to_string();
        let mut server = Server::start_with(&[
            ("LATCHKEY_TLS_CERTIFICATE_FILE", &place("tls.crt")),
            ("LATCHKEY_TLS_KEY_FILE", &place("tls.key")),
            ("LATCHKEY_CONFIG", &place("server.toml")),
        ])
        .await?;
        // A provider sends people back to a name, and the port is known only now.
        let url = server.url().replace("127.0.0.1", "localhost");
        server.set("LATCHKEY_PUBLIC_URL", &url);
        std::fs::write(&config, providers)?;
        server.stop().await?;
        server.start_again().await?;
        Ok(Self { server, url, folder })
    }

    /// Its URL, by the name that its certificate is for.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The file for `SSL_CERT_FILE`.
    #[must_use]
    pub fn authority(&self) -> PathBuf {
        self.folder.path().join("ca.pem")
    }

    /// The server, to stop and start it.
    pub fn server(&mut self) -> &mut Server {
        &mut self.server
    }
}

fn make_certificate(folder: &Path) -> Result<()> {
    let mut params = CertificateParams::new(Vec::new())?;
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let key = KeyPair::generate()?;
    write(&folder.join("ca.pem"), &params.self_signed(&key)?.pem())?;
    let issuer = Issuer::new(params, key);
    let names = ["localhost".to_owned(), "127.0.0.1".to_owned()];
    let own = KeyPair::generate()?;
    let certificate = CertificateParams::new(names)?.signed_by(&own, &issuer)?;
    write(&folder.join("tls.crt"), &certificate.pem())?;
    write(&folder.join("tls.key"), &own.serialize_pem())
}

/// Writes a file that only this user can read.
fn write(path: &Path, text: &str) -> Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::write(path, text).with_context(|| path.display().to_string())?;
    Ok(std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600))?)
}
