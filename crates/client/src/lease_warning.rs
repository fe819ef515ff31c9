//! When to warn that a session ends. Pure: the time is an argument, so a warning is right after the
//! computer was suspended and after its clock was set.

use latchkey_token::UnixTime;

const HOUR: u32 = 3600;
const DAY: u32 = 24 * HOUR;

/// The warnings before the lease ends, in seconds; the nearest first.
const BEFORE_LEASE: [u32; 3] = [2 * HOUR, DAY, 3 * DAY];

/// The warnings before the absolute limit.
const BEFORE_LIMIT: [u32; 2] = [DAY, 7 * DAY];

/// The next end of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LeaseWarning {
    /// Which end.
    pub kind: WarningKind,
    /// When, in seconds since 1970.
    pub ends_at: i64,
    /// The warning that has begun: the end is at most this many seconds away.
    pub within: u32,
}

/// Which end of the session is near.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WarningKind {
    /// The lease: one contact with the server renews it.
    Lease,
    /// The absolute limit since the sign-in: only a new sign-in helps.
    Absolute,
}

/// The warning at `now`. While online there is none about the lease, because each contact renews
/// it. A limit that comes before the end of the lease, or with it, is the one that counts.
pub(crate) fn warning(
    now: UnixTime,
    is_offline: bool,
    lease_ends: UnixTime,
    limit: Option<UnixTime>,
) -> Option<LeaseWarning> {
    let near = |kind, ends: UnixTime, steps: &[u32]| {
        let left = ends.since(now);
        let within = *steps.iter().find(|step| left <= i64::from(**step))?;
        Some(LeaseWarning { kind, ends_at: ends.seconds(), within })
    };
    let absolute = limit.and_then(|limit| near(WarningKind::Absolute, limit, &BEFORE_LIMIT));
    let lease = is_offline.then(|| near(WarningKind::Lease, lease_ends, &BEFORE_LEASE)).flatten();
    let is_limited = limit.is_some_and(|limit| limit <= lease_ends);
    if is_limited { absolute.or(lease) } else { lease.or(absolute) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NOW: UnixTime = UnixTime::new(1_800_000_000);

    fn at(seconds: u32) -> UnixTime {
        NOW.plus(i64::from(seconds))
    }

    #[test]
    fn while_offline_each_step_before_the_end_of_the_lease_is_one_warning() {
        let within = |left| warning(NOW, true, at(left), None).map(|warning| warning.within);
        assert_eq!(within(3 * DAY + 1), None);
        assert_eq!([within(3 * DAY), within(DAY + 1)], [Some(3 * DAY); 2]);
        assert_eq!([within(DAY), within(2 * HOUR + 1)], [Some(DAY); 2]);
        assert_eq!([within(2 * HOUR), within(0)], [Some(2 * HOUR); 2]);
    }

    #[test]
    fn while_online_only_the_absolute_limit_is_a_warning() {
        assert_eq!(warning(NOW, false, at(HOUR), None), None);
        let limit = |left| warning(NOW, false, at(14 * DAY), Some(at(left)));
        assert_eq!(limit(7 * DAY + 1), None);
        let expected = |left, within| {
            Some(LeaseWarning { kind: WarningKind::Absolute, ends_at: at(left).seconds(), within })
        };
        assert_eq!(limit(7 * DAY), expected(7 * DAY, 7 * DAY));
        assert_eq!(limit(DAY), expected(DAY, DAY));
    }

    #[test]
    fn of_two_ends_the_one_that_comes_first_is_named() {
        let kind = |lease, limit| warning(NOW, true, at(lease), Some(at(limit))).map(|warning| warning.kind);
        assert_eq!(kind(HOUR, 6 * DAY), Some(WarningKind::Lease));
        assert_eq!(kind(2 * DAY, 2 * DAY), Some(WarningKind::Absolute), "no contact moves that end");
        assert_eq!(kind(4 * DAY, 5 * DAY), Some(WarningKind::Absolute));
    }

    proptest! {
        #[test]
        fn any_clock_gives_an_end_that_was_passed_in(
            now in any::<i64>(), lease in any::<i64>(), limit in any::<Option<i64>>(), offline in any::<bool>(),
        ) {
            let warning = warning(UnixTime::new(now), offline, UnixTime::new(lease), limit.map(UnixTime::new));
            if let Some(warning) = warning {
                prop_assert!(warning.ends_at == lease || Some(warning.ends_at) == limit);
            }
        }
    }
}
