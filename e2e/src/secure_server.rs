//! The real server over TLS, with a provider, for sign-ins in the browser.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use tempfile::TempDir;

use crate::fake_clock::FakeClock;
use crate::server::Server;

/// The server, and the authority that its certificate is from.
pub struct SecureServer {
    server: Server,
    url: String,
    folder: TempDir,
    clock: Option<FakeClock>,
}

impl SecureServer {
    /// Starts it with the settings of `providers`, in the format of `config/server.toml`.
    ///
    /// # Errors
    /// Returns an error if it is not built, or does not start.
    pub async fn start(providers: &str) -> Result<Self> {
        Self::start_on(false, providers).await
    }

    /// Does the same as [`SecureServer::start`], with a clock of its own, which shows the right
    /// time at first.
    ///
    /// # Errors
    /// Returns an error if the library for that is not installed, too.
    pub async fn start_with_a_clock(providers: &str) -> Result<Self> {
        Self::start_on(true, providers).await
    }

    async fn start_on(has_clock: bool, providers: &str) -> Result<Self> {
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
        let clock = has_clock.then(|| FakeClock::new(folder.path())).transpose()?;
        for (name, value) in clock.iter().map(FakeClock::variables).collect::<Result<Vec<_>>>()?.concat() {
            server.set(name, &value);
        }
        server.stop().await?;
        server.start_again().await?;
        Ok(Self { server, url, folder, clock })
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

    /// Sets the clock of [`SecureServer::start_with_a_clock`] to an offset from the right time.
    ///
    /// # Errors
    /// Returns an error if it has no clock of its own.
    pub fn set_clock(&self, offset: &str) -> Result<()> {
        self.clock.as_ref().context("this server has no clock of its own")?.set(offset)
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
