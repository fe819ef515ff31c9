//! The servers of the part `route`, and the requests that they get.

use std::net::{SocketAddr, TcpListener};
use std::process::Stdio;

use anyhow::{Context, Result, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;
use tokio::process::Command;

use crate::device::{self, Device};
use crate::issuer;
use crate::limit_server;
use crate::machine;
use crate::peer::{self, Peer};
use crate::site::{Node, PASSWORD, Site};
use crate::wire::Connection;

/// How many different tokens there are.
pub(crate) const CYCLE: usize = 4096;

/// How many of them a server remembers that gets them all.
pub(crate) const REMEMBERED: usize = 1024;

/// Which requests a server gets.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Requests {
    /// The same bearer token.
    Bearer,
    /// The same bound token, each time with a new proof.
    Proofs,
    /// Different bearer tokens, in a circle.
    Different,
}

/// A server and its requests.
pub(crate) struct Target {
    pub(crate) server: (SocketAddr, u32),
    pub(crate) requests: Requests,
}

/// The servers that are loaded in turns.
pub(crate) struct Servers {
    _site: Site,
    node: Node,
    limit: Running,
    peers: [Running; 3],
    quiet: Node,
    forgetful: Node,
    small: Node,
    device: Device,
    bound: String,
    /// A request with a bearer token.
    pub(crate) bearer: Vec<u8>,
    /// Requests with a bearer token, each another.
    pub(crate) different: Vec<Vec<u8>>,
}

/// A program that is compared.
struct Running {
    address: SocketAddr,
    peer: Peer,
}

impl Servers {
    pub(crate) async fn start() -> Result<Self> {
        let site = Site::new(None, &[]).await?;
        site.add_account("sam").await?;
        let node = site.start(0).await?;
        let device = Device::new(1)?;
        let mut connection = Connection::open(node.address).await?;
        let bearer = device::tokens(&mut connection, &device.sign_in_bearer("sam", PASSWORD)).await?.access;
        let sign_in = device.sign_in(&node.url, "sam", PASSWORD)?;
        let bound = device::tokens(&mut connection, &sign_in).await?.access;
        let peers = [
            start_express(&site, "pem", 1).await?,
            start_express(&site, "parsed", 1).await?,
            start_express(&site, "parsed", machine::cores()).await?,
        ];
        let different = issuer::resigned(&site.private_key_file(), &bearer, CYCLE)?;
        let call = |token: &String| device.call_bearer("GET", "/", token);
        Ok(Self {
            limit: start_limit(&site, &device.proof(&node.url, "GET", "/", None)?).await?,
            quiet: site.start_with(0, &[("LATCHKEY_LOG_FILTER", "warn")]).await?,
            forgetful: site.start_with(0, &[("LATCHKEY_LIMITS_SIGNATURE_ENTRIES", "0")]).await?,
            small: {
                let entries = REMEMBERED.to_string();
                site.start_with(0, &[("LATCHKEY_LIMITS_SIGNATURE_ENTRIES", &entries)]).await?
            },
            different: different.iter().map(call).collect(),
            bearer: call(&bearer),
            _site: site,
            node,
            peers,
            device,
            bound,
        })
    }

    /// The servers of the first table, in its order.
    pub(crate) fn compared(&self) -> [Target; 7] {
        let [pem, parsed, cores] = &self.peers;
        [
            self.limit.target(Requests::Bearer),
            self.node.target(Requests::Bearer),
            self.limit.target(Requests::Proofs),
            self.node.target(Requests::Proofs),
            pem.target(Requests::Bearer),
            parsed.target(Requests::Bearer),
            cores.target(Requests::Bearer),
        ]
    }

    /// The servers of the second table, in its order.
    pub(crate) fn parts(&self) -> [Target; 5] {
        [
            self.node.target(Requests::Bearer),
            self.quiet.target(Requests::Bearer),
            self.forgetful.target(Requests::Bearer),
            self.small.target(Requests::Different),
            self.forgetful.target(Requests::Different),
        ]
    }

    /// Makes a request with a new proof.
    pub(crate) fn proven(&self) -> Result<Vec<u8>> {
        self.device.call(&self.node.url, "GET", "/", &self.bound)
    }
}

impl Running {
    fn target(&self, requests: Requests) -> Target {
        let pid = self.peer.pid().unwrap_or_default();
        Target { server: (self.address, pid), requests }
    }
}

impl Node {
    fn target(&self, requests: Requests) -> Target {
        let pid = self.pid().unwrap_or_default();
        Target { server: (self.address, pid), requests }
    }
}

async fn start_limit(site: &Site, proof: &str) -> Result<Running> {
    let mut command = Command::new(std::env::current_exe()?);
    command.arg(limit_server::ARGUMENT).arg(site.public_key_file()).arg(point(proof)?);
    command.stderr(Stdio::from(site.log()?));
    let mut peer = Peer::start(&mut command)?;
    let address = peer.line().await?.parse()?;
    Ok(Running { address, peer })
}

/// The public key in the header of a proof, as an uncompressed point in base64url.
fn point(proof: &str) -> Result<String> {
    let header = proof.split('.').next().context("no header")?;
    let header: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(header)?)?;
    let mut point = vec![4];
    for name in ["x", "y"] {
        let member = header.pointer(&format!("/jwk/{name}")).and_then(Value::as_str);
        point.extend(URL_SAFE_NO_PAD.decode(member.context("no key in a proof")?)?);
    }
    Ok(URL_SAFE_NO_PAD.encode(point))
}

async fn start_express(site: &Site, key_form: &str, workers: usize) -> Result<Running> {
    // The port is free now, and the peer binds it right away.
    let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
    let mut command = Command::new("node");
    command.arg("server.js").current_dir(peer::node().await?);
    command.env("NODE_ENV", "production").env("PUBLIC_KEY", site.public_key_file());
    command.env("KEY_FORM", key_form).env("ISSUER", "latchkey").env("AUDIENCE", "latchkey-api");
    command.env("PORT", address.port().to_string()).env("WORKERS", workers.to_string());
    let mut peer = Peer::start(&mut command)?;
    let line = peer.line().await?;
    ensure!(line == "listening", "the peer printed “{line}”");
    Ok(Running { address, peer })
}
