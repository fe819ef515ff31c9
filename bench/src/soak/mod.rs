//! `soak`: for some minutes everything at once. Honest devices sign in, call, renew and sign out; others guess 10 000
//! passwords and hold 300 slow connections; servers are killed and the database crashes. Then it is checked that nothing
//! acknowledged was lost and nothing ended still lives.

mod check;
mod faults;
mod honest;
mod hostile;
mod ledger;
mod scene;

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
use ledger::Memory;
use scene::Scene;

/// Devices whose owners do nothing wrong, each with an account of its own.
const PEOPLE: u64 = 30;

/// How long a killed server or a crashed database stays away.
const AWAY: Duration = Duration::from_secs(4);

/// The soak's stage: what is killed and brought back.
struct Stage {
    cluster: Cluster,
    site: Site,
    nodes: [Node; 2],
    memory: Memory,
    begun: Instant,
}

pub(crate) async fn soak(minutes: u64) -> Result<()> {
    ensure!((1..=60).contains(&minutes), "--minutes needs a number from 1 to 60");
    let lasts = Duration::from_secs(minutes * 60);
    let cluster = Cluster::start("")?;
    let settings = [
        // Session tokens are made anew often, or three minutes would see none.
        ("LATCHKEY_SESSIONS_RENEW_AFTER_SECONDS", "10"),
        ("LATCHKEY_LOG_FILTER", "warn"),
        // As the unit in `deploy/` starts a server.
        ("MALLOC_MMAP_THRESHOLD_", "1048576"),
        ("MALLOC_ARENA_MAX", "2"),
    ];
    let site = Site::new(Some(cluster.database("soak")?), &settings).await?;
    accounts::fill(&site, PEOPLE + hostile::VICTIMS).await?;
    let nodes = [site.start(0).await?, site.start(0).await?];
    let (end, over) = watch::channel(false);
    let scene = Arc::new(Scene::new(&nodes, over));

    let mut people = Vec::new();
    for number in 1..=PEOPLE {
        // Before the guessing begins: from now on these devices are known.
        people.push(Person::sign_in(&scene, number).await?);
    }
    println!("    {PEOPLE} devices are signed in; {minutes} minutes of load and faults begin");
    let mut stage = Stage { cluster, site, nodes, memory: Memory::default(), begun: Instant::now() };
    let mut hostile = JoinSet::new();
    hostile::begin(&scene, &mut hostile, lasts);
    let mut honest = JoinSet::new();
    for person in people {
        honest.spawn(person.live(Arc::clone(&scene)));
    }
    stage.play(&scene, lasts).await?;
    end.send_replace(true);
    hostile.join_all().await;
    let people = honest.join_all().await;
    check::all(&scene, &stage.site, people).await?;
    scene.ledger.report(&stage.memory, &scene.faults)
}

impl Stage {
    /// Kills and brings back, looks at the memory in between.
    async fn play(&mut self, scene: &Scene, lasts: Duration) -> Result<()> {
        self.until(lasts * 3 / 12).await?;
        self.kill(scene, 1).await?;
        self.until(lasts * 6 / 12).await?;
        let fault = scene.faults.begin(What::Database);
        tokio::task::block_in_place(|| self.cluster.crash())?;
        tokio::time::sleep(AWAY).await;
        tokio::task::block_in_place(|| self.cluster.restart())?;
        scene.faults.end(fault);
        self.until(lasts * 9 / 12).await?;
        self.kill(scene, 0).await?;
        self.until(lasts).await
    }

    async fn kill(&mut self, scene: &Scene, at: usize) -> Result<()> {
        let Some(node) = self.nodes.get_mut(at) else { return Ok(()) };
        let fault = scene.faults.begin(What::Server(at));
        node.kill().await?;
        tokio::time::sleep(AWAY).await;
        *node = self.site.start(node.address.port()).await?;
        scene.faults.end(fault);
        Ok(())
    }

    async fn until(&mut self, time: Duration) -> Result<()> {
        while self.begun.elapsed() < time {
            for node in &self.nodes {
                self.memory.look(node.memory()?);
            }
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
        Ok(())
    }
}
