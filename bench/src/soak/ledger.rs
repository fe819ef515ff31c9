//! What happened, by kind, and every rule that was broken.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::{Result, ensure};

use super::faults::Faults;
use crate::document::table;
use crate::statistics::quantile_ms;

/// More than a server with full hashing pool needs, in MB.
const MOST_MEMORY: f64 = 256.0;

/// The longest that `GET /healthz` may take, in milliseconds, on a machine with every core taken.
const HEALTH_MS: f64 = 5000.0;

#[derive(Default)]
pub(super) struct Ledger(Mutex<Book>);

#[derive(Default)]
struct Book {
    kinds: BTreeMap<&'static str, Kind>,
    violations: BTreeMap<String, u64>,
    counts: Counts,
}

/// What the database must agree with.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Counts {
    pub(super) signed_in: u64,
    pub(super) sign_in_unknown: u64,
    pub(super) ended: u64,
    slow_opened: u64,
    slow_dropped: u64,
}

#[derive(Clone, Default)]
struct Kind {
    statuses: BTreeMap<u16, u64>,
    broken: u64,
    times: Vec<Duration>,
}

/// Memory of a server, in MB.
#[derive(Default)]
pub(super) struct Memory {
    most: f64,
    last: f64,
}

impl Memory {
    pub(super) fn look(&mut self, megabytes: f64) {
        self.most = self.most.max(megabytes);
        self.last = megabytes;
    }
}

impl Ledger {
    fn book(&self) -> MutexGuard<'_, Book> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn answered(&self, kind: &'static str, status: u16, time: Duration) {
        let mut book = self.book();
        let kind = book.kinds.entry(kind).or_default();
        *kind.statuses.entry(status).or_default() += 1;
        kind.times.push(time);
    }

    pub(super) fn broken(&self, kind: &'static str) {
        self.book().kinds.entry(kind).or_default().broken += 1;
    }

    pub(super) fn violated(&self, rule: String) {
        *self.book().violations.entry(rule).or_default() += 1;
    }

    pub(super) fn signed_in(&self) {
        self.book().counts.signed_in += 1;
    }

    /// A sign-in without an answer: there may be a session of it.
    pub(super) fn sign_in_unknown(&self) {
        self.book().counts.sign_in_unknown += 1;
    }

    pub(super) fn ended(&self) {
        self.book().counts.ended += 1;
    }

    pub(super) fn slow_opened(&self) {
        self.book().counts.slow_opened += 1;
    }

    pub(super) fn slow_dropped(&self) {
        self.book().counts.slow_dropped += 1;
    }

    pub(super) fn counts(&self) -> Counts {
        self.book().counts
    }

    /// How often a kind of request was answered so, and how often its outcome is not known.
    pub(super) fn outcomes(&self, kind: &str, status: u16) -> (u64, u64) {
        let kind = self.book().kinds.get(kind).cloned().unwrap_or_default();
        let count = |status| kind.statuses.get(&status).copied().unwrap_or(0);
        (count(status), count(503) + kind.broken)
    }

    /// Prints all of it. An error if a rule was broken.
    pub(super) fn report(&self, memory: &Memory, faults: &Faults) -> Result<()> {
        if memory.most > MOST_MEMORY {
            self.violated(format!("a server took {:.0} MB", memory.most));
        }
        let book = self.book();
        let mut rows = Vec::new();
        let mut violations = book.violations.clone();
        for (name, kind) in &book.kinds {
            let statuses: Vec<_> =
                kind.statuses.iter().map(|(status, count)| format!("{count} × {status}")).collect();
            let [p50, p99, most] = [0.5, 0.99, 1.0].map(|share| quantile_ms(&kind.times, share));
            if *name == "health" && most > HEALTH_MS {
                violations.insert(format!("health took {most:.0} ms"), 1);
            }
            let told = |ms: f64| format!("{ms:.1}");
            let broken = kind.broken.to_string();
            rows.push(vec![
                (*name).to_owned(),
                statuses.join(", "),
                broken,
                told(p50),
                told(p99),
                told(most),
            ]);
        }
        println!("\n{}", table(&["requests", "answers", "none", "p50, ms", "p99, ms", "longest, ms"], &rows));
        let counts = book.counts;
        let guesses = book.kinds.get("wrong password").map_or(0, |kind| kind.times.len());
        let facts = [
            ("faults", faults.count().to_string()),
            ("wrong passwords that were tried", guesses.to_string()),
            (
                "slow connections: opened, dropped by the server",
                format!("{}, {}", counts.slow_opened, counts.slow_dropped),
            ),
            ("memory of a server, MB: most, at the end", format!("{:.0}, {:.0}", memory.most, memory.last)),
            (
                "sessions: acknowledged, perhaps more, ended",
                format!("{}, {}, {}", counts.signed_in, counts.sign_in_unknown, counts.ended),
            ),
        ];
        println!("{}", table(&["", ""], &facts.map(|(name, fact)| vec![name.to_owned(), fact])));
        if violations.is_empty() {
            println!("Every rule was kept.");
        }
        for (rule, times) in &violations {
            println!("broken {times} times: {rule}");
        }
        ensure!(violations.is_empty(), "{} rules were broken", violations.len());
        Ok(())
    }
}
