//! One-time codes: asking for one by mail, and redeeming one, with a new password where the server
//! accepts passwords. The key that asks is the one that redeems, also where it is in memory only.

use std::sync::PoisonError;

use secrecy::ExposeSecret as _;

use crate::api::{Api, ApiError, CodeRedemption, SignInOptions};
use crate::context::Context;
use crate::error::SessionError;
use crate::finish_sign_in::finish;
use crate::identity::Identity;
use crate::sign_in::{Consent, begin, caller};

/// The ways to sign in: from memory while they are fresh, or while the server is unreachable.
pub(crate) async fn options<A: Api>(context: &Context<A>) -> Result<SignInOptions, SessionError> {
    let (core, cache) = (&context.core, &context.memory.options);
    if let Some(options) = cache.fresh(core.clock.steady()) {
        return Ok(options);
    }
    let id = core.blocking(|core| core.device_id().map_err(|error| error.0.into())).await?;
    let reply = context.api.options(id.as_str()).await;
    let outcome = context.record_contact(reply);
    core.publish();
    match outcome {
        Ok(options) => {
            cache.put(core.clock.steady(), options.clone());
            Ok(options)
        }
        Err(error) => cache.any().ok_or_else(|| error.into()),
    }
}

/// Asks for a code by mail.
pub(crate) async fn forgot<A: Api>(
    context: &Context<A>,
    username: &str,
    consent: Consent,
) -> Result<(), SessionError> {
    let core = &context.core;
    let username = username.trim();
    if username.is_empty() {
        return Err(SessionError::CredentialsMissing);
    }
    let _permit = core.begin_sign_in().ok_or(SessionError::SignInInProgress)?;
    let new = begin(core, consent, asked(context)).await?;
    let reply = context.api.forgot(caller(core, &new.identity), username).await;
    let outcome = context.record_contact(reply);
    core.publish();
    if outcome.as_ref().err().is_none_or(may_be_done) {
        remember(context, &new.identity);
    }
    Ok(outcome?)
}

/// Signs in with a code, and sets the new password if there is one.
pub(crate) async fn redeem<A: Api>(
    context: &Context<A>,
    redemption: CodeRedemption,
    consent: Consent,
) -> Result<(), SessionError> {
    let core = &context.core;
    let redemption = redemption.trimmed();
    let is_empty = redemption.code.expose_secret().trim().is_empty();
    let is_password_empty =
        redemption.new_password.as_ref().is_some_and(|new| new.expose_secret().is_empty());
    if is_empty || is_password_empty {
        return Err(SessionError::CredentialsMissing);
    }
    let _permit = core.begin_sign_in().ok_or(SessionError::SignInInProgress)?;
    let asked = asked(context);
    let new = begin(core, consent, asked.clone()).await?;
    let name = new.identity.device_name.as_deref();
    let reply = context.api.redeem(caller(core, &new.identity), &redemption, name).await;
    let sets_password = redemption.new_password.is_some();
    drop(redemption);
    let outcome = context.record_contact(reply);
    core.publish();
    // The code may be spent now: only the same key gets the same session by it once more.
    if new.identity.key_place.is_none() && outcome.as_ref().err().is_some_and(may_be_done) {
        remember(context, &new.identity);
    }
    forget_if_contradicted(context, outcome.as_ref().err(), sets_password);
    let answer = outcome.map_err(|error| match error {
        ApiError::InvalidCode => {
            let key = |identity: &Identity| identity.keys.device.thumbprint().clone();
            let asked_here = asked.as_ref().is_some_and(|asked| key(asked) == key(&new.identity));
            SessionError::InvalidCode { asked_here }
        }
        error => error.into(),
    })?;
    finish(context, answer, new).await
}

/// Forgets the ways to sign in if the server's answer shows that they have changed: whether it
/// accepts passwords.
fn forget_if_contradicted<A>(context: &Context<A>, error: Option<&ApiError>, sets_password: bool) {
    let is_contradicted = match error {
        Some(ApiError::PasswordsDisabled) => true,
        Some(ApiError::Refused) => !sets_password,
        _ => false,
    };
    if is_contradicted {
        context.memory.options.forget();
    }
}

/// Whether the server may have done what it was asked, although there is no answer of it.
fn may_be_done(error: &ApiError) -> bool {
    matches!(error, ApiError::Unreachable(_) | ApiError::Unavailable | ApiError::InvalidResponse)
}

fn remember<A>(context: &Context<A>, identity: &Identity) {
    let identity = Some(identity.clone());
    *context.memory.asked.lock().unwrap_or_else(PoisonError::into_inner) = identity;
}

fn asked<A>(context: &Context<A>) -> Option<Identity> {
    context.memory.asked.lock().unwrap_or_else(PoisonError::into_inner).clone()
}
