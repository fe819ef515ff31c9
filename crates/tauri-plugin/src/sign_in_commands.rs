//! The commands of a window for signing in with a second factor or a one-time code. The challenge
//! and the key of a pending sign-in stay in the client.

use latchkey_client::Consent;
use latchkey_client::api::{CodeRedemption, EnrolmentProof};
use latchkey_client::error::SessionError;
use secrecy::{ExposeSecret, SecretString};
use tauri::State;

use crate::dto::{CommandError, SessionView, SignInOptions, TotpProposal};
use crate::error::Error;
use crate::handle::Latchkey;
use crate::qr;
use crate::requests::{Owner, RequestId};

/// The ways to sign in.
#[tauri::command]
pub(crate) async fn sign_in_options(latchkey: State<'_, Latchkey>) -> Result<SignInOptions, CommandError> {
    let options = latchkey.client().await?.sign_in_options().await.map_err(Error::from)?;
    Ok(options.into())
}

/// Asks for a code by mail.
#[tauri::command]
pub(crate) async fn forgot_password(
    latchkey: State<'_, Latchkey>,
    request_id: Option<RequestId>,
    username: String,
    allow_key_file: Option<bool>,
) -> Result<(), CommandError> {
    let consent = Consent { key_file: allow_key_file == Some(true), ..Consent::default() };
    let call = latchkey.requests().call("forgot_password", request_id);
    let call = call.with(&username).with([u8::from(consent.key_file)]);
    let work = async { Ok(latchkey.client().await?.forgot_password(&username, consent).await?) };
    Ok(call.once(Owner::SessionAfter, || latchkey.sid(), work).await?)
}

/// Signs in with a one-time code, and sets the new password if there is one.
#[tauri::command]
pub(crate) async fn redeem_code(
    latchkey: State<'_, Latchkey>,
    request_id: Option<RequestId>,
    code: SecretString,
    new_password: Option<SecretString>,
    username: Option<String>,
    allow_key_file: Option<bool>,
    set_aside_newer_store: Option<bool>,
) -> Result<SessionView, CommandError> {
    let consent = Consent {
        key_file: allow_key_file == Some(true),
        set_aside_newer_store: set_aside_newer_store == Some(true),
    };
    let call = latchkey
        .requests()
        .call("redeem_code", request_id)
        .with(code.expose_secret())
        .with_option(new_password.as_ref().map(ExposeSecret::expose_secret))
        .with_option(username.as_ref())
        .with([u8::from(consent.key_file), u8::from(consent.set_aside_newer_store)]);
    let redemption = CodeRedemption { code, new_password, username };
    let work = async { Ok(latchkey.client().await?.redeem_code(redemption, consent).await?) };
    Ok(call.once(Owner::SessionAfter, || latchkey.sid(), work).await?.into())
}

/// Completes the pending sign-in.
#[tauri::command]
pub(crate) async fn second_factor(
    latchkey: State<'_, Latchkey>,
    request_id: Option<RequestId>,
    code: SecretString,
) -> Result<SessionView, CommandError> {
    let call = latchkey.requests().call("second_factor", request_id).with(code.expose_secret());
    let work = async { Ok(latchkey.client().await?.second_factor(code).await?) };
    Ok(call.once(Owner::SessionAfter, || latchkey.sid(), work).await?.into())
}

/// Sets up a second factor in the pending sign-in.
#[tauri::command]
pub(crate) async fn enrol(
    latchkey: State<'_, Latchkey>,
    request_id: Option<RequestId>,
    code: Option<SecretString>,
    password: Option<SecretString>,
) -> Result<TotpProposal, CommandError> {
    let call = latchkey
        .requests()
        .call("enrol", request_id)
        .with_option(code.as_ref().map(ExposeSecret::expose_secret))
        .with_option(password.as_ref().map(ExposeSecret::expose_secret));
    let proof = EnrolmentProof { code, password };
    let work = async {
        let proposal = latchkey.client().await?.enrol(proof).await?;
        drawn(&proposal)
    };
    Ok(call.once_unstored(work).await?)
}

/// Drops the pending sign-in.
#[tauri::command]
pub(crate) async fn cancel_sign_in(latchkey: State<'_, Latchkey>) -> Result<SessionView, CommandError> {
    Ok(latchkey.client().await?.cancel_sign_in().into())
}

/// The proposal with its QR code.
pub(crate) fn drawn(proposal: &latchkey_client::api::TotpProposal) -> Result<TotpProposal, Error> {
    let drawing = qr::svg(proposal.otpauth_uri.expose_secret());
    // The client refuses a URI that is too long to be drawn.
    let drawing = drawing.ok_or(Error::Client(SessionError::ServerAnswerInvalid))?;
    Ok(TotpProposal::new(proposal, drawing))
}
