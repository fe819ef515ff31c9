//! The machine's clock, as unix time and as a date.
#![allow(clippy::disallowed_methods, reason = "this program is a composition root and reads the clock here")]

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use latchkey_token::UnixTime;

/// The time since 1 January 1970.
pub(crate) fn since_1970() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

/// The current time in whole seconds.
pub(crate) fn now() -> UnixTime {
    UnixTime::new(i64::try_from(since_1970().as_secs()).unwrap_or(i64::MAX))
}

/// Today's date as the document writes it: day, month, year.
pub(crate) fn today() -> String {
    // "Tue, 24 Nov 2026 13:00:00 GMT"
    let date = httpdate::fmt_http_date(SystemTime::now());
    date.split(' ').skip(1).take(3).collect::<Vec<_>>().join(" ")
}
