//! Part 3: sign-ins in a second against what their hash and signatures alone cost, and what a flood of them does to the
//! protected route.

use std::hint::black_box;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use argon2::password_hash::PasswordHasher as _;
use argon2::{Algorithm, Argon2, Params, Version};
use aws_lc_rs::rsa::KeySize;

use crate::chart::{Bar, bars};
use crate::device::{self, Device};
use crate::document::{Section, goal, goals, table};
use crate::issuer::Issuer;
use crate::load::{Load, Outcome, Stock};
use crate::machine;
use crate::site::{Node, PASSWORD, Site};
use crate::statistics::Series;
use crate::wire::Connection;
use crate::{accounts, cpu};

const ROUNDS: usize = 9;
const ROUND: Duration = Duration::from_secs(2);

/// People who sign in at a time: enough to keep every core busy, and within the queue.
const PEOPLE: usize = 16;

/// Sign-ins made for one of them before the clock starts.
const EACH: usize = 60;

/// Calls beside the flood: this many connections, each with a pause from one call to the next.
const CALLERS: usize = 8;
const PAUSE: Duration = Duration::from_millis(20);

pub(crate) async fn measure() -> Result<Section> {
    let site = Site::new(None, &[]).await?;
    accounts::fill(&site, PEOPLE as u64).await?;
    let node = site.start(0).await?;
    let speed = speed(&node).await?;
    let calls = beside_a_flood(&node).await?;
    let body = format!("{}\n{}", speed.0, calls.0);
    let met = [speed.1, calls.1].concat();
    Ok(Section {
        title: "Sign-ins",
        body: format!("{body}\n{}", goals(&met)),
        pictures: vec![("sign-in.svg", speed.2)],
    })
}

type Rows = Vec<Vec<String>>;

async fn speed(node: &Node) -> Result<(String, Rows, String)> {
    let costs = Costs::prepare()?;
    let [mut hash, mut signature] = [Series::default(), Series::default()];
    let mut rates = [Series::default(), Series::default()];
    let mut limits = [Series::default(), Series::default()];
    let mut shares = [Series::default(), Series::default()];
    for round in 0..=ROUNDS {
        let [hash_one, signature_one] = costs.measure().await?;
        for (with_key, ((rate, limit), share)) in
            rates.iter_mut().zip(&mut limits).zip(&mut shares).enumerate()
        {
            let outcome = flood(node, with_key == 1, ROUND).await?.all(200)?;
            if round > 0 {
                let signatures = (with_key + 1) as f64;
                rate.push(outcome.rate(200));
                limit.push(
                    machine::cores() as f64 * 1000.0 / (hash_one.wall + signatures * signature_one.wall),
                );
                share.push((hash_one.core + signatures * signature_one.core) * 1000.0 / outcome.cost());
            }
        }
        if round > 0 {
            hash.push(hash_one.core);
            signature.push(signature_one.core);
        }
    }
    let names = ["without a device key (one signature)", "with a device key (two signatures)"];
    let (mut rows, mut met, mut shown) = (Vec::new(), Vec::new(), Vec::new());
    for (((name, rate), limit), share) in names.iter().zip(&rates).zip(&limits).zip(&shares) {
        let ratio = rate.over(limit);
        rows.push(vec![(*name).to_owned(), rate.told(1), limit.told(1), ratio.told(2), share.told(2)]);
        let what = format!("hash and signatures in the time on cores, {name}");
        met.push(goal(&what, "≥ 0.9", &share.told(2), share.median() >= 0.9));
        met.push(goal(
            &format!("sign-ins to the limit, {name}"),
            "≥ 0.9",
            &ratio.told(2),
            ratio.median() >= 0.9,
        ));
        shown.push(Bar::new(format!("Latchkey, {name}"), rate.median(), true));
        shown.push(Bar::new("the limit", limit.median(), false));
    }
    let text = format!(
        "The limit is cores ÷ (one Argon2id + the RSA-3072 signatures made), both measured in the same rounds with every core \
         busy; on a core, {} ms and {} ms. Where others use the machine too, the last column tells more: how much of the server's \
         time on cores went into them. {PEOPLE} people sign in again and again, for {} s in each of {ROUNDS} rounds, on SQLite.\n\n{}",
        hash.told(1),
        signature.told(2),
        ROUND.as_secs(),
        table(
            &["", "sign-ins/s", "the limit", "to the limit", "hash and signatures in the time on cores"],
            &rows
        ),
    );
    Ok((text, met, bars("Sign-ins in a second", 1, &shown)))
}

/// Sign-ins without a pause.
async fn flood(node: &Node, with_key: bool, lasts: Duration) -> Result<Outcome> {
    let stock = |person: u64| {
        let device = Device::new(person)?;
        let name = format!("user{person}");
        if !with_key {
            return Ok(Stock::Same(device.sign_in_bearer(&name, PASSWORD)));
        }
        let sign_in = || device.sign_in(&node.url, &name, PASSWORD);
        (0..EACH).map(|_| sign_in()).collect::<Result<_>>().map(Stock::Once)
    };
    let stocks = (1..=PEOPLE as u64).map(stock).collect::<Result<_>>()?;
    Load { address: node.address, pid: node.pid()?, stocks, lasts, pause: Duration::ZERO }.run().await
}

async fn beside_a_flood(node: &Node) -> Result<(String, Rows)> {
    let device = Device::new(1)?;
    let mut connection = Connection::open(node.address).await?;
    let token = device::tokens(&mut connection, &device.sign_in_bearer("user1", PASSWORD)).await?.access;
    let call = device.call_bearer("GET", "/", &token);
    let pid = node.pid()?;
    let calls = |lasts| {
        let stocks = vec![Stock::Same(call.clone()); CALLERS];
        Load { address: node.address, pid, stocks, lasts, pause: PAUSE }.run()
    };
    let mut quiet = [Series::default(), Series::default()];
    let mut flooded = [Series::default(), Series::default()];
    for _ in 0..ROUNDS {
        let alone = calls(ROUND).await?.all(200)?;
        let (beside, flood) = tokio::join!(calls(ROUND), flood(node, false, ROUND));
        flood?.all(200)?;
        let beside = beside?.all(200)?;
        for (outcome, series) in [(&alone, &mut quiet), (&beside, &mut flooded)] {
            let [p50, p99] = series;
            p50.push(outcome.quantile_ms(0.5));
            p99.push(outcome.quantile_ms(0.99));
        }
    }
    let ([quiet_p50, quiet_p99], [flooded_p50, flooded_p99]) = (&quiet, &flooded);
    let ratio = flooded_p99.over(quiet_p99);
    let row = |name: &str, p50: &Series, p99: &Series| vec![name.to_owned(), p50.told(2), p99.told(2)];
    let rows = [row("alone", quiet_p50, quiet_p99), row("while sign-ins flood", flooded_p50, flooded_p99)];
    let text = format!(
        "Meanwhile `GET /` over {CALLERS} connections, a call every {} ms on each, alone and while the {PEOPLE} people above \
         sign in without a pause:\n\n{}",
        PAUSE.as_millis(),
        table(&["", "p50, ms", "p99, ms"], &rows),
    );
    let met =
        goal("p99 of `GET /` in a flood of sign-ins to alone", "≤ 3", &ratio.told(1), ratio.median() <= 3.0);
    Ok((text, vec![met]))
}

/// What a sign-in cannot do without.
struct Costs {
    issuer: std::sync::Arc<Issuer>,
}

impl Costs {
    fn prepare() -> Result<Self> {
        Ok(Self { issuer: Issuer::generate(KeySize::Rsa3072)?.into() })
    }

    /// A hash and a signature, while every core does the same.
    async fn measure(&self) -> Result<[One; 2]> {
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::new(19_456, 2, 1, None)?);
        let hash = on_every_core(20, move || {
            black_box(argon2.hash_password(black_box(PASSWORD.as_bytes()))).map(drop).context("no hash")
        });
        let hash = hash.await?;
        let issuer = std::sync::Arc::clone(&self.issuer);
        let signature = on_every_core(150, move || issuer.signature(black_box(&[7; 600])).map(drop));
        Ok([hash, signature.await?])
    }
}

/// Milliseconds for one: by the clock, and on a core.
#[derive(Default)]
struct One {
    wall: f64,
    core: f64,
}

/// What one costs when each core does it so many times.
async fn on_every_core(times: u32, work: impl Fn() -> Result<()> + Clone + Send + 'static) -> Result<One> {
    let threads: Vec<_> = (0..machine::cores())
        .map(|_| {
            let work = work.clone();
            tokio::task::spawn_blocking(move || {
                let (begun, before) = (Instant::now(), cpu::of_this_thread()?);
                for _ in 0..times {
                    work()?;
                }
                anyhow::Ok((begun.elapsed(), cpu::of_this_thread()? - before))
            })
        })
        .collect();
    let mut one = One::default();
    let count = threads.len() as f64 * f64::from(times);
    for thread in threads {
        let (wall, core) = thread.await??;
        one.wall += wall.as_secs_f64() * 1000.0 / count;
        one.core += core.as_secs_f64() * 1000.0 / count;
    }
    Ok(one)
}
