//! The company's provider (OpenID Connect): `oidc-provider` in a process of its own, over https on
//! this computer. It knows the people `sam` and `mikaela`.

use std::path::Path;
use std::process::Stdio;

use anyhow::{Context, Result, bail, ensure};
use latchkey_testkit::free_port;
use rcgen::generate_simple_self_signed;
use serde_json::json;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::time::timeout;

use crate::process::{Process, silent};
use crate::program;
use crate::wait::TIMEOUT;

/// What runs, below the repository's root.
const SCRIPT: &str = "crates/server/tests/operators/node/provider.cjs";

/// Posts a body, and fails if the answer is no success.
const POST: &str = "const [url, body] = process.argv.slice(1); \
     fetch(url, { method: 'POST', body }).then(({ ok }) => { process.exitCode = ok ? 0 : 1; })";

/// A provider. It ends when this value is dropped, and can be stopped and started again before.
pub struct Company {
    issuer: String,
    folder: TempDir,
    running: Option<Process>,
}

impl Company {
    /// Prepares one whose id in the settings is `company`. It does not run yet.
    ///
    /// # Errors
    /// Returns an error if a file cannot be written.
    pub fn new() -> Result<Self> {
        let folder = tempfile::Builder::new().prefix("latchkey-e2e-company-").tempdir()?;
        let made = generate_simple_self_signed(["localhost".to_owned()])?;
        std::fs::write(folder.path().join("tls.crt"), made.cert.pem())?;
        std::fs::write(folder.path().join("tls.key"), made.signing_key.serialize_pem())?;
        // The server and the provider each have to know the other one's address first.
        Ok(Self { issuer: format!("https://localhost:{}", free_port()), folder, running: None })
    }

    /// The settings of a server that makes accounts for its people.
    #[must_use]
    pub fn settings(&self) -> String {
        format!(
            "\n[[providers]]\nid = \"company\"\nname = \"Example Company\"\nissuer = \"{}\"\n\
             client_id = \"latchkey\"\ncreate = true\nca_file = \"{}\"\n",
            self.issuer,
            self.folder.path().join("tls.crt").display()
        )
    }

    /// Starts it, for the server at `server_url` whose certificate is of `authority`.
    ///
    /// # Errors
    /// Returns an error if it does not start, or its packages are not installed.
    pub async fn start(&mut self, server_url: &str, authority: &Path) -> Result<()> {
        let place = |name: &str| self.folder.path().join(name);
        let settings = json!({
            "name": "Example Company",
            "id": "company",
            "issuer": self.issuer,
            "certificate": place("tls.crt"),
            "key": place("tls.key"),
            "keys": place("keys.json"),
            "redirect_uris": [format!("{server_url}/browser/callback/company")],
            "logout_uri": format!("{server_url}/browser/backchannel/company"),
        });
        std::fs::write(place("provider.json"), settings.to_string())?;
        let mut command = silent("node");
        command.arg(program::root().join(SCRIPT)).arg(place("provider.json"));
        command.env("NODE_PATH", program::node_packages()?).env("NODE_EXTRA_CA_CERTS", authority);
        let log = place("provider.log");
        command.stdout(Stdio::piped()).stderr(std::fs::File::create(&log)?);
        let mut running = Process::start(&mut command)?;
        let stdout = running.child.stdout.take().context("its output cannot be read")?;
        let mut lines = BufReader::new(stdout).lines();
        timeout(TIMEOUT, async {
            while let Some(line) = lines.next_line().await? {
                if line == "ready" {
                    return Ok(());
                }
            }
            bail!("the provider ended: {}", std::fs::read_to_string(&log)?)
        })
        .await
        .context("the provider does not listen")??;
        // Keep reading: otherwise it would block on a full pipe.
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        self.running = Some(running);
        Ok(())
    }

    /// Ends what a person has allowed there: their refresh tokens are refused from now on, and the
    /// person is asked again.
    ///
    /// # Errors
    /// Returns an error if the provider does not run.
    pub async fn revoke(&self, account: &str) -> Result<()> {
        let url = format!("{}/control/revoke", self.issuer);
        let body = json!({ "account": account }).to_string();
        let mut command = silent("node");
        command.args(["--eval", POST, &url, &body]);
        command.env("NODE_EXTRA_CA_CERTS", self.folder.path().join("tls.crt"));
        let ended = timeout(TIMEOUT, command.status()).await.context("the provider does not answer")??;
        ensure!(ended.success(), "the provider does not revoke");
        Ok(())
    }

    /// Stops it: its address refuses connections from now on.
    ///
    /// # Errors
    /// Returns an error if it does not run.
    pub async fn stop(&mut self) -> Result<()> {
        self.running.take().context("the provider does not run")?.kill().await
    }
}
