//! The tokens that the server sends, verified before anything is stored or shown.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use latchkey_token::{Claims, TokenKind, UnixTime, VerifyError};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use crate::access_token::AccessToken;
use crate::api::Tokens;
use crate::core::Core;
use crate::error::{SessionError, ShortKeyId};
use crate::verified_session::{Keys, VerifiedSession};

/// Tokens that are for this device, this key and one session.
pub(crate) struct VerifiedTokens {
    pub(crate) access: AccessToken,
    pub(crate) session: Option<(Claims, SecretString)>,
    /// The latest `iat` of them.
    pub(crate) issued: UnixTime,
}

/// Verifies the tokens of a sign-in or a renewal. The tokens of a renewal must belong to the
/// renewed session.
///
/// # Errors
/// Why they are invalid.
pub(crate) fn verify_tokens(
    core: &Core,
    tokens: Tokens,
    device_id: &str,
    keys: &Keys,
    renewed: Option<&VerifiedSession>,
) -> Result<VerifiedTokens, SessionError> {
    let verify = |kind, token: &SecretString| {
        let verifier = core.verifier(kind, device_id, &keys.device);
        verifier.verify(token.expose_secret(), core.now()).map_err(|error| {
            tracing::warn!(code = error.code(), ?kind, "a token from the server does not verify");
            match error {
                VerifyError::UnknownKey => key_unknown(core, token),
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
    let expected = renewed.map(|session| &session.claims).or(session.as_ref().map(|(claims, _)| claims));
    let of_one_session = expected.is_some_and(|expected| {
        let same = |claims: &Claims| claims.sid == expected.sid && claims.sub == expected.sub;
        same(&access) && session.as_ref().is_none_or(|(claims, _)| same(claims))
    });
    if !of_one_session {
        return Err(SessionError::ServerAnswerInvalid);
    }
    let issued = session.as_ref().map_or(access.iat, |(claims, _)| claims.iat.max(access.iat));
    let access = AccessToken::new(tokens.access, &access, core.clock.steady());
    Ok(VerifiedTokens { access, session, issued })
}

/// The token is signed by a key that this app does not have: names it, for the people who run the
/// server. A token that names no key is not from a server like ours.
fn key_unknown(core: &Core, token: &SecretString) -> SessionError {
    let Some(named) = named_key(token.expose_secret()) else { return SessionError::ServerAnswerInvalid };
    let carried = core.settings.keys.kids().next().map(ToString::to_string).unwrap_or_default();
    let error =
        SessionError::ServerKeyUnknown { carried: ShortKeyId::new(&carried), named: ShortKeyId::new(&named) };
    tracing::warn!(%error, "the server has another key");
    error
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
    fn the_key_id_of_any_text_is_read_or_absent() {
        assert_eq!(named_key("eyJraWQiOiJhYmMifQ.x.y").as_deref(), Some("abc"));
        for nonsense in ["", ".", "e30.x.y", "!!.x", "eyJraWQiOjF9.x.y"] {
            assert_eq!(named_key(nonsense), None, "{nonsense}");
        }
    }
}
