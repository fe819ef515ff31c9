//! Loads a server over several connections. Each sends its next request after the response to the
//! last. Runs on its own thread, so that nothing else in this program delays it.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use crate::cpu;
use crate::statistics::quantile_ms;
use crate::wire::Connection;

/// The requests of one connection.
#[derive(Clone)]
pub(crate) enum Fixture {
    /// The same request, repeated.
    Same(Vec<u8>),
    /// Each request once. The round ends when the first connection has no more.
    Once(Vec<Vec<u8>>),
}

/// One round of load.
pub(crate) struct Load {
    pub(crate) address: SocketAddr,
    /// One for each connection.
    pub(crate) fixtures: Vec<Fixture>,
    pub(crate) duration: Duration,
    /// The process that handles the requests.
    pub(crate) pid: u32,
    /// The time between the starts of two requests on one connection; zero for no pause.
    pub(crate) pause: Duration,
}

/// The results of a round.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    pub(crate) statuses: BTreeMap<u16, u64>,
    pub(crate) times: Vec<Duration>,
    pub(crate) elapsed: Duration,
    /// The CPU time of the process that handles the requests.
    pub(crate) cpu: Duration,
}

impl Outcome {
    /// Responses with this status per second.
    pub(crate) fn rate(&self, status: u16) -> f64 {
        self.statuses.get(&status).copied().unwrap_or(0) as f64 / self.elapsed.as_secs_f64()
    }

    /// Microseconds of CPU time per response.
    pub(crate) fn cost(&self) -> f64 {
        self.cpu.as_secs_f64() * 1e6 / self.times.len() as f64
    }

    pub(crate) fn quantile_ms(&self, share: f64) -> f64 {
        quantile_ms(&self.times, share)
    }

    /// Fails if any response has another status.
    pub(crate) fn expect_only(self, status: u16) -> Result<Self> {
        let others = self.statuses.keys().any(|&received| received != status);
        anyhow::ensure!(!others && !self.times.is_empty(), "the responses were {:?}", self.statuses);
        Ok(self)
    }
}

impl Load {
    /// Opens the connections, then loads the server.
    pub(crate) async fn run(self) -> Result<Outcome> {
        let work = move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            let tasks = tokio::task::LocalSet::new();
            runtime.block_on(tasks.run_until(self.run_on_this_thread()))
        };
        tokio::task::spawn_blocking(work).await.context("the load generator failed")?
    }

    async fn run_on_this_thread(self) -> Result<Outcome> {
        let mut connections = Vec::new();
        for fixture in self.fixtures {
            connections.push((Connection::open(self.address).await?, fixture));
        }
        let is_over = std::rc::Rc::new(Cell::new(false));
        let (started, cpu) = (Instant::now(), cpu::of_process(self.pid)?);
        let tasks: Vec<_> = connections
            .into_iter()
            .map(|(connection, fixture)| {
                let is_over = std::rc::Rc::clone(&is_over);
                tokio::task::spawn_local(send(
                    connection,
                    fixture,
                    started + self.duration,
                    self.pause,
                    is_over,
                ))
            })
            .collect();
        let mut outcome = Outcome::default();
        for task in tasks {
            for (status, time) in task.await.context("a connection failed")?? {
                *outcome.statuses.entry(status).or_default() += 1;
                outcome.times.push(time);
            }
        }
        outcome.elapsed = started.elapsed();
        outcome.cpu = cpu::of_process(self.pid)?.saturating_sub(cpu);
        Ok(outcome)
    }
}

async fn send(
    mut connection: Connection,
    fixture: Fixture,
    end: Instant,
    pause: Duration,
    is_over: std::rc::Rc<Cell<bool>>,
) -> Result<Vec<(u16, Duration)>> {
    let mut responses = Vec::new();
    let mut number = 0;
    while !is_over.get() {
        let request = match &fixture {
            Fixture::Same(request) => request,
            Fixture::Once(requests) => match requests.get(number) {
                Some(request) => request,
                None => break,
            },
        };
        let sent = Instant::now();
        if sent >= end {
            break;
        }
        let status = connection.exchange(request).await?.status;
        responses.push((status, sent.elapsed()));
        number += 1;
        if !pause.is_zero() {
            tokio::time::sleep_until((sent + pause).into()).await;
        }
    }
    is_over.set(true);
    Ok(responses)
}
