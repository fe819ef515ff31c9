//! Part 2: the protected route, `GET /`, with bearer tokens and with proofs, against a server of Express and jsonwebtoken
//! that does the same work.

use std::net::{SocketAddr, TcpListener};
use std::time::Duration;

use anyhow::{Context, Result};
use tokio::process::Command;

use crate::chart::{Bar, bars};
use crate::device::{self, Device};
use crate::document::{Section, goal, goals, table};
use crate::load::{Load, Outcome, Stock};
use crate::machine;
use crate::peer::{self, Peer};
use crate::site::{Node, PASSWORD, Site};
use crate::statistics::Series;
use crate::wire::Connection;

const ROUNDS: usize = 7;
const ROUND: Duration = Duration::from_millis(1500);
const CONNECTIONS: [usize; 3] = [1, 16, 128];

/// Proofs made for one round, before its clock starts.
const PROOFS: usize = 24_000;

const NAMES: [&str; 5] = [
    "Latchkey, bearer",
    "Latchkey, DPoP",
    "Express 5, PEM",
    "Express 5, parsed key",
    "Express 5, parsed key, a process for each core",
];

/// Why the goals are out of reach where they are; the shares were read with `perf` on the machine of the first measurement.
const LIMIT: &str = "\
What Latchkey's time goes into, bearer and proofs mixed (`perf record` of the server, release): 32 % the RSA check, 19 % the ECDSA \
check of the proofs, 16 % the kernel (sockets, the line of log), 7 % memory, 5 % HTTP, 3 % writing the line of log, 2 % JSON. Half is \
cryptography that a server without a list of sessions or of tokens it has seen cannot leave out, so what is left to win is small. A \
token that was checked could be remembered until it expires; that would take a third off a bearer call, and would put a second place \
beside the signature where a token is judged. It was left out. With one connection, server and load generator wait for each \
other, one core does nothing, and the ratio is that of two latencies.\n";

/// All that is loaded in turns.
struct Contest {
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
    let contest = Contest::prepare().await?;
    let (mut rows, mut met, mut pictures) = (Vec::new(), Vec::new(), Vec::new());
    for connections in CONNECTIONS {
        let mut figures: [Figures; 5] = Default::default();
        // The first round warms up, and does not count.
        for round in 0..=ROUNDS {
            for (which, figures) in figures.iter_mut().enumerate() {
                let outcome = contest.round(which, connections).await?;
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
                figures.rate.told(0),
                figures.rate.over(&peer.rate).told(1),
                figures.cost.told(0),
                peer.cost.over(&figures.cost).told(1),
                figures.p50.told(2),
                figures.p99.told(2),
            ]);
        }
        for (name, ours, wanted) in [("bearer", bearer, 10.0), ("DPoP", dpop, 5.0)] {
            let ratio = ours.rate.over(&peer.rate);
            met.push(goal(
                &format!("requests/s, {name} to Express (PEM), {connections} connections"),
                &format!("≥ {wanted:.0}"),
                &ratio.told(1),
                ratio.median() >= wanted,
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
        let title = format!("Requests in a second, {connections} connections");
        pictures.push((picture, bars(&title, 0, &shown.collect::<Vec<_>>())));
    }
    let head = [
        "",
        "connections",
        "requests/s",
        "to Express, PEM",
        "µs on a core for one",
        "Express to it",
        "p50, ms",
        "p99, ms",
    ];
    let body = format!(
        "`GET /` with an access token, RSA-3072. The peer is `bench/peer-node`: Express 5 with jsonwebtoken, which checks \
         signature, type, issuer, both audiences and expiry, looks for the session among the ended ones, and logs nothing. \
         “PEM” is how jsonwebtoken's own pages pass the key, and what the goals are for; with a key that was parsed beforehand \
         it is at its best. Latchkey does the same, writes its line of log for each request, and with DPoP checks the proof and \
         remembers it against replay. Every DPoP request has a fresh proof, made before the clock starts. The load generator is \
         one thread of `latchkey-bench`, the same for all, on the same {} cores. {ROUNDS} rounds of {} s each; Node {}.\n\n{}\n{}\n\
         {LIMIT}",
        machine::cores(),
        ROUND.as_secs_f64(),
        peer::version("node").await?,
        table(&head, &rows),
        goals(&met),
    );
    Ok(Section { title: "The protected route", body, pictures })
}

impl Contest {
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
        let stocks = match which {
            1 => self.proofs(connections)?,
            _ => vec![Stock::Same(self.bearer.clone()); connections],
        };
        Load { address, pid, stocks, lasts: ROUND, pause: Duration::ZERO }.run().await?.all(200)
    }

    fn proofs(&self, connections: usize) -> Result<Vec<Stock>> {
        let call = || self.device.call(&self.node.url, "GET", "/", &self.bound);
        let stock = || (0..PROOFS / connections).map(|_| call()).collect::<Result<_>>().map(Stock::Once);
        (0..connections).map(|_| stock()).collect()
    }
}

async fn start_peer(site: &Site, key_form: &str, workers: usize) -> Result<(SocketAddr, Peer)> {
    // Free now, and asked for at once.
    let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
    let mut command = Command::new("node");
    command.arg("server.js").current_dir(peer::node().await?);
    command.env("NODE_ENV", "production").env("PUBLIC_KEY", site.public_key_file());
    command.env("KEY_FORM", key_form).env("ISSUER", "latchkey").env("AUDIENCE", "latchkey-api");
    command.env("PORT", address.port().to_string()).env("WORKERS", workers.to_string());
    let mut peer = Peer::start(&mut command)?;
    let line = peer.line().await?;
    anyhow::ensure!(line == "listening", "the peer said “{line}”");
    Ok((address, peer))
}
