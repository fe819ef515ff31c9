//! Part 2: the protected route `GET /`, with bearer tokens and with proofs, against a bare server
//! that only verifies the signatures (the limit), and against a server of Express and jsonwebtoken
//! that does the same work.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context, Result};

use crate::chart::{Bar, bars};
use crate::document::{Section, goal, goals, table};
use crate::load::{Fixture, Load, Outcome};
use crate::machine;
use crate::peer;
use crate::route_servers::{CYCLE, REMEMBERED, Requests, Servers, Target};
use crate::statistics::Series;

const ROUNDS: usize = 7;
const ROUND_DURATION: Duration = Duration::from_millis(1500);
const CONNECTIONS: [usize; 3] = [1, 16, 128];

/// The connections of the second table.
const PARTS_CONNECTIONS: usize = 16;

/// The number of requests that are made before a round starts, if each is another.
const REQUESTS: usize = 32_000;

const NAMES: [&str; 7] = [
    "the limit: bare hyper, RSA check, log line",
    "Latchkey, bearer",
    "the limit with proof: the same and an ES256 check",
    "Latchkey, DPoP",
    "Express 5, PEM",
    "Express 5, parsed key",
    "Express 5, parsed key, a process for each core",
];

const PARTS: [&str; 5] = [
    "Latchkey, bearer",
    "without log lines",
    "nothing remembered",
    "tokens that all differ",
    "tokens that all differ, nothing remembered",
];

/// What the figures contain, and why one goal is out of reach.
const READING: &str = "\
Latchkey remembers that the signature of an access token was good (`limits.signature_entries`), and nothing else of the token; the \
limit computes each signature. So a bearer call can be cheaper than the limit. A proof is signed anew for each request: no one can \
remember it, and the ES256 check is most of such a request (by `perf record` on the server, 52 µs of 69 on an Intel Xeon, 31 of 55 \
on an AMD EPYC): the crypto library has no way to prepare a public key for faster checks. The limit with proof, which does \
nothing but check two signatures, is below the goal of 7 × Express (PEM), too: 5.4 × with 16 connections on the Xeon, where DPoP \
has 6.5 ×, and 5.2 × on the EPYC, where it has 6.8 ×. Allocations for one request, its log line included (`cargo test -p latchkey-server \
--test request_allocations -- --nocapture`): with a bearer token 66, with a proof 82, of which 5 are for `acr` and `amr`; before \
November 2026 96 and 181. With one connection, server and load generator wait for each other, one core is idle, and the ratio is \
that of two latencies. Link-time optimisation of all crates (`lto = \"fat\"`) makes none of the figures better.\n";

#[derive(Default)]
struct Figures {
    rate: Series,
    cost: Series,
    p50: Series,
    p99: Series,
}

impl Figures {
    fn push(&mut self, outcome: &Outcome) {
        self.rate.push(outcome.rate(200));
        self.cost.push(outcome.cost());
        self.p50.push(outcome.quantile_ms(0.5));
        self.p99.push(outcome.quantile_ms(0.99));
    }
}

pub(crate) async fn measure() -> Result<Section> {
    let servers = Servers::start().await?;
    let (mut rows, mut met, mut pictures) = (Vec::new(), Vec::new(), Vec::new());
    for connections in CONNECTIONS {
        let figures = rounds(&servers, servers.compared(), connections).await?;
        let [limit, bearer, limit_with_proof, dpop, peer, parsed, _] = &figures;
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
        for (name, ours, limit) in [("bearer", bearer, limit), ("DPoP", dpop, limit_with_proof)] {
            let ratio = ours.cost.ratio_to(&limit.cost);
            met.push(goal(
                &format!("CPU time, {name} to its limit, {connections} connections"),
                "≤ 1.3",
                &ratio.with_spread(2),
                ratio.median() <= 1.3,
            ));
        }
        let goals = [
            ("bearer to Express (PEM)", bearer, peer, 12.0),
            ("bearer to Express (parsed key)", bearer, parsed, 6.0),
            ("DPoP to Express (PEM)", dpop, peer, 7.0),
        ];
        for (name, ours, theirs, target) in goals.into_iter().filter(|_| connections > 1) {
            let ratio = ours.rate.ratio_to(&theirs.rate);
            met.push(goal(
                &format!("requests/s, {name}, {connections} connections"),
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
    let parts = rounds(&servers, servers.parts(), PARTS_CONNECTIONS).await?;
    let [whole, _, _, different, forgetful] = &parts;
    let cost = |(name, figures): (&&str, &Figures)| {
        vec![
            (**name).to_owned(),
            figures.cost.with_spread(1),
            figures.cost.ratio_to(&whole.cost).with_spread(2),
        ]
    };
    let part_rows: Vec<_> = PARTS.iter().zip(&parts).map(cost).collect();
    let ratio = different.cost.ratio_to(&forgetful.cost);
    met.push(goal(
        "CPU time of tokens that all differ, to nothing remembered",
        "≤ 1.05",
        &ratio.with_spread(2),
        ratio.median() <= 1.05,
    ));
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
        "`GET /` with an access token, RSA-3072. The limit is `bench/src/limit_server.rs`: a bare hyper server that verifies the \
         signature of the same token over a parsed key, writes a log line of the same length, and responds; with a proof also the \
         proof's signature. It checks nothing else. The peer is `bench/peer-node`: Express 5 with jsonwebtoken, which checks signature, \
         type, issuer, both audiences and expiry, looks the session up among the ended ones, and logs nothing. “PEM” is how \
         jsonwebtoken's documentation passes the key; with a key that was parsed beforehand it is fastest. Latchkey does the same \
         and writes a log line for each request; with DPoP it also checks the proof and records it against replay. Every DPoP request \
         has a new proof, made before the time starts. The load generator is one thread of `latchkey-bench`, the same for all, on \
         the same {} cores. {ROUNDS} rounds of {} s each; Node {}.\n\n{}\n\
         What parts of a bearer call cost, with {PARTS_CONNECTIONS} connections. “Without log lines” has `log.filter` at `warn`. \
         “Nothing remembered” has `limits.signature_entries` at 0. “Tokens that all differ” are {CYCLE} tokens in a circle, of \
         which the server remembers {REMEMBERED}, so that none is known when it comes again.\n\n{}\n{}\n{READING}",
        machine::cores(),
        ROUND_DURATION.as_secs_f64(),
        peer::version("node").await?,
        table(&head, &rows),
        table(&["", "CPU µs per request", "to the first"], &part_rows),
        goals(&met),
    );
    Ok(Section { title: "The protected route", body, pictures })
}

/// Loads the targets in turns.
async fn rounds<const N: usize>(
    servers: &Servers,
    targets: [Target; N],
    connections: usize,
) -> Result<[Figures; N]> {
    let mut figures = std::array::from_fn(|_| Figures::default());
    // The first round warms up and does not count.
    for round in 0..=ROUNDS {
        for (target, figures) in targets.iter().zip(&mut figures) {
            let outcome = load(servers, target, connections).await?;
            if round > 0 {
                figures.push(&outcome);
            }
        }
    }
    Ok(figures)
}

async fn load(servers: &Servers, target: &Target, connections: usize) -> Result<Outcome> {
    let each = REQUESTS / connections;
    let (address, pid): (SocketAddr, u32) = target.server;
    let fixtures = match target.requests {
        Requests::Bearer => vec![Fixture::Same(servers.bearer.clone()); connections],
        Requests::Proofs => {
            let fixture = || (0..each).map(|_| servers.proven()).collect::<Result<_>>().map(Fixture::Once);
            (0..connections).map(|_| fixture()).collect::<Result<_>>()?
        }
        Requests::Different => {
            let share = servers.different.len() / connections;
            let shares = servers.different.chunks(share).take(connections);
            shares.map(|share| Fixture::Once(share.iter().cycle().take(each).cloned().collect())).collect()
        }
    };
    let load = Load { address, pid, fixtures, duration: ROUND_DURATION, pause: Duration::ZERO };
    load.run().await?.expect_only(200).context("a measured server refuses requests")
}
