//! The tokens that the server sends, verified before anything is stored or shown.

use std::sync::Arc;

use latchkey_token::{Claims, TokenKind, UnixTime, VerifyError};
use secrecy::{ExposeSecret, SecretString};

use super::Session;
use super::load::{Held, Keys};
use crate::api::{Api, Tokens};
use crate::error::SessionError;

/// An access token, in memory only.
#[derive(Clone)]
pub(super) struct AccessToken {
    pub(super) token: SecretString,
    pub(super) expires: UnixTime,
}

/// Tokens that are for this device, this key and one and the same session.
pub(super) struct Verified {
    pub(super) access: AccessToken,
    pub(super) session: Option<(Claims, SecretString)>,
}

impl<A: Api> Session<A> {
    /// Verifies what a sign-in or a renewal brought. A renewal must be of the session that was renewed.
    pub(super) fn verify_tokens(
        &self,
        tokens: Tokens,
        device_id: &str,
        keys: &Arc<Keys>,
        renewed: Option<&Held>,
    ) -> Result<Verified, SessionError> {
        let verify = |kind, token: &SecretString| {
            let verifier = self.verifier(kind, device_id, &keys.device);
            verifier.verify(token.expose_secret(), self.now()).map_err(|error| {
                tracing::warn!(code = error.code(), ?kind, "a token from the server does not verify");
                match error {
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
        Ok(Verified { access: AccessToken { token: tokens.access, expires: access.exp }, session })
    }
}
