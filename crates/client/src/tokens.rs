//! The tokens that the server sends, verified before anything is stored or shown.

use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use latchkey_token::{Claims, TokenKind, UnixTime, VerifyError};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use crate::api::{Api, Tokens};
use crate::auth_client::AuthClient;
use crate::error::{SessionError, ShortKeyId};
use crate::load::{Keys, VerifiedSession};

/// An access token, in memory only.
#[derive(Clone)]
pub(crate) struct AccessToken {
    pub(crate) token: SecretString,
    expires: UnixTime,
    /// When it came, by the steady clock.
    received: Duration,
    /// How long it lives, in seconds.
    lives: i64,
}

impl AccessToken {
    /// Whether it is good for `seconds` more, by the wall clock and by the steady one: a wall clock
    /// that was set back does not make it young again.
    pub(crate) fn lasts(&self, seconds: i64, now: UnixTime, steady: Duration) -> bool {
        let age = i64::try_from(steady.saturating_sub(self.received).as_secs()).unwrap_or(i64::MAX);
        self.expires > now.plus(seconds) && age.saturating_add(seconds) < self.lives
    }
}

/// Tokens that are for this device, this key and one and the same session.
pub(crate) struct Verified {
    pub(crate) access: AccessToken,
    pub(crate) session: Option<(Claims, SecretString)>,
    /// The newest `iat` of them.
    pub(crate) issued: UnixTime,
}

impl<A: Api> AuthClient<A> {
    /// Verifies what a sign-in or a renewal brought. A renewal must be of the session that was renewed.
    pub(crate) fn verify_tokens(
        &self,
        tokens: Tokens,
        device_id: &str,
        keys: &Arc<Keys>,
        renewed: Option<&VerifiedSession>,
    ) -> Result<Verified, SessionError> {
        let verify = |kind, token: &SecretString| {
            let verifier = self.verifier(kind, device_id, &keys.device);
            verifier.verify(token.expose_secret(), self.now()).map_err(|error| {
                tracing::warn!(code = error.code(), ?kind, "a token from the server does not verify");
                match error {
                    VerifyError::UnknownKey => self.key_unknown(token),
                    VerifyError::IssuedInFuture | VerifyError::NotYetValid | VerifyError::Expired => {
                        SessionError::ClockWrong
                    }
                    _ => SessionError::ServerAnswerInvalid,
                }
            })
        };
        let access = verify(TokenKind::Access, &tokens.access)?;
        let session = match tokens.session {
            Some(token) => Some((verify(TokenKind::Session, &token)?, token)),
            None => None,
        };
        let expected = renewed.map(|held| &held.claims).or(session.as_ref().map(|(claims, _)| claims));
        let of_one_session = expected.is_some_and(|expected| {
            let same = |claims: &Claims| claims.sid == expected.sid && claims.sub == expected.sub;
            same(&access) && session.as_ref().is_none_or(|(claims, _)| same(claims))
        });
        if !of_one_session {
            return Err(SessionError::ServerAnswerInvalid);
        }
        let issued = session.as_ref().map_or(access.iat, |(claims, _)| claims.iat.max(access.iat));
        let received = self.clock.steady();
        let lives = access.exp.since(access.iat);
        let access = AccessToken { token: tokens.access, expires: access.exp, received, lives };
        Ok(Verified { access, session, issued })
    }

    /// The token is signed by a key that is not ours: says which, for the people who run the
    /// server. A token that names no key is none of a server like ours.
    pub(crate) fn key_unknown(&self, token: &SecretString) -> SessionError {
        let Some(named) = named_key(token.expose_secret()) else { return SessionError::ServerAnswerInvalid };
        let carried = self.settings.keys.kids().next().map(ToString::to_string).unwrap_or_default();
        let error = SessionError::ServerKeyUnknown {
            carried: ShortKeyId::new(&carried),
            named: ShortKeyId::new(&named),
        };
        tracing::warn!(%error, "the server has another key");
        error
    }
}

/// The key id in a token's header. Nothing is verified: this is for a message only.
fn named_key(token: &str) -> Option<String> {
    #[derive(Deserialize)]
    struct Header {
        kid: String,
    }
    let header = token.split('.').next()?;
    let json = URL_SAFE_NO_PAD.decode(header).ok()?;
    serde_json::from_slice(&json).ok().map(|Header { kid }| kid)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    pub(crate) fn an_access_token_ages_by_both_clocks() {
        let token = AccessToken {
            token: "a.b.c".into(),
            expires: UnixTime::new(1900),
            received: Duration::from_secs(50),
            lives: 900,
        };
        let lasts = |now, steady| token.lasts(60, UnixTime::new(now), Duration::from_secs(steady));
        assert!(lasts(1000, 50) && lasts(1839, 889));
        assert!(!lasts(1840, 50), "by the wall clock it has expired");
        assert!(!lasts(1000, 890), "the wall clock was set back");
        assert!(lasts(1000, 0) && !lasts(i64::MAX, u64::MAX));
    }

    #[test]
    pub(crate) fn the_name_of_a_key_is_read_from_anything() {
        assert_eq!(named_key("eyJraWQiOiJhYmMifQ.x.y").as_deref(), Some("abc"));
        for nonsense in ["", ".", "e30.x.y", "!!.x", "eyJraWQiOjF9.x.y"] {
            assert_eq!(named_key(nonsense), None, "{nonsense}");
        }
    }
}
