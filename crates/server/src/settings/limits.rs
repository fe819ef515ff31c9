//! Limits on requests, connections and memory.

use serde::{Deserialize, Serialize};

/// Limits on requests, connections and memory.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct LimitSettings {
    /// Longest header of a request, in bytes.
    pub header_bytes: usize,
    /// Longest request body, in bytes.
    pub body_bytes: usize,
    /// Longest body of a sign-in, in bytes.
    pub sign_in_body_bytes: usize,
    /// Time limit of a client for a header, for a body, for reading a response, and for an idle
    /// connection, in seconds.
    pub patience_seconds: u64,
    /// Maximum number of concurrent connections.
    pub connections: usize,
    /// Maximum number of connections of one address; 0: no limit.
    pub connections_per_address: usize,
    /// Maximum number of signatures of access tokens that are remembered as good, for each of the
    /// server's keys; 0: none.
    pub signature_entries: usize,
    /// Maximum number of ended sessions that are remembered while their access tokens are valid.
    /// With more of them, access tokens are refused with 503.
    pub revocation_entries: usize,
    /// Maximum number of parsed device keys that are kept; 0: none.
    pub device_key_entries: usize,
    /// Maximum number of proofs remembered against replay. When all of them are unexpired, new
    /// proofs are rejected with 503.
    pub replay_entries: usize,
}

impl Default for LimitSettings {
    fn default() -> Self {
        Self {
            header_bytes: 16 * 1024,
            body_bytes: 5 * 1024 * 1024,
            sign_in_body_bytes: 16 * 1024,
            patience_seconds: 30,
            connections: 4096,
            connections_per_address: 256,
            signature_entries: 100_000,
            revocation_entries: 1_000_000,
            device_key_entries: 4096,
            replay_entries: 262_144,
        }
    }
}
