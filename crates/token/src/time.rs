//! Points in time as tokens contain them. Refuses to read a clock.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Tolerated difference between two clocks, in seconds. RFC 7519 §4.1.4 allows "some small leeway,
/// usually no more than a few minutes"; a minute is enough for machines with a time service.
pub const LEEWAY_SECONDS: i64 = 60;

/// Seconds since 1970-01-01T00:00:00Z, leap seconds ignored: the `NumericDate` of RFC 7519 §2,
/// whole seconds only.
///
/// Negative values are dates before 1970, which a machine with a wrong clock can report. All
/// arithmetic saturates.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct UnixTime(i64);

impl UnixTime {
    /// The latest date that a claim may contain: 9999-12-31T23:59:59Z, the last one of RFC 3339.
    pub const MAX_CLAIM: Self = Self(253_402_300_799);

    /// Makes a time from seconds since 1970.
    pub const fn new(seconds: i64) -> Self {
        Self(seconds)
    }

    /// Seconds since 1970.
    pub const fn seconds(self) -> i64 {
        self.0
    }

    /// This time plus `seconds`, which may be negative; saturates.
    #[must_use]
    pub const fn plus(self, seconds: i64) -> Self {
        Self(self.0.saturating_add(seconds))
    }

    /// Seconds from `earlier` to this time; negative if `earlier` is later; saturates.
    pub const fn since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0)
    }
}

impl From<std::time::SystemTime> for UnixTime {
    /// Converts a system time before or after 1970; fractions of a second are dropped.
    fn from(time: std::time::SystemTime) -> Self {
        let seconds = match time.duration_since(std::time::UNIX_EPOCH) {
            Ok(after) => i64::try_from(after.as_secs()).unwrap_or(i64::MAX),
            Err(before) => i64::try_from(before.duration().as_secs()).map_or(i64::MIN, |s| -s),
        };
        Self(seconds)
    }
}

impl fmt::Display for UnixTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use super::*;

    #[test]
    fn a_clock_before_1970_is_a_negative_number() {
        assert_eq!(UnixTime::from(UNIX_EPOCH - Duration::from_secs(86_400)).seconds(), -86_400);
        assert_eq!(UnixTime::from(UNIX_EPOCH + Duration::from_secs(7)).seconds(), 7);
    }

    #[test]
    fn display_shows_seconds() {
        assert_eq!(UnixTime::new(-86_400).to_string(), "-86400");
    }

    #[test]
    fn arithmetic_saturates() {
        assert_eq!(UnixTime::new(i64::MAX).plus(1).seconds(), i64::MAX);
        assert_eq!(UnixTime::new(i64::MIN).plus(-1).seconds(), i64::MIN);
        assert_eq!(UnixTime::new(i64::MIN).since(UnixTime::new(1)), i64::MIN);
    }
}
