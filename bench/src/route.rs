//! Part 2: the protected route `GET /`, with bearer tokens and with proofs, against a server of
//! Express and jsonwebtoken that does the same work.

use std::net::{SocketAddr, TcpListener};
use std::time::Duration;

use anyhow::{Context, Result};
use tokio::process::Command;

use crate::chart::{Bar, bars};
use crate::device::{self, Device};
use crate::document::{Section, goal, goals, table};
use crate::load::{Fixture, Load, Outcome};
use crate::machine;
use crate::peer::{self, Peer};
use crate::site::{Node, PASSWORD, Site};
use crate::statistics::Series;
use crate::wire::Connection;

const ROUNDS: usize = 7;
const ROUND_DURATION: Duration = Duration::from_millis(1500);
const CONNECTIONS: [usize; 3] = [1, 16, 128];

/// The number of proofs for one round, made before its time starts.
const PROOFS: usize = 24_000;

const NAMES: [&str; 5] = [
    "Latchkey, bearer",
    "Latchkey, DPoP",
    "Express 5, PEM",
    "Express 5, parsed key",
    "Express 5, parsed key, a process for each core",
];

/// Why some goals are out of reach. The shares come from `perf` on the machine of the first
/// measurement.
const LIMIT: &str = "\
Where Latchkey spends its time, with bearer tokens and proofs mixed (`perf record` of the release server): 32 % RSA check, 19 % ECDSA \
check of the proofs, 16 % kernel (sockets, the log line), 7 % memory, 5 % HTTP, 3 % formatting the log line, 2 % JSON. Half is \
cryptography that a server needs unless it stores sessions or tokens, so little is left to gain. Remembering a checked token until it \
expires would make a bearer call a third cheaper, but would decide on tokens in a second place beside the signature check; it is not \
done. With one connection, server and load generator wait for each other, one core is idle, and the ratio is that of two \
latencies.\n";

/// The servers that are loaded in turns.
struct Contenders {
    _site: Site,
    node: Node,
    device: Device,
    bound: String,
    bearer: Vec<u8>,
    peers: [(SocketAddr, Peer); 3],
}

#[derive(Default)]
struct Figures {
    rate: Series,
    cost: Series,
    p50: Series,
    p99: Series,
}

pub(crate) async fn measure() -> Result<Section> {
    let contenders = Contenders::prepare().await?;
    let (mut rows, mut met, mut pictures) = (Vec::new(), Vec::new(), Vec::new());
    for connections in CONNECTIONS {
        let mut figures: [Figures; 5] = Default::default();
        // The first round warms up and does not count.
        for round in 0..=ROUNDS {
            for (which, figures) in figures.iter_mut().enumerate() {
                let outcome = contenders.round(which, connections).await?;
                if round > 0 {
                    figures.rate.push(outcome.rate(200));
                    figures.cost.push(outcome.cost());
                    figures.p50.push(outcome.quantile_ms(0.5));
                    figures.p99.push(outcome.quantile_ms(0.99));
                }
            }
        }
        let [bearer, dpop, peer, ..] = &figures;
        for (name, figures) in NAMES.iter().zip(&figures) {
            rows.push(vec![
                (*name).to_owned(),
                connections.to_string(),
                figures.rate.with_spread(0),
                figures.rate.ratio_to(&peer.rate).with_spread(1),
                figures.cost.with_spread(0),
                peer.cost.ratio_to(&figures.cost).with_spread(1),
                figures.p50.with_spread(2),
                figures.p99.with_spread(2),
            ]);
        }
        for (name, ours, target) in [("bearer", bearer, 10.0), ("DPoP", dpop, 5.0)] {
            let ratio = ours.rate.ratio_to(&peer.rate);
            met.push(goal(
                &format!("requests/s, {name} to Express (PEM), {connections} connections"),
                &format!("≥ {target:.0}"),
                &ratio.with_spread(1),
                ratio.median() >= target,
            ));
        }
        let shown = NAMES
            .iter()
            .zip(&figures)
            .map(|(name, figures)| Bar::new(*name, figures.rate.median(), name.starts_with("Latchkey")));
        let picture = match connections {
            1 => "route-1.svg",
            16 => "route-16.svg",
            _ => "route-128.svg",
        };
        let title = format!("Requests per second, {connections} connections");
        pictures.push((picture, bars(&title, 0, &shown.collect::<Vec<_>>())));
    }
    let head = [
        "",
        "connections",
        "requests/s",
        "to Express, PEM",
        "CPU µs per request",
        "Express to it",
        "p50, ms",
        "p99, ms",
    ];
    let body = format!(
        "`GET /` with an access token, RSA-3072. The peer is `bench/peer-node`: Express 5 with jsonwebtoken, which checks \
         signature, type, issuer, both audiences and expiry, looks the session up among the ended ones, and logs nothing. \
         “PEM” is how jsonwebtoken's documentation passes the key, and what the goals refer to; with a key that was parsed \
         beforehand it is fastest. Latchkey does the same and writes a log line for each request; with DPoP it also checks the \
         proof and records it against replay. Every DPoP request has a new proof, made before the time starts. The load \
         generator is one thread of `latchkey-bench`, the same for all, on the same {} cores. {ROUNDS} rounds of {} s each; Node {}.\n\n{}\n{}\n\
         {LIMIT}",
        machine::cores(),
        ROUND_DURATION.as_secs_f64(),
        peer::version("node").await?,
        table(&head, &rows),
        goals(&met),
    );
    Ok(Section { title: "The protected route", body, pictures })
}

impl Contenders {
    async fn prepare() -> Result<Self> {
        let site = Site::new(None, &[]).await?;
        site.add_account("sam").await?;
        let node = site.start(0).await?;
        let device = Device::new(1)?;
        let mut connection = Connection::open(node.address).await?;
        let bearer = device::tokens(&mut connection, &device.sign_in_bearer("sam", PASSWORD)).await?.access;
        let sign_in = device.sign_in(&node.url, "sam", PASSWORD)?;
        let bound = device::tokens(&mut connection, &sign_in).await?.access;
        let peers = [
            start_peer(&site, "pem", 1).await?,
            start_peer(&site, "parsed", 1).await?,
            start_peer(&site, "parsed", machine::cores()).await?,
        ];
        let bearer = device.call_bearer("GET", "/", &bearer);
        Ok(Self { _site: site, node, device, bound, bearer, peers })
    }

    async fn round(&self, which: usize, connections: usize) -> Result<Outcome> {
        let (address, pid) = match which {
            0 | 1 => (self.node.address, self.node.pid()?),
            _ => {
                let (address, peer) = self.peers.get(which - 2).context("no such peer")?;
                (*address, peer.pid()?)
            }
        };
        let fixtures = match which {
            1 => self.proofs(connections)?,
            _ => vec![Fixture::Same(self.bearer.clone()); connections],
        };
        Load { address, pid, fixtures, duration: ROUND_DURATION, pause: Duration::ZERO }
            .run()
            .await?
            .expect_only(200)
    }

    fn proofs(&self, connections: usize) -> Result<Vec<Fixture>> {
        let call = || self.device.call(&self.node.url, "GET", "/", &self.bound);
        let fixture = || (0..PROOFS / connections).map(|_| call()).collect::<Result<_>>().map(Fixture::Once);
        (0..connections).map(|_| fixture()).collect()
    }
}

async fn start_peer(site: &Site, key_form: &str, workers: usize) -> Result<(SocketAddr, Peer)> {
    // The port is free now, and the peer binds it right away.
    let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
    let mut command = Command::new("node");
    command.arg("server.js").current_dir(peer::node().await?);
    command.env("NODE_ENV", "production").env("PUBLIC_KEY", site.public_key_file());
    command.env("KEY_FORM", key_form).env("ISSUER", "latchkey").env("AUDIENCE", "latchkey-api");
    command.env("PORT", address.port().to_string()).env("WORKERS", workers.to_string());
    let mut peer = Peer::start(&mut command)?;
    let line = peer.line().await?;
    anyhow::ensure!(line == "listening", "the peer printed “{line}”");
    Ok((address, peer))
}
