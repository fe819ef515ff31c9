//! Load on a server: some connections, each of which sends its next request when the last is answered. On a thread of its
//! own, so that nothing else of this program delays it.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use crate::cpu;
use crate::statistics::quantile_ms;
use crate::wire::Connection;

/// What one connection sends.
#[derive(Clone)]
pub(crate) enum Stock {
    /// The same again and again.
    Same(Vec<u8>),
    /// Each once. When one connection has no more, the round is over.
    Once(Vec<Vec<u8>>),
}

/// A round of load.
pub(crate) struct Load {
    pub(crate) address: SocketAddr,
    /// One for each connection.
    pub(crate) stocks: Vec<Stock>,
    pub(crate) lasts: Duration,
    /// The process that answers.
    pub(crate) pid: u32,
    /// How long each connection waits from one request to the next; zero: not at all.
    pub(crate) pause: Duration,
}

/// What came of it.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    pub(crate) statuses: BTreeMap<u16, u64>,
    pub(crate) times: Vec<Duration>,
    pub(crate) took: Duration,
    /// What the process that answers has spent on cores.
    pub(crate) cpu: Duration,
}

impl Outcome {
    /// Answers with this status in a second.
    pub(crate) fn rate(&self, status: u16) -> f64 {
        self.statuses.get(&status).copied().unwrap_or(0) as f64 / self.took.as_secs_f64()
    }

    /// Microseconds on a core for each answer.
    pub(crate) fn cost(&self) -> f64 {
        self.cpu.as_secs_f64() * 1e6 / self.times.len() as f64
    }

    pub(crate) fn quantile_ms(&self, share: f64) -> f64 {
        quantile_ms(&self.times, share)
    }

    /// An error if anything was answered with another status.
    pub(crate) fn all(self, status: u16) -> Result<Self> {
        let others = self.statuses.keys().any(|&answered| answered != status);
        anyhow::ensure!(!others && !self.times.is_empty(), "answered with {:?}", self.statuses);
        Ok(self)
    }
}

impl Load {
    /// Opens the connections, then loads the server.
    pub(crate) async fn run(self) -> Result<Outcome> {
        let work = move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            let tasks = tokio::task::LocalSet::new();
            runtime.block_on(tasks.run_until(self.here()))
        };
        tokio::task::spawn_blocking(work).await.context("the load generator failed")?
    }

    async fn here(self) -> Result<Outcome> {
        let mut connections = Vec::new();
        for stock in self.stocks {
            connections.push((Connection::open(self.address).await?, stock));
        }
        let is_over = std::rc::Rc::new(Cell::new(false));
        let (begun, cpu) = (Instant::now(), cpu::of_process(self.pid)?);
        let tasks: Vec<_> = connections
            .into_iter()
            .map(|(connection, stock)| {
                let is_over = std::rc::Rc::clone(&is_over);
                tokio::task::spawn_local(send(connection, stock, begun + self.lasts, self.pause, is_over))
            })
            .collect();
        let mut outcome = Outcome::default();
        for task in tasks {
            for (status, time) in task.await.context("a connection failed")?? {
                *outcome.statuses.entry(status).or_default() += 1;
                outcome.times.push(time);
            }
        }
        outcome.took = begun.elapsed();
        outcome.cpu = cpu::of_process(self.pid)?.saturating_sub(cpu);
        Ok(outcome)
    }
}

async fn send(
    mut connection: Connection,
    stock: Stock,
    end: Instant,
    pause: Duration,
    is_over: std::rc::Rc<Cell<bool>>,
) -> Result<Vec<(u16, Duration)>> {
    let mut answers = Vec::new();
    let mut number = 0;
    while !is_over.get() {
        let request = match &stock {
            Stock::Same(request) => request,
            Stock::Once(requests) => match requests.get(number) {
                Some(request) => request,
                None => break,
            },
        };
        let sent = Instant::now();
        if sent >= end {
            break;
        }
        let status = connection.exchange(request).await?.status;
        answers.push((status, sent.elapsed()));
        number += 1;
        if !pause.is_zero() {
            tokio::time::sleep_until((sent + pause).into()).await;
        }
    }
    is_over.set(true);
    Ok(answers)
}
