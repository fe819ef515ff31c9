//! A time in the past on the command line: a date, how long ago, or seconds since 1970.

use latchkey_server::date;
use latchkey_token::UnixTime;

/// Why a text is none.
#[derive(Debug, thiserror::Error)]
#[error(
    "a time is a date (2027-01-15, or 2027-01-15T08:30 in UTC), how long ago (30m, 2h, 7d), or seconds since 1970"
)]
pub(super) struct InvalidTime;

/// Reads a time.
pub(super) fn parse(text: &str, now: UnixTime) -> Result<UnixTime, InvalidTime> {
    if let Ok(seconds) = text.parse() {
        return Ok(UnixTime::new(seconds));
    }
    ago(text).map(|seconds| now.plus(-seconds)).or_else(|| day(text)).ok_or(InvalidTime)
}

fn ago(text: &str) -> Option<i64> {
    let unit = text.chars().next_back()?;
    let seconds = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3600,
        'd' => 86_400,
        'w' => 7 * 86_400,
        _ => return None,
    };
    let number: u32 = text.strip_suffix(unit)?.parse().ok()?;
    Some(i64::from(number) * seconds)
}

fn day(text: &str) -> Option<UnixTime> {
    let (day, time) = text.split_once(['T', ' ']).unwrap_or((text, "00:00"));
    let mut parts = day.split('-');
    let mut next = |length: usize| -> Option<u32> {
        let is_number = |part: &&str| part.len() == length && part.bytes().all(|byte| byte.is_ascii_digit());
        parts.next().filter(is_number)?.parse().ok()
    };
    let (year, month, number) = (next(4)?, next(2)?, next(2)?);
    if parts.next().is_some() {
        return None;
    }
    let time = time.strip_suffix('Z').unwrap_or(time);
    let mut seconds = 0;
    let mut units = [(24, 3600), (60, 60), (60, 1)].into_iter();
    for part in time.split(':') {
        let (max, unit) = units.next()?;
        let is_number = part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_digit());
        let number: i64 = part.parse().ok().filter(|number| is_number && *number < max)?;
        seconds += number * unit;
    }
    // Hours alone would be ambiguous.
    (units.len() < 2).then_some(date::midnight(i64::from(year), month, number)?.plus(seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: UnixTime = UnixTime::new(1_800_000_000);

    #[test]
    fn dates_durations_and_seconds_are_times() {
        for (text, expected) in [
            ("1790000000", 1_790_000_000),
            ("-5", -5),
            ("90s", 1_799_999_910),
            ("30m", 1_799_998_200),
            ("2h", 1_799_992_800),
            ("7d", 1_799_395_200),
            ("1w", 1_799_395_200),
            ("2027-01-15", 1_799_971_200),
            ("2027-01-15T08:00", 1_800_000_000),
            ("2027-01-15 08:00:00", 1_800_000_000),
            ("2027-01-15T08:00:01Z", 1_800_000_001),
        ] {
            assert_eq!(parse(text, NOW).unwrap().seconds(), expected, "{text}");
        }
    }

    #[test]
    fn other_texts_are_none() {
        for text in [
            "",
            "h",
            "-2h",
            "2y",
            "2 h",
            "2027-1-15",
            "2027-02-30",
            "27-01-15",
            "2027-01-15T8",
            "2027-01-15T08",
            "2027-01-15T24:00",
            "2027-01-15T08:00:00:00",
            "2027-01-15T+8:00",
            "yesterday",
            "2é",
            "99999999999d",
        ] {
            assert!(parse(text, NOW).is_err(), "{text}");
        }
    }
}
