//! The header `Retry-After`: how long a server asks to wait (RFC 9110 §10.2.3).

use latchkey_token::UnixTime;
use reqwest::header::{HeaderMap, RETRY_AFTER};

/// Maximum wait that is returned, in seconds: a day.
const MAX_SECONDS: u32 = 86_400;

/// Reads the header: a number of seconds, or a date that is compared with `date`, the date of the
/// response. `None` if it is neither.
pub(super) fn seconds(headers: &HeaderMap, date: Option<UnixTime>) -> Option<u32> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if is_number {
        return Some(text.parse().map_or(MAX_SECONDS, |seconds: u32| seconds.min(MAX_SECONDS)));
    }
    let until = UnixTime::from(httpdate::parse_http_date(text).ok()?);
    let seconds = until.since(date?).clamp(0, i64::from(MAX_SECONDS));
    u32::try_from(seconds).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_and_dates_are_read_up_to_a_day() {
        let date = Some(UnixTime::new(1_800_000_000));
        let read = |text: &'static str| {
            let headers = HeaderMap::from_iter([(RETRY_AFTER, text.parse().unwrap())]);
            seconds(&headers, date)
        };
        assert_eq!([read("0"), read("2"), read(" 90 ")], [Some(0), Some(2), Some(90)]);
        assert_eq!(read("99999999999999999999"), Some(86_400));
        assert_eq!(read("Fri, 15 Jan 2027 08:01:30 GMT"), Some(90));
        assert_eq!(read("Fri, 15 Jan 2027 07:00:00 GMT"), Some(0), "a date that has passed");
        assert_eq!(read("Fri, 31 Dec 9999 23:59:59 GMT"), Some(86_400));
        for nonsense in ["", "-1", "1.5", "soon", "0x10", "+5"] {
            assert_eq!(read(nonsense), None, "{nonsense}");
        }
        let headers = HeaderMap::from_iter([(RETRY_AFTER, "Fri, 15 Jan 2027 08:01:30 GMT".parse().unwrap())]);
        assert_eq!(seconds(&headers, None), None, "without a time to compare with");
        assert_eq!(seconds(&HeaderMap::new(), date), None);
    }
}
