//! Lengths of time as an operator writes them: a number and a unit, `15m`, `24h`, `7d`.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// The units with their seconds, the longest first.
const UNITS: [(char, i64); 4] = [('d', 86_400), ('h', 3600), ('m', 60), ('s', 1)];

/// A length of time, in whole seconds, not negative.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Period(i64);

/// A text that is no length of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a length of time is a whole number and a unit: s, m, h or d, such as 24h or 7d")]
pub struct InvalidPeriod;

impl Period {
    /// A length in seconds; negative ones count as 0.
    #[must_use]
    pub const fn from_seconds(seconds: i64) -> Self {
        Self(if seconds < 0 { 0 } else { seconds })
    }

    /// The length in seconds.
    #[must_use]
    pub const fn seconds(self) -> i64 {
        self.0
    }
}

impl FromStr for Period {
    type Err = InvalidPeriod;

    fn from_str(text: &str) -> Result<Self, InvalidPeriod> {
        let (_, seconds, number) = UNITS
            .iter()
            .find_map(|(unit, seconds)| Some((unit, seconds, text.strip_suffix(*unit)?)))
            .ok_or(InvalidPeriod)?;
        if number.is_empty() || !number.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(InvalidPeriod);
        }
        let number: i64 = number.parse().map_err(|_| InvalidPeriod)?;
        number.checked_mul(*seconds).map(Self).ok_or(InvalidPeriod)
    }
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fits = |(_, seconds): &&(char, i64)| self.0 != 0 && self.0 % seconds == 0;
        let (unit, seconds) = UNITS.iter().find(fits).copied().unwrap_or(('s', 1));
        write!(f, "{}{unit}", self.0 / seconds)
    }
}

impl<'de> Deserialize<'de> for Period {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

impl Serialize for Period {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_period_is_read_and_written_in_its_longest_unit() {
        for (text, seconds, written) in [
            ("7d", 604_800, "7d"),
            ("24h", 86_400, "1d"),
            ("90m", 5400, "90m"),
            ("30s", 30, "30s"),
            ("0d", 0, "0s"),
        ] {
            let period: Period = text.parse().unwrap();
            assert_eq!((period.seconds(), period.to_string().as_str()), (seconds, written), "{text}");
        }
        for text in ["", "d", "7", "7w", "-1d", "+1d", "1.5h", "7 d", "7D", "9223372036854775807d", "７d"] {
            assert_eq!(text.parse::<Period>(), Err(InvalidPeriod), "{text:?}");
        }
    }
}
