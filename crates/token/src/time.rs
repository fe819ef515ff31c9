//! A point in time as tokens write it. Refuses to know what time it is.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Clock tolerance between two machines, in seconds. RFC 7519 §4.1.4 allows "some small leeway, usually no more
/// than a few minutes"; a minute is what a machine with a working time service needs.
pub const LEEWAY_SECONDS: i64 = 60;

/// Seconds since 1970-01-01T00:00:00Z, leap seconds ignored: the `NumericDate` of RFC 7519 §2, whole seconds only.
///
/// Negative values are dates before 1970. A machine whose clock says so is wrong, but that is a fact to handle, not
/// a reason to panic; all arithmetic saturates.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct UnixTime(i64);

impl UnixTime {
    /// The latest date that a claim may name: 9999-12-31T23:59:59Z, the last one RFC 3339 can write.
    pub const MAX_CLAIM: Self = Self(253_402_300_799);

    /// A time from seconds since 1970.
    pub const fn new(seconds: i64) -> Self {
        Self(seconds)
    }

    /// Seconds since 1970.
    pub const fn seconds(self) -> i64 {
        self.0
    }

    /// This time moved by `seconds` (either way), stopping at the ends of the range.
    #[must_use]
    pub const fn plus(self, seconds: i64) -> Self {
        Self(self.0.saturating_add(seconds))
    }

    /// Seconds from `earlier` to this time; negative when `earlier` is later.
    pub const fn since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0)
    }
}

impl From<std::time::SystemTime> for UnixTime {
    /// Reads a system time on either side of 1970.
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
    fn is_written_in_seconds() {
        assert_eq!(UnixTime::new(-86_400).to_string(), "-86400");
    }

    #[test]
    fn arithmetic_stops_at_the_ends() {
        assert_eq!(UnixTime::new(i64::MAX).plus(1).seconds(), i64::MAX);
        assert_eq!(UnixTime::new(i64::MIN).plus(-1).seconds(), i64::MIN);
        assert_eq!(UnixTime::new(i64::MIN).since(UnixTime::new(1)), i64::MIN);
    }
}
