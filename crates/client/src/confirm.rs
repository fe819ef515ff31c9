//! Confirming who the user is (RFC 9470). The confirmation lives in one access token: the session
//! keeps its own time, and a renewal does not carry it on.

use latchkey_token::TokenKind;
use secrecy::{ExposeSecret as _, SecretString};

use crate::access_token::AccessToken;
use crate::api::{Api, Confirmation};
use crate::call::{Asker, authorized};
use crate::context::Context;
use crate::core::Core;
use crate::error::SessionError;
use crate::state::Epoch;
use crate::verified_session::VerifiedSession;

/// Confirms the session with a password, a code, or both.
pub(crate) async fn confirm<A: Api>(
    context: &Context<A>,
    confirmation: Confirmation,
) -> Result<(), SessionError> {
    let is_given = |secret: &Option<SecretString>| {
        secret.as_ref().is_some_and(|secret| !secret.expose_secret().is_empty())
    };
    if !is_given(&confirmation.password) && !is_given(&confirmation.code) {
        return Err(SessionError::CredentialsMissing);
    }
    let (core, confirmation) = (&context.core, &confirmation);
    let asker = &mut Asker::present(core);
    let (epoch, token) = authorized(context, asker, |context, by| async move {
        context.api.confirm(context.caller(&by.session), confirmation, &by.access.token).await
    })
    .await?;
    accept(core, epoch, token)
}

/// Uses a confirmed access token for the next calls of the session of `epoch`.
///
/// # Errors
/// [`SessionError::ServerAnswerInvalid`] if it is not that session's.
pub(crate) fn accept(core: &Core, epoch: Epoch, token: SecretString) -> Result<(), SessionError> {
    let session = core.state().active().cloned().ok_or(SessionError::NotSignedIn)?;
    let access = verified(core, token, &session)?;
    core.set_confirmed(epoch, access);
    Ok(())
}

/// The token, if it is an access token of `session`.
fn verified(
    core: &Core,
    token: SecretString,
    session: &VerifiedSession,
) -> Result<AccessToken, SessionError> {
    let verifier = core.verifier(TokenKind::Access, &session.device_id, &session.keys.device);
    let claims = verifier.verify(token.expose_secret(), core.now()).map_err(|error| {
        tracing::warn!(code = error.code(), "the confirmed token does not verify");
        SessionError::ServerAnswerInvalid
    })?;
    if claims.sid != session.claims.sid || claims.sub != session.claims.sub {
        return Err(SessionError::ServerAnswerInvalid);
    }
    Ok(AccessToken::new(token, &claims, core.clock.steady()).confirmed())
}
