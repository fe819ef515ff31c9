//! Part 5: the cost of sign-ins and calls with few accounts and with many, on each database.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};

use crate::accounts;
use crate::chart::{Bar, bars};
use crate::device::{self, Device};
use crate::document::{Section, goal, goals, table};
use crate::postgres::Cluster;
use crate::site::{Node, PASSWORD, Site};
use crate::statistics::{Series, quantile_ms};
use crate::wire::Connection;

const ROUNDS: usize = 15;
const SIGN_INS: u64 = 40;
const CALLS: u64 = 200;

/// A cheap password hash, so that the time of the database is visible.
const CHEAP_HASH: [(&str, &str); 2] =
    [("LATCHKEY_PASSWORDS_MEMORY_KIB", "64"), ("LATCHKEY_PASSWORDS_ITERATIONS", "1")];

/// A server with a number of accounts, and its results.
struct SizedServer {
    accounts: u64,
    _site: Site,
    node: Node,
    sign_in: Series,
    call: Series,
}

pub(crate) async fn measure(max_accounts: u64) -> Result<Section> {
    let (mut rows, mut met, mut pictures) = (Vec::new(), Vec::new(), Vec::new());
    for (database, picture) in [("SQLite", "growth-sqlite.svg"), ("PostgreSQL", "growth-postgres.svg")] {
        let cluster =
            (database == "PostgreSQL").then(|| Cluster::start("-c max_wal_size=4GB")).transpose()?;
        let mut sizes = Vec::new();
        for accounts in [1000, 100_000, max_accounts] {
            println!("    {database}: {accounts} accounts");
            let url = cluster.as_ref().map(|cluster| cluster.database(&format!("accounts{accounts}")));
            sizes.push(SizedServer::start(url.transpose()?, accounts).await?);
        }
        // The first round warms up and does not count.
        for round in 0..=ROUNDS {
            for size in &mut sizes {
                size.round(round as u64).await?;
            }
        }
        let Some((few, more)) = sizes.split_first() else { continue };
        for size in &sizes {
            rows.push(vec![
                database.to_owned(),
                exponent(size.accounts),
                size.sign_in.with_spread(2),
                size.sign_in.ratio_to(&few.sign_in).with_spread(2),
                size.call.with_spread(3),
                size.call.ratio_to(&few.call).with_spread(2),
            ]);
        }
        for size in more {
            for (name, ratio) in [
                ("sign-in", size.sign_in.ratio_to(&few.sign_in)),
                ("protected call", size.call.ratio_to(&few.call)),
            ] {
                let what = format!("{database}, {name}, {} accounts to 10³", exponent(size.accounts));
                met.push(goal(&what, "≤ 1.2", &ratio.with_spread(2), ratio.median() <= 1.2));
            }
        }
        let shown = |size: &SizedServer| {
            Bar::new(format!("{} accounts", exponent(size.accounts)), size.sign_in.median(), true)
        };
        let title = format!("{database}: milliseconds for a sign-in, without the cost of its hash");
        pictures.push((picture, bars(&title, 2, &sizes.iter().map(shown).collect::<Vec<_>>())));
    }
    let head = ["", "accounts", "sign-in, ms", "to 10³", "`GET /`, ms", "to 10³"];
    let body = format!(
        "One server for each number of accounts, measured in turns, one request after another over one connection: {ROUNDS} \
         rounds of {SIGN_INS} sign-ins of accounts spread over the table and {CALLS} calls. Password hashes are cheap \
         (64 KiB, one pass); otherwise they would hide the time of the database. PostgreSQL does not force its files \
         to disk. `cargo xtask bench growth --accounts N` sets the largest number.\n\n{}\n{}",
        table(&head, &rows),
        goals(&met),
    );
    Ok(Section { title: "Growth", body, pictures })
}

impl SizedServer {
    async fn start(database_url: Option<String>, accounts: u64) -> Result<Self> {
        let site = Site::new(database_url, &CHEAP_HASH).await?;
        accounts::fill(&site, accounts).await?;
        let node = site.start(0).await?;
        Ok(Self { accounts, _site: site, node, sign_in: Series::default(), call: Series::default() })
    }

    /// Runs a round, and records its medians in milliseconds.
    async fn round(&mut self, round: u64) -> Result<()> {
        let device = Device::new(1)?;
        // A new one, because the server may have closed the last one during the others' rounds.
        let mut connection = Connection::open(self.node.address).await?;
        let (mut sign_ins, mut calls) = (Vec::new(), Vec::new());
        let mut token = String::new();
        for number in 0..SIGN_INS {
            // Accounts spread over the whole table, other ones in each round.
            let user = 1 + (round * SIGN_INS + number).wrapping_mul(2_654_435_761) % self.accounts;
            let request = device.sign_in(&self.node.url, &format!("user{user}"), PASSWORD)?;
            let sent = Instant::now();
            token = device::tokens(&mut connection, &request).await?.access;
            sign_ins.push(sent.elapsed());
        }
        for _ in 0..CALLS {
            let request = device.call(&self.node.url, "GET", "/", &token)?;
            let sent = Instant::now();
            ensure!(connection.exchange(&request).await?.status == 200, "a valid token was refused");
            calls.push(sent.elapsed());
        }
        if round > 0 {
            let median = |times: &[Duration]| quantile_ms(times, 0.5);
            self.sign_in.push(median(&sign_ins));
            self.call.push(median(&calls));
        }
        Ok(())
    }
}

/// Writes 1000 as 10³.
fn exponent(accounts: u64) -> String {
    match accounts {
        1_000 => "10³".to_owned(),
        100_000 => "10⁵".to_owned(),
        1_000_000 => "10⁶".to_owned(),
        10_000_000 => "10⁷".to_owned(),
        other => other.to_string(),
    }
}
