//! Part 6: how long one server accepts a session that another one ended, on a common PostgreSQL.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};

use crate::chart::{Bar, bars};
use crate::device::{self, Device};
use crate::document::{Section, goal, goals, table};
use crate::postgres::Cluster;
use crate::site::{PASSWORD, Site};
use crate::statistics::quantile_ms;
use crate::wire::Connection;

const ROUNDS: u32 = 60;

pub(crate) async fn measure() -> Result<Section> {
    let cluster = Cluster::start("-c synchronous_commit=off")?;
    let site = Site::new(Some(cluster.database("revocation")?), &[]).await?;
    site.add_account("sam").await?;
    let (here, there) = (site.start(0).await?, site.start(0).await?);
    let (mut here, mut there) = (
        Connection::open(here.address).await.map(|c| (here, c))?,
        Connection::open(there.address).await.map(|c| (there, c))?,
    );
    let device = Device::new(1)?;
    let mut delays = Vec::new();
    for round in 0..ROUNDS {
        let sign_in = device.sign_in_bearer("sam", PASSWORD);
        let token = device::tokens(&mut here.1, &sign_in).await?.access;
        let (call, end) =
            (device.call_bearer("GET", "/", &token), device.call_bearer("DELETE", "/api/auth", &token));
        ensure!(there.1.exchange(&call).await?.status == 200, "the other server refused a valid token");
        // At any moment between two reads of the revocations by the other server.
        tokio::time::sleep(Duration::from_millis(u64::from(round * 37 % 500))).await;
        ensure!(here.1.exchange(&end).await?.status == 204, "the session was not ended");
        let ended = Instant::now();
        ensure!(here.1.exchange(&call).await?.status == 401, "the server that ended the session accepts it");
        while there.1.exchange(&call).await?.status == 200 {
            ensure!(ended.elapsed() < Duration::from_secs(10), "the other server accepts it after 10 s");
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        delays.push(ended.elapsed());
    }
    let [median, p99, max] = [0.5, 0.99, 1.0].map(|share| quantile_ms(&delays, share));
    let row = [
        "until the other server refuses",
        &format!("{median:.0}"),
        &format!("{p99:.0}"),
        &format!("{max:.0}"),
    ];
    let body = format!(
        "Two servers on one PostgreSQL. A session is signed in and ended on the first; the second gets a request every \
         millisecond until it refuses the token. The first always refused it immediately. {ROUNDS} sessions. Each server \
         reads the revocations every 500 ms (`sessions.revocation_poll_ms`), so half of that is expected.\n\n{}\n{}",
        table(&["", "median, ms", "p99, ms", "longest, ms"], &[row.map(str::to_owned).to_vec()]),
        goals(&[goal(
            "delay across two servers",
            "≤ 1000 ms",
            &format!("{max:.0} ms at max"),
            max <= 1000.0
        )]),
    );
    let shown = [
        Bar::new("median", median, true),
        Bar::new("longest", max, true),
        Bar::new("allowed", 1000.0, false),
    ];
    let picture = bars("Milliseconds until the other server refuses an ended session", 0, &shown);
    Ok(Section { title: "Revocation across two servers", body, pictures: vec![("revocation.svg", picture)] })
}
