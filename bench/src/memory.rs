//! Part 3: what lives in the memory of a server, with a million entries: bytes for each, and the
//! time of a request beside them.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use latchkey_token::DeviceKey;
use latchkey_token::proof::{Expectation, Htu, ProofVerifier, Request, sign};
use sqlx::{AnyConnection, Connection as _};

use crate::clock;
use crate::device::{self, Device};
use crate::document::{Section, table};
use crate::load::{Fixture, Load};
use crate::site::{Node, PASSWORD, Site};
use crate::statistics::Series;
use crate::wire::Connection;

const MILLION: u64 = 1_000_000;

/// Parsed device keys in this process.
const DEVICE_KEYS: u32 = 20_000;

/// Used proofs: each is sent, so that a million would take minutes.
const PROOFS: usize = 200_000;

const ROUNDS: usize = 7;
const ROUND_DURATION: Duration = Duration::from_secs(1);
const CONNECTIONS: usize = 16;

/// The settings of a server with room for a million of each.
const ROOM: [(&str, &str); 1] = [("LATCHKEY_LIMITS_SIGNATURE_ENTRIES", "1000000")];

pub(crate) async fn measure() -> Result<Section> {
    let few = Site::new(None, &[]).await?;
    let many = Site::new(None, &[]).await?;
    for site in [&few, &many] {
        site.add_account("sam").await?;
    }
    end_sessions(&many, MILLION).await?;
    let (empty, full) = (few.start(0).await?, many.start(0).await?);
    let roomy = few.start_with(0, &ROOM).await?;
    let none = few.start_with(0, &[("LATCHKEY_LIMITS_SIGNATURE_ENTRIES", "0")]).await?;
    let revocation = (full.memory()? - empty.memory()?) * 1024.0 * 1024.0 / MILLION as f64;
    let signature = (roomy.allocated()? - none.allocated()?) * 1024.0 * 1024.0 / MILLION as f64;
    let device_key = device_keys()?;
    let (empty_requests, full_requests) = (bearer(&empty).await?, bearer(&full).await?);
    let (mut alone, mut beside) = (Series::default(), Series::default());
    for round in 0..=ROUNDS {
        for (node, request, series) in
            [(&empty, &empty_requests, &mut alone), (&full, &full_requests, &mut beside)]
        {
            let fixtures = vec![Fixture::Same(request.clone()); CONNECTIONS];
            let cost = load(node, fixtures).await?;
            if round > 0 {
                series.push(cost);
            }
        }
    }
    let (proof, first, last) = proofs(&few).await?;
    let mb = |bytes: f64| format!("{:.0}", bytes * MILLION as f64 / 1024.0 / 1024.0);
    let row = |name: &str, bytes: f64, time: String, bound: &str, full: &str| {
        vec![name.to_owned(), format!("{bytes:.0}"), mb(bytes), time, bound.to_owned(), full.to_owned()]
    };
    let rows = [
        row(
            "ended sessions",
            revocation,
            format!("{} beside {}", beside.with_spread(1), alone.with_spread(1)),
            "`limits.revocation_entries`, 10⁶",
            "access tokens get 503, `/readyz` 503, until all ends are known again",
        ),
        row(
            "used proofs",
            proof,
            format!("{last:.1} beside {first:.1}"),
            "`limits.replay_entries`, 262144",
            "new proofs get 503 `busy`; none is forgotten",
        ),
        row(
            "good signatures",
            signature,
            "see “The protected route”".to_owned(),
            "`limits.signature_entries`, 10⁵ for each key",
            "the oldest are computed again; no answer changes",
        ),
        row(
            "device keys",
            device_key,
            "see “The protected route”".to_owned(),
            "`limits.device_key_entries`, 4096",
            "the oldest are parsed again; no answer changes",
        ),
    ];
    let head =
        ["", "bytes each", "10⁶ of them, MB", "CPU µs per request", "bound by, default", "when it is full"];
    let body = format!(
        "What a server keeps in memory. The counts of failed sign-ins are in the database; of the throttle only the attempts in \
         progress are in memory, two for each place in the hashing queue (`passwords.queue`). Ended sessions: a server with {MILLION} \
         of them beside one with none, resident memory. They ended five minutes ago: for the first two minutes a server reads them twice a \
         second, which made it 34 µs per request. Used proofs: {PROOFS} of them, sent; the time is that of the second half \
         beside the first. Good signatures: the memory that is allocated at the start for a table of {MILLION}, most of it untouched \
         until it is used. Device keys: {DEVICE_KEYS} in this program. The requests are `GET /` over {CONNECTIONS} connections.\n\n{}",
        table(&head, &rows),
    );
    Ok(Section { title: "What lives in memory", body, pictures: Vec::new() })
}

/// Adds sessions that ended five minutes ago, with SQL instead of the server.
async fn end_sessions(site: &Site, count: u64) -> Result<()> {
    sqlx::any::install_default_drivers();
    let mut connection = AnyConnection::connect(site.database_url()).await?;
    let insert = "WITH RECURSIVE numbers (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM numbers WHERE i < $1) \
        INSERT INTO sessions (sid, account_id, device_id, auth_time, last_seen, ended_at, end_reason) \
        SELECT printf('%036d', i), id, 'device-0', $2, $2, $2 - 300, 'signed_out' FROM numbers, accounts";
    let now = clock::now().seconds();
    sqlx::query(insert).bind(i64::try_from(count)?).bind(now).execute(&mut connection).await?;
    connection.close().await?;
    Ok(())
}

async fn bearer(node: &Node) -> Result<Vec<u8>> {
    let device = Device::new(1)?;
    let mut connection = Connection::open(node.address).await?;
    let tokens = device::tokens(&mut connection, &device.sign_in_bearer("sam", PASSWORD)).await?;
    Ok(device.call_bearer("GET", "/", &tokens.access))
}

/// The microseconds of CPU time for a request.
async fn load(node: &Node, fixtures: Vec<Fixture>) -> Result<f64> {
    let duration = match fixtures.first() {
        Some(Fixture::Once(_)) => Duration::from_secs(600),
        _ => ROUND_DURATION,
    };
    let (address, pid) = (node.address, node.pid()?);
    let load = Load { address, pid, fixtures, duration, pause: Duration::ZERO };
    Ok(load.run().await?.expect_only(200)?.cost())
}

/// Sends proofs to a new server. Returns the bytes for one, and the time of a request in the first
/// and in the second half.
async fn proofs(site: &Site) -> Result<(f64, f64, f64)> {
    let node = site.start(0).await?;
    let device = Device::new(2)?;
    let mut connection = Connection::open(node.address).await?;
    let token = device::tokens(&mut connection, &device.sign_in(&node.url, "sam", PASSWORD)?).await?.access;
    let share = |count: usize| -> Result<Vec<Fixture>> {
        let requests = || (0..count / CONNECTIONS).map(|_| device.call(&node.url, "GET", "/", &token));
        (0..CONNECTIONS).map(|_| requests().collect::<Result<_>>().map(Fixture::Once)).collect()
    };
    // Makes the server's own buffers grow.
    load(&node, share(2000)?).await?;
    let before = node.memory()?;
    let mut times = Vec::new();
    // A proof is valid for a minute, so they are made in parts.
    for _ in 0..10 {
        times.push(load(&node, share(PROOFS / 10)?).await?);
    }
    let bytes = (node.memory()? - before) * 1024.0 * 1024.0 / PROOFS as f64;
    let (first, last) = times.split_at(times.len() / 2);
    let median = |times: &[f64]| times.iter().copied().collect::<Series>().median();
    Ok((bytes, median(first), median(last)))
}

/// The bytes of a parsed device key, with its place in the table.
fn device_keys() -> Result<f64> {
    let url = Htu::parse("https://api.example/")?;
    let verifier = ProofVerifier::remembering(usize::try_from(DEVICE_KEYS)?);
    let now = clock::now();
    let mut before = None;
    // The first ones make this program's own buffers grow.
    for number in 0..DEVICE_KEYS {
        let mut secret = [9; 32];
        secret.iter_mut().zip(number.to_be_bytes()).for_each(|(byte, digit)| *byte = digit);
        let key = DeviceKey::derive(&secret)?;
        let proof = sign(&key, Request { method: "GET", url: &url, token: None, nonce: None }, now)?;
        let expected = Expectation {
            method: "GET",
            url: &url,
            is_from_proxy: false,
            token: None,
            bound_to: Some(key.thumbprint()),
            nonce_is_fresh: &|_| false,
            now,
        };
        verifier.verify(&proof, &expected)?;
        if number == DEVICE_KEYS / 10 {
            before = Some(own_memory()?);
        }
    }
    let grown = own_memory()? - before.context("no keys")?;
    ensure!(grown > 0.0, "the memory of the keys was not measured");
    Ok(grown * 1024.0 * 1024.0 / (f64::from(DEVICE_KEYS) * 0.9))
}

/// The resident memory of this program, in MB.
fn own_memory() -> Result<f64> {
    crate::site::status_mb(std::process::id(), "VmRSS:")
}
