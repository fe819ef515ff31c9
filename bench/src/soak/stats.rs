//! Counts the responses by kind of request, and every violation of a rule.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::{Result, ensure};

use super::faults::Faults;
use crate::document::table;
use crate::statistics::quantile_ms;

/// More than a server with a full hashing pool needs, in MB.
const MAX_MEMORY_MB: f64 = 256.0;

/// Maximum time of `GET /healthz` while every core is busy, in milliseconds.
const MAX_HEALTH_MS: f64 = 5000.0;

#[derive(Default)]
pub(super) struct Stats(Mutex<Inner>);

#[derive(Default)]
struct Inner {
    kinds: BTreeMap<&'static str, Kind>,
    violations: BTreeMap<String, u64>,
    counts: Counts,
}

/// The numbers that the rows of the database must match.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Counts {
    pub(super) signed_in: u64,
    /// Sign-ins without a response: each may have created a session.
    pub(super) sign_in_unknown: u64,
    pub(super) ended: u64,
    slow_opened: u64,
    slow_dropped: u64,
}

#[derive(Clone, Default)]
struct Kind {
    statuses: BTreeMap<u16, u64>,
    missing: u64,
    times: Vec<Duration>,
}

/// The memory of the servers, in MB.
#[derive(Default)]
pub(super) struct Memory {
    max: f64,
    last: f64,
}

impl Memory {
    pub(super) fn record(&mut self, megabytes: f64) {
        self.max = self.max.max(megabytes);
        self.last = megabytes;
    }
}

impl Stats {
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn record_response(&self, kind: &'static str, status: u16, time: Duration) {
        let mut inner = self.lock();
        let kind = inner.kinds.entry(kind).or_default();
        *kind.statuses.entry(status).or_default() += 1;
        kind.times.push(time);
    }

    pub(super) fn record_missing(&self, kind: &'static str) {
        self.lock().kinds.entry(kind).or_default().missing += 1;
    }

    pub(super) fn record_violation(&self, rule: String) {
        *self.lock().violations.entry(rule).or_default() += 1;
    }

    pub(super) fn record_sign_in(&self) {
        self.lock().counts.signed_in += 1;
    }

    /// Records a sign-in without a response, which may have created a session.
    pub(super) fn record_unknown_sign_in(&self) {
        self.lock().counts.sign_in_unknown += 1;
    }

    pub(super) fn record_sign_out(&self) {
        self.lock().counts.ended += 1;
    }

    pub(super) fn record_slow_connection(&self) {
        self.lock().counts.slow_opened += 1;
    }

    pub(super) fn record_dropped_connection(&self) {
        self.lock().counts.slow_dropped += 1;
    }

    pub(super) fn counts(&self) -> Counts {
        self.lock().counts
    }

    /// The number of responses to a kind of request with this status, and the number of requests
    /// whose outcome is unknown.
    pub(super) fn outcomes(&self, kind: &str, status: u16) -> (u64, u64) {
        let kind = self.lock().kinds.get(kind).cloned().unwrap_or_default();
        let count = |status| kind.statuses.get(&status).copied().unwrap_or(0);
        (count(status), count(503) + kind.missing)
    }

    /// Prints everything. Fails if a rule was violated.
    pub(super) fn report(&self, memory: &Memory, faults: &Faults) -> Result<()> {
        if memory.max > MAX_MEMORY_MB {
            self.record_violation(format!("a server took {:.0} MB", memory.max));
        }
        let inner = self.lock();
        let mut rows = Vec::new();
        let mut violations = inner.violations.clone();
        for (name, kind) in &inner.kinds {
            let statuses: Vec<_> =
                kind.statuses.iter().map(|(status, count)| format!("{count} × {status}")).collect();
            let [p50, p99, max] = [0.5, 0.99, 1.0].map(|share| quantile_ms(&kind.times, share));
            if *name == "health" && max > MAX_HEALTH_MS {
                violations.insert(format!("the health check took {max:.0} ms"), 1);
            }
            let text = |ms: f64| format!("{ms:.1}");
            let missing = kind.missing.to_string();
            rows.push(vec![
                (*name).to_owned(),
                statuses.join(", "),
                missing,
                text(p50),
                text(p99),
                text(max),
            ]);
        }
        println!(
            "\n{}",
            table(&["requests", "responses", "missing", "p50, ms", "p99, ms", "max, ms"], &rows)
        );
        let counts = inner.counts;
        let guesses = inner.kinds.get("wrong password").map_or(0, |kind| kind.times.len());
        let facts = [
            ("faults", faults.count().to_string()),
            ("wrong passwords tried", guesses.to_string()),
            (
                "slow connections: opened, dropped by the server",
                format!("{}, {}", counts.slow_opened, counts.slow_dropped),
            ),
            ("memory of a server, MB: maximum, at the end", format!("{:.0}, {:.0}", memory.max, memory.last)),
            (
                "sessions: acknowledged, unknown, ended",
                format!("{}, {}, {}", counts.signed_in, counts.sign_in_unknown, counts.ended),
            ),
        ];
        println!("{}", table(&["", ""], &facts.map(|(name, fact)| vec![name.to_owned(), fact])));
        if violations.is_empty() {
            println!("No rule was violated.");
        }
        for (rule, times) in &violations {
            println!("violated {times} times: {rule}");
        }
        ensure!(violations.is_empty(), "{} rules were violated", violations.len());
        Ok(())
    }
}
