//! Signing in with a password: the device's secret first, then the server, then the disk. A step
//! that fails leaves everything unchanged. One sign-in at a time; it is given up if the user signs
//! out in the meantime.

use std::sync::Arc;

use secrecy::ExposeSecret as _;

use crate::api::{Api, ApiError, Caller, Credentials};
use crate::context::Context;
use crate::core::Core;
use crate::error::SessionError;
use crate::finish_sign_in::finish;
use crate::identity::{Identity, identity};
use crate::pending::NewSignIn;
use crate::reload::reload_if_changed;
use crate::state::Lock;

/// The user's consent for one sign-in. The default is none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Consent {
    /// Store the device's key in a file if the keychain cannot be used: it is weaker there.
    pub key_file: bool,
    /// Set aside a stored session of a newer version of the app (as `.kept-N`), which this version
    /// cannot read, and sign in again.
    pub set_aside_newer_store: bool,
}

/// Signs in.
pub(crate) async fn sign_in<A: Api>(
    context: &Context<A>,
    credentials: Credentials,
    consent: Consent,
) -> Result<(), SessionError> {
    let core = &context.core;
    let credentials = credentials.trimmed();
    if credentials.username.is_empty() || credentials.password.expose_secret().is_empty() {
        return Err(SessionError::CredentialsMissing);
    }
    let _permit = core.begin_sign_in().ok_or(SessionError::SignInInProgress)?;
    let new = begin(core, consent, None).await?;
    let name = new.identity.device_name.as_deref();
    let reply = context.api.sign_in(caller(core, &new.identity), &credentials, name).await;
    drop(credentials);
    let outcome = context.record_contact(reply);
    core.publish();
    if outcome.as_ref().err() == Some(&ApiError::PasswordsDisabled) {
        context.memory.options.forget();
    }
    finish(context, outcome?, new).await
}

/// Prepares a sign-in: the stored session as it is now, and this device's identity. `held`: an
/// identity whose secret is in memory only, which is used again if there is no other place for a
/// secret.
///
/// # Errors
/// Why there can be no sign-in. Nothing was sent.
pub(crate) async fn begin(
    core: &Arc<Core>,
    consent: Consent,
    held: Option<Identity>,
) -> Result<Arc<NewSignIn>, SessionError> {
    let sign_outs = core.state().sign_outs();
    reload_if_changed(core).await?;
    if core.state().lock() == Some(Lock::StoreNewer) && !consent.set_aside_newer_store {
        return Err(SessionError::StoreNewer);
    }
    let identity = match held.filter(|held| held.key_place.is_none()) {
        Some(held) => held,
        None => identity(core, consent.key_file).await?,
    };
    // The keychain's dialogue may have taken a minute: the password is not sent after a sign-out.
    if core.state().sign_outs() != sign_outs {
        return Err(SessionError::Superseded);
    }
    let known = core.state().sid().map(str::to_owned);
    let set_aside_newer = consent.set_aside_newer_store;
    let asks_before_replacing = false;
    Ok(Arc::new(NewSignIn { identity, known, set_aside_newer, sign_outs, asks_before_replacing }))
}

/// `identity` as the API's caller.
pub(crate) fn caller<'a>(core: &Core, identity: &'a Identity) -> Caller<'a> {
    Caller { device_id: &identity.device_id, key: &identity.keys.device, now: core.now() }
}
