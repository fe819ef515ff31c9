//! Part 5: what sign-in and calls cost with few accounts and with many, on either database.

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

/// Hashes that cost next to nothing, so that a database that got slower is seen.
const CHEAP: [(&str, &str); 2] =
    [("LATCHKEY_PASSWORDS_MEMORY_KIB", "64"), ("LATCHKEY_PASSWORDS_ITERATIONS", "1")];

/// A server with so many accounts.
struct Grown {
    accounts: u64,
    _site: Site,
    node: Node,
    sign_in: Series,
    call: Series,
}

pub(crate) async fn measure(most: u64) -> Result<Section> {
    let (mut rows, mut met, mut pictures) = (Vec::new(), Vec::new(), Vec::new());
    for (database, picture) in [("SQLite", "growth-sqlite.svg"), ("PostgreSQL", "growth-postgres.svg")] {
        let cluster =
            (database == "PostgreSQL").then(|| Cluster::start("-c max_wal_size=4GB")).transpose()?;
        let mut sizes = Vec::new();
        for accounts in [1000, 100_000, most] {
            println!("    {database}: {accounts} accounts");
            let url = cluster.as_ref().map(|cluster| cluster.database(&format!("accounts{accounts}")));
            sizes.push(Grown::start(url.transpose()?, accounts).await?);
        }
        // The first round warms up, and does not count.
        for round in 0..=ROUNDS {
            for size in &mut sizes {
                size.round(round as u64).await?;
            }
        }
        let Some((few, more)) = sizes.split_first() else { continue };
        for size in &sizes {
            rows.push(vec![
                database.to_owned(),
                written(size.accounts),
                size.sign_in.told(2),
                size.sign_in.over(&few.sign_in).told(2),
                size.call.told(3),
                size.call.over(&few.call).told(2),
            ]);
        }
        for size in more {
            for (name, ratio) in
                [("sign-in", size.sign_in.over(&few.sign_in)), ("protected call", size.call.over(&few.call))]
            {
                let what = format!("{database}, {name}, {} accounts to 10³", written(size.accounts));
                met.push(goal(&what, "≤ 1.2", &ratio.told(2), ratio.median() <= 1.2));
            }
        }
        let shown = |size: &Grown| {
            Bar::new(format!("{} accounts", written(size.accounts)), size.sign_in.median(), true)
        };
        let title = format!("{database}: milliseconds for a sign-in, without the cost of its hash");
        pictures.push((picture, bars(&title, 2, &sizes.iter().map(shown).collect::<Vec<_>>())));
    }
    let head = ["", "accounts", "sign-in, ms", "to 10³", "`GET /`, ms", "to 10³"];
    let body = format!(
        "A server for each number of accounts, asked in turns, one request after the other over one connection; {ROUNDS} \
         rounds of {SIGN_INS} sign-ins of accounts all over the table and {CALLS} calls. Passwords are hashed cheaply \
         (64 KiB, one pass), or nothing of the database would be seen behind the hash. PostgreSQL does not force its files \
         to disk here. `cargo xtask bench growth --accounts N` sets the largest number.\n\n{}\n{}",
        table(&head, &rows),
        goals(&met),
    );
    Ok(Section { title: "Growth", body, pictures })
}

impl Grown {
    async fn start(database_url: Option<String>, accounts: u64) -> Result<Self> {
        let site = Site::new(database_url, &CHEAP).await?;
        accounts::fill(&site, accounts).await?;
        let node = site.start(0).await?;
        Ok(Self { accounts, _site: site, node, sign_in: Series::default(), call: Series::default() })
    }

    /// Medians of a round, in milliseconds.
    async fn round(&mut self, round: u64) -> Result<()> {
        let device = Device::new(1)?;
        // The server has closed the one before, if the others took long.
        let mut connection = Connection::open(self.node.address).await?;
        let (mut sign_ins, mut calls) = (Vec::new(), Vec::new());
        let mut token = String::new();
        for number in 0..SIGN_INS {
            // Spread over the whole table, and others in each round.
            let user = 1 + (round * SIGN_INS + number).wrapping_mul(2_654_435_761) % self.accounts;
            let request = device.sign_in(&self.node.url, &format!("user{user}"), PASSWORD)?;
            let asked = Instant::now();
            token = device::tokens(&mut connection, &request).await?.access;
            sign_ins.push(asked.elapsed());
        }
        for _ in 0..CALLS {
            let request = device.call(&self.node.url, "GET", "/", &token)?;
            let asked = Instant::now();
            ensure!(connection.exchange(&request).await?.status == 200, "a good token is refused");
            calls.push(asked.elapsed());
        }
        if round > 0 {
            let median = |times: &[Duration]| quantile_ms(times, 0.5);
            self.sign_in.push(median(&sign_ins));
            self.call.push(median(&calls));
        }
        Ok(())
    }
}

/// 1000 as 10³.
fn written(accounts: u64) -> String {
    match accounts {
        1_000 => "10³".to_owned(),
        100_000 => "10⁵".to_owned(),
        1_000_000 => "10⁶".to_owned(),
        10_000_000 => "10⁷".to_owned(),
        other => other.to_string(),
    }
}
