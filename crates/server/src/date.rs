//! Dates of the Gregorian calendar, in UTC.

use latchkey_token::UnixTime;

const DAY_SECONDS: i64 = 86_400;

/// The beginning of a day; `None` if there is no such day. The years 0 to 9999.
pub fn midnight(year: i64, month: u32, day: u32) -> Option<UnixTime> {
    let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let length = match month {
        2 if is_leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return None,
    };
    if !(0..=9999).contains(&year) || !(1..=length).contains(&day) {
        return None;
    }
    // Years that begin in March end with the leap day.
    let (year, month) = if month < 3 { (year - 1, month + 9) } else { (year, month - 3) };
    let days = 365 * year + year.div_euclid(4) - year.div_euclid(100)
        + year.div_euclid(400)
        + i64::from((153 * month + 2) / 5 + day - 1);
    // From 1 March of the year 0 to 1970.
    Some(UnixTime::new((days - 719_468) * DAY_SECONDS))
}

/// The time as RFC 3339 writes it: `2027-01-15T08:00:00Z`. The years 1970 to 9999.
pub(crate) fn rfc3339(at: UnixTime) -> String {
    let seconds = at.seconds().clamp(0, UnixTime::MAX_CLAIM.seconds());
    let (days, rest) = (seconds / DAY_SECONDS, seconds % DAY_SECONDS);
    let (year, month, day) = civil(days);
    format!("{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}Z", rest / 3600, rest % 3600 / 60, rest % 60)
}

/// Year, month and day of a number of days since 1970, which is not negative.
pub(crate) fn civil(days: i64) -> (i64, i64, i64) {
    // Years that begin in March, so that the day that is left out now and then is the last one.
    let days = days + 719_468;
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * from_march + 2) / 5 + 1;
    let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_follow_each_other_and_others_do_not_exist() {
        let day = |year, month, day| midnight(year, month, day).map(|time| time.seconds() / DAY_SECONDS);
        assert_eq!(day(1970, 1, 1), Some(0));
        assert_eq!(day(2000, 2, 29), Some(11_016));
        assert_eq!(day(2027, 1, 15), Some(20_833));
        let mut next = day(1999, 1, 1).unwrap();
        for year in 1999..=2101 {
            for month in 1..=12 {
                for number in 1..=31 {
                    if let Some(found) = day(year, month, number) {
                        assert_eq!(found, next, "{year}-{month}-{number}");
                        next += 1;
                    }
                }
            }
        }
        for (year, month, number) in
            [(2027, 2, 29), (2100, 2, 29), (2027, 0, 1), (2027, 13, 1), (10_000, 1, 1)]
        {
            assert_eq!(day(year, month, number), None, "{year}-{month}-{number}");
        }
    }
}
