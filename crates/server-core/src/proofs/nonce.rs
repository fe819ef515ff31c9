//! Nonces (RFC 9449 §8): how a device with a wrong clock shows that its proof is recent. Stateless:
//! the time of making, signed with a key that all servers on the database share.

use std::fmt;

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use latchkey_token::{LEEWAY_SECONDS, UnixTime};

use crate::database::{Database, DatabaseError};
use crate::shared_secret;

/// How long a nonce is fresh, in seconds.
pub(super) const NONCE_SECONDS: i64 = 300;

pub(crate) struct Nonces(hmac::Key);

impl Nonces {
    /// With the key that is shared in the database.
    pub(crate) async fn open(database: &Database) -> Result<Self, DatabaseError> {
        Ok(Self::new(&shared_secret::open(database, "nonce_key").await?))
    }

    fn new(key: &[u8]) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, key))
    }

    /// A nonce made now.
    pub(crate) fn make(&self, now: UnixTime) -> String {
        let time = now.seconds().to_be_bytes();
        let tag = hmac::sign(&self.0, &time);
        URL_SAFE_NO_PAD.encode([time.as_slice(), tag.as_ref()].concat())
    }

    /// Whether `nonce` was made here, or by a server with the same key, within [`NONCE_SECONDS`].
    pub(crate) fn is_fresh(&self, nonce: &str, now: UnixTime) -> bool {
        let Ok(bytes) = URL_SAFE_NO_PAD.decode(nonce) else { return false };
        let Some((time, tag)) = bytes.split_first_chunk::<8>() else { return false };
        let age = now.since(UnixTime::new(i64::from_be_bytes(*time)));
        hmac::verify(&self.0, time, tag).is_ok() && (-LEEWAY_SECONDS..=NONCE_SECONDS).contains(&age)
    }
}

impl fmt::Debug for Nonces {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Nonces")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_nonce_is_fresh_for_five_minutes_on_every_server() {
        let (here, there, elsewhere) = (Nonces::new(&[1; 32]), Nonces::new(&[1; 32]), Nonces::new(&[2; 32]));
        let now = UnixTime::new(1_800_000_000);
        let nonce = here.make(now);
        for (age, fresh) in [(0, true), (300, true), (301, false), (-60, true), (-61, false)] {
            assert_eq!(there.is_fresh(&nonce, now.plus(age)), fresh, "{age}");
        }
        assert!(!elsewhere.is_fresh(&nonce, now));
    }

    #[test]
    fn refuses_a_nonce_that_it_did_not_make() {
        let nonces = Nonces::new(&[1; 32]);
        let now = UnixTime::new(1_800_000_000);
        let good = nonces.make(now);
        for (at, _) in good.char_indices() {
            let mut bad = good.clone().into_bytes();
            bad[at] = if bad[at] == b'A' { b'B' } else { b'A' };
            assert!(!nonces.is_fresh(std::str::from_utf8(&bad).unwrap(), now), "{at}");
        }
        for text in ["", "x", "AAAAAAAAAAA", &format!("{good}A"), &format!("{good}="), "é"] {
            assert!(!nonces.is_fresh(text, now), "{text}");
        }
    }
}
