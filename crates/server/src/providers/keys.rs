//! The keys of a provider, and when they are fetched anew: for an unknown key id once a minute at
//! most, so that a flood of them does not become a flood of calls.

use latchkey_server_core::providers::JwkSet;
use latchkey_token::UnixTime;

/// Keys that were fetched are used for this long, in seconds.
const MAX_AGE_SECONDS: i64 = 3600;

/// For an unknown key id they are fetched once in this time, in seconds.
const MIN_PAUSE_SECONDS: i64 = 60;

/// The keys of a provider.
#[derive(Clone, Debug, Default)]
pub(super) struct Keys {
    present: Option<JwkSet>,
    /// When they were last fetched, or that was tried.
    tried_at: Option<UnixTime>,
}

/// Why the keys are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Need {
    /// A token is to be verified.
    Any,
    /// The keys that are there have not verified it.
    Newer,
}

impl Keys {
    /// Whether they are to be fetched now.
    pub(super) fn is_due(&self, need: Need, now: UnixTime) -> bool {
        let Some(tried_at) = self.tried_at else { return true };
        // The clock may have gone back.
        let age = now.since(tried_at).abs();
        match (need, &self.present) {
            (Need::Any, Some(_)) => age >= MAX_AGE_SECONDS,
            (Need::Newer, _) | (Need::Any, None) => age >= MIN_PAUSE_SECONDS,
        }
    }

    /// The keys that are there.
    pub(super) fn present(&self) -> Option<JwkSet> {
        self.present.clone()
    }

    /// Records a fetch. The keys stay as they are if it failed.
    pub(super) fn record(&mut self, fetched: Option<JwkSet>, now: UnixTime) {
        self.tried_at = Some(now);
        if fetched.is_some() {
            self.present = fetched;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_key_is_looked_for_once_a_minute() {
        let now = UnixTime::new(1_800_000_000);
        let mut keys = Keys::default();
        assert!(keys.is_due(Need::Any, now));
        keys.record(Some(JwkSet { keys: Vec::new() }), now);
        assert!(!keys.is_due(Need::Any, now.plus(3599)) && keys.is_due(Need::Any, now.plus(3600)));
        assert!(!keys.is_due(Need::Newer, now.plus(59)) && keys.is_due(Need::Newer, now.plus(60)));
        keys.record(None, now.plus(60));
        assert!(keys.present().is_some(), "a failed fetch takes no key away");
        assert!(!keys.is_due(Need::Newer, now.plus(61)));
        assert!(keys.is_due(Need::Any, now.plus(-3600)), "the clock went back");
    }
}
