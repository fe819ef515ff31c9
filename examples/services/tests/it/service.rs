//! The services as processes, each of which ends with its test.

use std::path::{Path, PathBuf};
use std::process::{Command as Program, Stdio};

use latchkey_token::DeviceKey;
use reqwest::{RequestBuilder, StatusCode};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};

use crate::latchkey::{client, now, proof_for};

#[derive(Clone, Copy, Debug)]
pub(crate) enum Kind {
    Axum,
    Node,
    Python,
}

impl Kind {
    fn command(self) -> Command {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
        match self {
            Self::Axum => Command::new(env!("CARGO_BIN_EXE_axum-service")),
            Self::Node => {
                let packages = folder.join("node/node_modules");
                assert!(packages.is_dir(), "run: npm ci --prefix examples/services/node");
                script("node".into(), &folder.join("node/service.js"))
            }
            Self::Python => script(python(), &folder.join("python/service.py")),
        }
    }
}

fn script(program: PathBuf, path: &Path) -> Command {
    let mut command = Command::new(program);
    command.arg(path).env("PYTHONDONTWRITEBYTECODE", "1");
    command
}

/// The first Python with the two packages: the system's, or the one in the search path.
fn python() -> PathBuf {
    let has_packages = |python: &&str| {
        let mut program = Program::new(python);
        program.args(["-c", "import jwt, cryptography"]).stderr(Stdio::null());
        program.status().is_ok_and(|status| status.success())
    };
    let found = ["/usr/bin/python3", "python3", "python"].into_iter().find(has_packages);
    found.expect("install: pip install -r examples/services/python/requirements.txt").into()
}

pub(crate) struct Service {
    pub(crate) url: String,
    _process: Child,
}

impl Service {
    /// Starts a service that fetches the keys from `latchkey` for every unknown key id.
    pub(crate) async fn start(kind: Kind, latchkey: &str) -> Self {
        Self::start_with(kind, latchkey, "0").await
    }

    /// Starts a service that clients call by `public_url`.
    pub(crate) async fn start_at(kind: Kind, latchkey: &str, public_url: &str) -> Self {
        Self::start_in(kind, latchkey, "0", Some(public_url)).await
    }

    pub(crate) async fn start_with(kind: Kind, latchkey: &str, cooldown_seconds: &str) -> Self {
        Self::start_in(kind, latchkey, cooldown_seconds, None).await
    }

    async fn start_in(kind: Kind, latchkey: &str, cooldown_seconds: &str, public_url: Option<&str>) -> Self {
        let mut process = kind
            .command()
            .env("LATCHKEY_URL", latchkey)
            .env("JWKS_COOLDOWN_SECONDS", cooldown_seconds)
            .env("PORT", "0")
            .env_remove("PUBLIC_URL")
            .envs(public_url.map(|url| ("PUBLIC_URL", url)))
            .env("NO_PROXY", "127.0.0.1")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .unwrap_or_else(|error| panic!("{kind:?} could not be started: {error}"));
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let line = lines.next_line().await.unwrap().unwrap_or_default();
        let url = line.strip_prefix("listening on ").unwrap_or_else(|| panic!("{kind:?} printed “{line}”"));
        Self { url: url.to_owned(), _process: process }
    }

    pub(crate) fn get(&self) -> RequestBuilder {
        client().get(format!("{}/?query=is&not=in the proof", self.url))
    }

    pub(crate) async fn with_bearer(&self, token: &str) -> StatusCode {
        self.get().bearer_auth(token).send().await.unwrap().status()
    }

    pub(crate) async fn with_proof(&self, token: &str, proof: &str) -> StatusCode {
        let request = self.get().header("authorization", format!("DPoP {token}")).header("dpop", proof);
        request.send().await.unwrap().status()
    }

    /// Sends a request with a proof, as the app does.
    pub(crate) async fn with_device(&self, token: &str, key: &DeviceKey) -> StatusCode {
        let proof = proof_for(key, "GET", &format!("{}/", self.url), Some(token), now());
        self.with_proof(token, &proof).await
    }
}
