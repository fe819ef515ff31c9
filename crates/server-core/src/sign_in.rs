//! Sign-in: a user name and a password become a session and its tokens.

use latchkey_token::proof::VerifiedProof;
use secrecy::SecretString;
use uuid::Uuid;

use crate::accounts::{self, Username};
use crate::audit::{Entry, Event};
use crate::database::{DatabaseError, work};
use crate::keys::SignError;
use crate::notices::{self, Notice, NoticeKind};
use crate::password_check::{self, Attempt, Caller, PasswordAccepted, PasswordCheckError};
use crate::service::Service;
use crate::sessions::{self, DeviceLabel, End, EndReason, Ended, NewSession, Which};
use crate::tokens::{IssuedTokens, Subject};

/// The credentials that the user typed, and the device's description of itself.
#[derive(Debug)]
pub struct Credentials {
    /// The user name, as typed.
    pub username: String,
    /// The password.
    pub password: SecretString,
    /// The device's name and system.
    pub label: DeviceLabel,
}

/// Why a sign-in failed.
#[derive(Debug, thiserror::Error)]
pub enum SignInError {
    /// The password was not accepted.
    #[error(transparent)]
    Password(#[from] PasswordCheckError),
    /// The tokens were not signed.
    #[error(transparent)]
    Sign(#[from] SignError),
    /// The database.
    #[error(transparent)]
    Database(#[from] DatabaseError),
}

/// Signs in. With a proof, the tokens are bound to its key, a session token is issued, and an
/// earlier session of the same account, device id and key ends. The proof is consumed.
///
/// # Errors
/// See [`SignInError`]. No error distinguishes a wrong user name from a wrong password.
#[tracing::instrument(level = "debug", skip_all)]
pub async fn sign_in(
    service: &Service,
    caller: &Caller,
    proof: Option<&VerifiedProof>,
    credentials: Credentials,
) -> Result<IssuedTokens, SignInError> {
    let (username, account) = match Username::parse(&credentials.username) {
        Ok(name) => {
            let name = &name;
            let found = service.database.read(|connection| work(accounts::find_by_name(connection, name)));
            (name.key().to_owned(), found.await?)
        }
        Err(_) => (credentials.username, None),
    };
    let attempt = Attempt {
        caller,
        jkt: proof.map(|proof| &proof.jkt),
        proof,
        username: &username,
        account,
        password: credentials.password,
        failure: Event::SignInFailed,
    };
    let accepted = password_check::check(service, attempt, service.now()).await?;
    start_session(service, &accepted, caller, proof, &credentials.label).await
}

async fn start_session(
    service: &Service,
    accepted: &PasswordAccepted,
    caller: &Caller,
    proof: Option<&VerifiedProof>,
    label: &DeviceLabel,
) -> Result<IssuedTokens, SignInError> {
    let (now, account) = (service.now(), &accepted.account);
    let jkt = proof.map(|proof| &proof.jkt);
    let subject = Subject {
        account_id: account.id.clone(),
        sid: Uuid::new_v4().to_string(),
        device_id: caller.device_id.clone(),
        jkt: jkt.cloned(),
        auth_time: now,
        profile: account.profile(),
        claims: account.claims()?,
    };
    let sid = subject.sid.clone();
    let tokens = service.issuer.issue(subject, jkt.is_some(), now).await?;

    let address = caller.address.to_string();
    let session = NewSession {
        sid: &sid,
        account_id: &account.id,
        device_id: &caller.device_id,
        jkt,
        label,
        address: &address,
        lease_ends_at: tokens.session.as_ref().map(|session| now.plus(session.expires_in)),
    };
    let entry = |event| Entry::person(event, &caller.device_id, &address).of(&account.id, &account.username);
    let reason = EndReason::Replaced;
    let end = End::new(reason, entry(Event::SessionEnded).detail("replaced"), now);
    let signed_in = entry(Event::SignedIn).session(&sid);
    let write = service.database.write(|connection| {
        work(async move {
            let replaced = match session.jkt {
                Some(jkt) => {
                    let (account_id, device_id, by) = (session.account_id, session.device_id, session.sid);
                    let which = Which::Replaced { account_id, device_id, jkt, by };
                    sessions::end(&mut *connection, which, end).await?
                }
                None => Ended::none(reason, now),
            };
            sessions::start(&mut *connection, &session, now).await?;
            accepted.settle(service, &mut *connection).await?;
            signed_in.write(&mut *connection, now).await?;
            let notice = Notice {
                kind: NoticeKind::NewSignIn,
                account_id: session.account_id,
                sid: Some(session.sid),
                jkt: session.jkt,
                address: session.address,
                label: session.label,
                at: now,
            };
            notices::write(connection, &notice).await?;
            Ok::<_, DatabaseError>(replaced)
        })
    });
    let replaced = write.await?.announce(&service.revocations);
    tracing::info!(account = account.id, sid, replaced, "signed in");
    Ok(tokens)
}
