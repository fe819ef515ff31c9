//! The company: `oidc-provider`, a certified provider of OpenID Connect, in a process of its own,
//! over https on this computer. `node/provider.cjs` says what it does.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use latchkey_server::Settings;
use latchkey_server::settings::ProviderSettings;
use reqwest::Client;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::front::Front;
use crate::neighbour::{Neighbour, free_address};

/// The secret of this server there.
const SECRET: &str = "a secret of thirty-two characters";

/// What runs.
const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/operators/node/provider.cjs");

/// The packages that `cargo xtask test --operators` installs in the build folder.
fn packages() -> PathBuf {
    let packages = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap().join("node/node_modules");
    assert!(packages.join("oidc-provider").is_dir(), "there is no oidc-provider in {}", packages.display());
    packages
}

/// A provider. It stops when this value is dropped.
pub(crate) struct Company {
    /// Its issuer.
    pub(crate) issuer: String,
    name: String,
    address: SocketAddr,
    folder: TempDir,
    /// The certificate of the servers that it calls.
    calls: PathBuf,
    http: Client,
    process: Option<Neighbour>,
}

impl Company {
    /// Starts one that knows the servers behind `front`. Its name is the provider's id there.
    pub(crate) async fn start(name: &str, front: &Front) -> Self {
        let public_url = &front.url;
        let folder = tempfile::tempdir().unwrap();
        let place = |name: &str| folder.path().join(name);
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        std::fs::write(place("tls.crt"), made.cert.pem()).unwrap();
        write_secret(&place("tls.key"), &made.signing_key.serialize_pem());
        write_secret(&place("client.secret"), SECRET);
        let address = free_address();
        let issuer = format!("https://localhost:{}", address.port());
        let settings = json!({
            "name": name,
            "id": name,
            "issuer": issuer,
            "certificate": place("tls.crt"),
            "key": place("tls.key"),
            "keys": place("keys.json"),
            "redirect_uris": [format!("{public_url}/browser/callback/{name}")],
            "logout_uri": format!("{public_url}/browser/backchannel/{name}"),
            "secret": SECRET,
        });
        std::fs::write(place("provider.json"), settings.to_string()).unwrap();
        let http = Client::builder().no_proxy().tls_danger_accept_invalid_certs(true).build().unwrap();
        let (name, calls) = (name.to_owned(), front.certificate());
        let mut company = Self { issuer, name, address, folder, calls, http, process: None };
        company.come_back().await;
        company
    }

    /// Adds it to the settings of a server, with further members.
    pub(crate) fn offer(&self, settings: &mut Settings, more: &str) {
        let place = |name: &str| self.folder.path().join(name).display().to_string();
        let text = format!(
            "id = \"{0}\"\nname = \"The {0}\"\nissuer = \"{1}\"\nclient_id = \"latchkey\"\n\
             client_secret_file = \"{2}\"\nca_file = \"{3}\"\n{more}",
            self.name,
            self.issuer,
            place("client.secret"),
            place("tls.crt"),
        );
        let provider: ProviderSettings = toml::from_str(&text).unwrap();
        settings.providers.push(provider);
    }

    /// Stops it: its address refuses connections.
    pub(crate) fn go_away(&mut self) {
        self.process = None;
    }

    /// Starts it again, with its keys and without what it has stored.
    pub(crate) async fn come_back(&mut self) {
        let packages = format!("NODE_PATH={}", packages().display());
        let calls = format!("NODE_EXTRA_CA_CERTS={}", self.calls.display());
        let settings = self.folder.path().join("provider.json");
        let program = ["env", &packages, &calls, "node", SCRIPT, settings.to_str().unwrap()];
        let mut process = Neighbour::start(self.folder.path(), &program);
        process.until_listening(self.address).await;
        self.process = Some(process);
    }

    /// Controls it.
    pub(crate) async fn control(&self, what: &str, how: &Value) -> Value {
        let url = format!("{}/control/{what}", self.issuer);
        let answer = self.http.post(url).json(how).send().await.unwrap();
        assert_eq!(answer.status(), 200, "{what}: {}", self.output());
        answer.json().await.unwrap()
    }

    /// How often its token endpoint was asked for a grant type.
    pub(crate) async fn calls(&self, grant: &str) -> u64 {
        self.control("calls", &json!({})).await[grant].as_u64().unwrap_or_default()
    }

    /// What it has written.
    pub(crate) fn output(&self) -> String {
        self.process.as_ref().map(Neighbour::output).unwrap_or_default()
    }
}

/// Writes a file that only this user can read.
fn write_secret(path: &Path, text: &str) {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::write(path, text).unwrap();
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).unwrap();
}
