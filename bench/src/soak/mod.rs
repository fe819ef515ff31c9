//! `soak`: load and faults at the same time, for some minutes. Honest devices sign in, call, renew
//! and sign out; hostile ones guess 10 000 passwords and keep 300 slow connections; servers are
//! killed and the database crashes. Then checks that nothing acknowledged was lost, and that no
//! ended session is accepted.

mod check;
mod faults;
mod honest;
mod hostile;
mod run;
mod stats;

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Result, ensure};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::accounts;
use crate::postgres::Cluster;
use crate::site::{Node, Site};
use faults::What;
use honest::Person;
use run::Run;
use stats::Memory;

/// The number of honest devices, each with its own account.
const PEOPLE: u64 = 30;

/// How long a killed server or a crashed database stays down.
const DOWN: Duration = Duration::from_secs(4);

/// The servers and the database, which are killed and restarted.
struct Environment {
    cluster: Cluster,
    site: Site,
    nodes: [Node; 2],
    memory: Memory,
    started: Instant,
}

pub(crate) async fn soak(minutes: u64) -> Result<()> {
    ensure!((1..=60).contains(&minutes), "--minutes needs a number from 1 to 60");
    let duration = Duration::from_secs(minutes * 60);
    let cluster = Cluster::start("")?;
    let settings = [
        // Renew session tokens often: otherwise three minutes would contain no renewal.
        ("LATCHKEY_SESSIONS_RENEW_AFTER_SECONDS", "10"),
        ("LATCHKEY_LOG_FILTER", "warn"),
        // The settings of the unit in `deploy/`.
        ("MALLOC_MMAP_THRESHOLD_", "1048576"),
        ("MALLOC_ARENA_MAX", "2"),
    ];
    let site = Site::new(Some(cluster.database("soak")?), &settings).await?;
    accounts::fill(&site, PEOPLE + hostile::VICTIMS).await?;
    let nodes = [site.start(0).await?, site.start(0).await?];
    let (end, is_over) = watch::channel(false);
    let run = Arc::new(Run::new(&nodes, is_over));

    let mut people = Vec::new();
    for number in 1..=PEOPLE {
        // Before the guessing starts, so that these devices are known.
        people.push(Person::sign_in(&run, number).await?);
    }
    println!("    {PEOPLE} devices are signed in; {minutes} minutes of load and faults start");
    let mut environment =
        Environment { cluster, site, nodes, memory: Memory::default(), started: Instant::now() };
    let mut hostile = JoinSet::new();
    hostile::start(&run, &mut hostile, duration);
    let mut honest = JoinSet::new();
    for person in people {
        honest.spawn(person.run_until_end(Arc::clone(&run)));
    }
    environment.inject_faults(&run, duration).await?;
    end.send_replace(true);
    hostile.join_all().await;
    let people = honest.join_all().await;
    check::all(&run, &environment.site, people).await?;
    run.stats.report(&environment.memory, &run.faults)
}

impl Environment {
    /// Kills and restarts servers and database, and records the servers' memory between.
    async fn inject_faults(&mut self, run: &Run, duration: Duration) -> Result<()> {
        self.until(duration * 3 / 12).await?;
        self.kill(run, 1).await?;
        self.until(duration * 6 / 12).await?;
        let fault = run.faults.begin(What::Database);
        tokio::task::block_in_place(|| self.cluster.crash())?;
        tokio::time::sleep(DOWN).await;
        tokio::task::block_in_place(|| self.cluster.restart())?;
        run.faults.end(fault);
        self.until(duration * 9 / 12).await?;
        self.kill(run, 0).await?;
        self.until(duration).await
    }

    async fn kill(&mut self, run: &Run, at: usize) -> Result<()> {
        let Some(node) = self.nodes.get_mut(at) else { return Ok(()) };
        let fault = run.faults.begin(What::Server(at));
        node.kill().await?;
        tokio::time::sleep(DOWN).await;
        *node = self.site.start(node.address.port()).await?;
        run.faults.end(fault);
        Ok(())
    }

    async fn until(&mut self, time: Duration) -> Result<()> {
        while self.started.elapsed() < time {
            for node in &self.nodes {
                self.memory.record(node.memory()?);
            }
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
        Ok(())
    }
}
