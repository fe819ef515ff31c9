//! Sign-out: ends the session of a verified token, or of a sign-out token that the device has
//! signed before it destroyed its key. Repeating it is not an error.

use std::net::IpAddr;

use latchkey_token::Claims;
use latchkey_token::proof::verify_sign_out_token;

use crate::audit::{Entry, Event};
use crate::database::{DatabaseError, work};
use crate::password_check::Caller;
use crate::service::Service;
use crate::sessions::{self, End, EndReason, Which};

/// Why a sign-out token was refused.
#[derive(Debug, thiserror::Error)]
pub enum SignOutTokenError {
    /// It does not verify, or is for another server.
    #[error("not a sign-out token for this server")]
    Invalid,
    /// It is signed with a key that is not the session's.
    #[error("not by the device of that session")]
    OtherDevice,
    /// The database.
    #[error(transparent)]
    Database(#[from] DatabaseError),
}

/// Ends the session of `token`, the claims of a verified access or session token.
///
/// # Errors
/// [`DatabaseError`].
#[tracing::instrument(level = "debug", skip_all)]
pub async fn sign_out(service: &Service, caller: &Caller, token: Claims) -> Result<(), DatabaseError> {
    let address = caller.address_text();
    let entry = Entry::person(Event::SignedOut, &caller.device_id, address.as_deref());
    let entry = entry.of(&token.sub, &token.profile.preferred_username);
    end(service, &token.sid, entry).await?;
    tracing::info!(account = token.sub, sid = token.sid, "signed out");
    Ok(())
}

/// Ends the session that a sign-out token names.
///
/// # Errors
/// [`SignOutTokenError`].
#[tracing::instrument(level = "debug", skip_all)]
pub async fn sign_out_by_token(
    service: &Service,
    token: &str,
    address: Option<IpAddr>,
) -> Result<(), SignOutTokenError> {
    let token =
        verify_sign_out_token(token, service.tokens.issuer()).map_err(|_| SignOutTokenError::Invalid)?;
    let sid = token.sid.as_str();
    let session = service.database.read(|connection| work(sessions::find(connection, sid))).await?;
    // A session whose row is deleted is over.
    let Some(session) = session else { return Ok(()) };
    if session.jkt.as_deref() != Some(token.jkt.as_str()) {
        return Err(SignOutTokenError::OtherDevice);
    }
    let address = address.map(|address| address.to_string());
    let entry = Entry::person(Event::SignedOut, &session.device_id, address.as_deref()).detail("notice");
    end(service, sid, entry.account(&session.account_id)).await?;
    tracing::info!(account = session.account_id, sid, "signed out by sign-out token");
    Ok(())
}

async fn end(service: &Service, sid: &str, entry: Entry<'_>) -> Result<(), DatabaseError> {
    let end = End::new(EndReason::SignedOut, entry, service.now());
    let ended = service.database.write(|connection| work(sessions::end(connection, Which::One(sid), end)));
    ended.await?.announce(&service.revocations);
    // Also if it had ended before, or is in no row: its tokens must not pass after a sign-out.
    service.revocations.insert(sid.to_owned(), end.reason, end.at);
    Ok(())
}
