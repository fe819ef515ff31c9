//! Connections that are refused at a limit: counted, and logged once a minute. A flood that logged
//! each of its connections would fill the disk.

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

/// The refused connections of one listener.
pub(super) struct Refused {
    all: RefusedConnections,
    /// Since they were last logged.
    total: u64,
    per_address: u64,
    log: Interval,
}

impl Refused {
    pub(super) fn new(all: RefusedConnections) -> Self {
        let mut log = interval(LOG_INTERVAL);
        log.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Self { all, total: 0, per_address: 0, log }
    }

    /// The limit on all connections was reached.
    pub(super) fn total(&mut self) {
        self.total += 1;
        self.all.get_or_create(&Limit { limit: "connections" }).inc();
    }

    /// The limit on the connections of one address was reached.
    pub(super) fn per_address(&mut self) {
        self.per_address += 1;
        self.all.get_or_create(&Limit { limit: "connections_per_address" }).inc();
    }

    /// Ready once a minute. Dropping the future loses nothing.
    pub(super) async fn due(&mut self) {
        self.log.tick().await;
    }

    /// Logs what was refused since the last time, if anything was.
    pub(super) fn log(&mut self) {
        let (total, per_address) = (std::mem::take(&mut self.total), std::mem::take(&mut self.per_address));
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
