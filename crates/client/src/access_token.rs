//! An access token and how long it can be used. In memory only.

use std::time::Duration;

use latchkey_token::{Claims, UnixTime};
use secrecy::SecretString;

/// How long before its expiry an access token is renewed, in seconds.
pub(crate) const RENEW_AHEAD_SECONDS: i64 = 60;

/// An access token.
#[derive(Clone)]
pub(crate) struct AccessToken {
    pub(crate) token: SecretString,
    expires: UnixTime,
    /// When it was received, by the steady clock.
    received: Duration,
    /// Its lifetime in seconds.
    lifetime: i64,
    /// Whether the user has confirmed it: its authentication is newer than its session's.
    pub(crate) is_confirmed: bool,
}

impl AccessToken {
    /// A token that was received at `received`, by the steady clock.
    pub(crate) fn new(token: SecretString, claims: &Claims, received: Duration) -> Self {
        Self {
            token,
            expires: claims.exp,
            received,
            lifetime: claims.exp.since(claims.iat),
            is_confirmed: false,
        }
    }

    /// The same token, which the user has confirmed.
    pub(crate) fn confirmed(self) -> Self {
        Self { is_confirmed: true, ..self }
    }

    /// Whether it is valid for `seconds` more, by the wall clock and by the steady one: setting
    /// back the wall clock does not make it younger.
    pub(crate) fn lasts(&self, seconds: i64, now: UnixTime, steady: Duration) -> bool {
        let age = i64::try_from(steady.saturating_sub(self.received).as_secs()).unwrap_or(i64::MAX);
        self.expires > now.plus(seconds) && age.saturating_add(seconds) < self.lifetime
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_expires_by_the_wall_clock_and_by_the_steady_one() {
        let token = AccessToken {
            token: "a.b.c".into(),
            expires: UnixTime::new(1900),
            received: Duration::from_secs(50),
            lifetime: 900,
            is_confirmed: false,
        };
        let lasts = |now, steady| token.lasts(60, UnixTime::new(now), Duration::from_secs(steady));
        assert!(lasts(1000, 50) && lasts(1839, 889));
        assert!(!lasts(1840, 50), "by the wall clock it has expired");
        assert!(!lasts(1000, 890), "the wall clock was set back");
        assert!(lasts(1000, 0) && !lasts(i64::MAX, u64::MAX));
    }
}
