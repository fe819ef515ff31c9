//! Connections that are refused at a limit: counted, and logged once a minute. A flood that logged
//! each of its connections would fill the disk.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use tokio::time::{Interval, MissedTickBehavior, interval};

/// How often they are logged.
const LOG_INTERVAL: Duration = Duration::from_secs(60);

/// The limit at which connections are refused.
#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
pub(crate) struct Limit {
    /// The setting.
    limit: &'static str,
}

/// The number of refused connections since the start, by limit.
pub(crate) type RefusedConnections = Family<Limit, Counter>;

/// Counts the refused connections of one listener.
#[derive(Debug)]
pub(super) struct RefusedCounts {
    all: RefusedConnections,
    /// Since they were last logged.
    total: AtomicU64,
    per_address: AtomicU64,
}

impl RefusedCounts {
    /// The limit on all connections was reached.
    pub(super) fn total(&self) {
        self.total.fetch_add(1, Ordering::Relaxed);
        self.all.get_or_create(&Limit { limit: "connections" }).inc();
    }

    /// The limit on the connections of one address was reached.
    pub(super) fn per_address(&self) {
        self.per_address.fetch_add(1, Ordering::Relaxed);
        self.all.get_or_create(&Limit { limit: "connections_per_address" }).inc();
    }
}

/// Logs them.
pub(super) struct Refused {
    counts: Arc<RefusedCounts>,
    log: Interval,
}

impl Refused {
    pub(super) fn new(all: RefusedConnections) -> Self {
        let mut log = interval(LOG_INTERVAL);
        log.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let counts = RefusedCounts { all, total: AtomicU64::new(0), per_address: AtomicU64::new(0) };
        Self { counts: Arc::new(counts), log }
    }

    pub(super) fn counts(&self) -> &Arc<RefusedCounts> {
        &self.counts
    }

    /// Ready once a minute. Dropping the future loses nothing.
    pub(super) async fn due(&mut self) {
        self.log.tick().await;
    }

    /// Logs what was refused since the last time, if anything was.
    pub(super) fn log(&self) {
        let [total, per_address] =
            [&self.counts.total, &self.counts.per_address].map(|count| count.swap(0, Ordering::Relaxed));
        if total > 0 {
            tracing::warn!(count = total, "connections were refused: limits.connections was reached");
        }
        if per_address > 0 {
            tracing::warn!(
                count = per_address,
                "connections were refused: limits.connections_per_address was reached"
            );
        }
    }
}
