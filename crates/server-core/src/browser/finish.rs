//! What a finished request becomes, in one transaction with the end of the request: a session or a
//! challenge, a confirmation, a link. And the same answer once more, because the first one was
//! lost.

use latchkey_token::proof::VerifiedProof;
use latchkey_token::{Thumbprint, UnixTime};

use super::checked::{Checked, FinishError, checked, spend};
use super::contents::{Identity, Purpose, Stage};
use super::poll::find;
use super::request::BrowserRequest;
use crate::accounts::{self, Account};
use crate::audit::{Entry, Event};
use crate::challenge::{self, BrowserSignIn, CHALLENGE_SECONDS, Goal, NextStep, Sealed};
use crate::database::{DatabaseError, work};
use crate::factors;
use crate::notices::Happened;
use crate::password_check::Caller;
use crate::pending::Pending;
use crate::provider_sessions;
use crate::providers;
use crate::service::Service;
use crate::session_start::{SessionStart, SignedIn};
use crate::session_tokens::{self, REPEAT_SECONDS};
use crate::sessions::{self, SessionStatus};
use crate::tokens::{Issued, IssuedTokens, Subject};

/// What a finished request becomes.
#[derive(Debug)]
pub enum BrowserAnswer {
    /// A session.
    SignedIn(IssuedTokens),
    /// An access token with a fresh `auth_time`.
    Confirmed(Issued),
    /// A link between the account and a provider's.
    Linked,
}

type Who<'a> = (&'a Caller, &'a Thumbprint);

/// Finishes a sign-in, a confirmation or a link. The same device gets the same outcome for a
/// minute. The proof is consumed.
///
/// # Errors
/// [`FinishError`].
#[tracing::instrument(level = "debug", skip_all)]
pub async fn finish(
    service: &Service,
    caller: &Caller,
    proof: &VerifiedProof,
    request: &str,
    given: &str,
) -> Result<BrowserAnswer, FinishError> {
    let now = service.now();
    let who = (caller, &proof.jkt);
    match checked(service, who, Some(proof), request, given, now).await? {
        Checked::Before(before) => {
            let (row, read) = *before;
            again(service, &row, read, who, now).await
        }
        Checked::Right(request) => {
            let id = request.id();
            match first(service, who, &request, now).await {
                // The same request may have come twice at the same time.
                Err(FinishError::Unknown) => {
                    let row = find(service, id, who).await?.ok_or(FinishError::Unknown)?;
                    let read = BrowserRequest::of(service, row.clone())?;
                    again(service, &row, read, who, now).await
                }
                finished => finished,
            }
        }
    }
}

/// Ends a request whose result was right.
async fn first(
    service: &Service,
    who: Who<'_>,
    request: &BrowserRequest,
    now: UnixTime,
) -> Result<BrowserAnswer, FinishError> {
    let Stage::Authenticated(identity) = &request.contents.stage else { return Err(FinishError::Unknown) };
    let id = identity.account_id.as_str();
    let account = service.database.read(|connection| work(accounts::find(connection, id))).await?;
    let account = account.ok_or(FinishError::Unknown)?;
    if account.is_disabled() {
        return Err(FinishError::AccountDisabled);
    }
    match request.purpose() {
        Purpose::SignIn => sign_in(service, who, request, (&account, identity), now).await,
        Purpose::Confirm { sid, .. } => confirm(service, who, request, (&account, identity, sid), now).await,
        Purpose::Link { sid, .. } => link(service, who, request, (identity, sid), now).await,
        // A route of its own ends it.
        Purpose::AddPasskey { .. } => Err(FinishError::Unknown),
    }
}

async fn sign_in(
    service: &Service,
    (caller, jkt): Who<'_>,
    request: &BrowserRequest,
    (account, identity): (&Account, &Identity),
    now: UnixTime,
) -> Result<BrowserAnswer, FinishError> {
    let standing = challenge::standing(service, account).await?;
    let label = request.label();
    // An identity that is not linked yet needs what the account has.
    if (standing.is_protected() && !identity.is_both_factors) || identity.link.is_some() {
        let goal = BrowserSignIn { request: request.id().to_owned(), identity: identity.clone() };
        let purpose = challenge::Purpose::new(Goal::Browser(Box::new(goal)), &label, false);
        let new = &Sealed::new(service, &purpose)?;
        let write = service
            .database
            .write(|connection| work(new.insert(connection, account, (caller, jkt), CHALLENGE_SECONDS, now)));
        let challenge = write.await?;
        tracing::info!(account = account.id, "the browser's part is done; a second factor is needed");
        return Err(FinishError::Next(match standing.has {
            true => NextStep::SecondFactor(challenge),
            false => NextStep::Enrolment { challenge, authorized: false },
        }));
    }
    let (proven, authenticated_at) = (identity.proven(), identity.authenticated_at(now));
    let who = SignedIn { account, caller, jkt: Some(jkt), label: &label, proven: &proven, authenticated_at };
    let start = SessionStart::sign(service, who, now).await?;
    let (started, label) = (&start, &label);
    let write = service.database.write(|connection| {
        work(async move {
            let present = accounts::lock_and_find(&mut *connection, &account.id).await?;
            let present = present.ok_or(FinishError::Unknown)?;
            let standing = factors::standing(&mut *connection, &present, &service.factors).await?;
            if standing.is_protected() && !identity.is_both_factors {
                // A second factor has become required meanwhile: the next sign-in asks for it.
                return Err(FinishError::Unknown);
            }
            let sid = started.sid();
            if !spend(&mut *connection, service, request, (Some(sid), None), now).await?
                || providers::is_logged_out(&mut *connection, identity).await?
            {
                return Err(FinishError::Unknown);
            }
            let replaced = started.write(&mut *connection, Happened::NewSignIn).await?;
            let who = ((caller, jkt), Some(sid), label);
            providers::settle(connection, service, identity, who, now).await?;
            Ok(replaced)
        })
    });
    let replaced = write.await?.announce(&service.revocations);
    tracing::info!(account = account.id, sid = start.sid(), replaced, "signed in by a browser");
    Ok(BrowserAnswer::SignedIn(start.into_tokens()))
}

async fn confirm(
    service: &Service,
    who: Who<'_>,
    request: &BrowserRequest,
    (account, identity, sid): (&Account, &Identity, &str),
    now: UnixTime,
) -> Result<BrowserAnswer, FinishError> {
    let issued = confirmed(service, who, (account, identity, sid), now).await?;
    let address = who.0.address_text();
    let address = address.as_deref();
    let entry = Entry::person(Event::Confirmed, &who.0.device_id, address);
    let entry = entry.of(&account.id, &account.username).session(sid).detail("browser");
    let write = service.database.write(|connection| {
        work(async move {
            if !spend(&mut *connection, service, request, (None, Some(identity)), now).await? {
                return Err(FinishError::Unknown);
            }
            // As `confirm` does for a typed confirmation.
            if !sessions::touch(&mut *connection, sid, address, None, now).await? {
                return Err(FinishError::SessionEnded);
            }
            Ok(entry.write(connection, now).await?)
        })
    });
    write.await?;
    tracing::info!(account = account.id, sid, "confirmed by a browser");
    Ok(BrowserAnswer::Confirmed(issued))
}

/// Signs the access token of a confirmation. Its `auth_time` is later than the session's, which
/// tells a confirmation from a sign-in.
async fn confirmed(
    service: &Service,
    (caller, jkt): Who<'_>,
    (account, identity, sid): (&Account, &Identity, &str),
    now: UnixTime,
) -> Result<Issued, FinishError> {
    let read = service.database.read(|connection| {
        work(async move {
            let held_by = provider_sessions::held_by(&mut *connection, &service.providers, sid).await?;
            Ok::<_, DatabaseError>((sessions::find(connection, sid).await?, held_by))
        })
    });
    let (session, held_by) = read.await?;
    if let Some(held_by) = held_by {
        return Err(FinishError::ProviderSignInRequired(held_by));
    }
    let session = session.filter(|session| {
        session.account_id == account.id
            && session.device_id == caller.device_id
            && session.jkt.as_deref() == Some(jkt.as_str())
            && session.status(&service.sessions, now) == SessionStatus::Active
    });
    let session = session.ok_or(FinishError::SessionEnded)?;
    let subject = Subject {
        account_id: account.id.clone(),
        sid: sid.to_owned(),
        device_id: session.device_id.clone(),
        jkt: Some(jkt.clone()),
        began: session.auth_time,
        auth_time: now.max(session.auth_time.plus(1)),
        proven: identity.proven(),
        profile: account.profile(),
        claims: account.token_claims()?,
    };
    Ok(service.issuer.issue_confirmed(subject, now).await?)
}

async fn link(
    service: &Service,
    who: Who<'_>,
    request: &BrowserRequest,
    (identity, sid): (&Identity, &str),
    now: UnixTime,
) -> Result<BrowserAnswer, FinishError> {
    let label = &request.label();
    let write = service.database.write(|connection| {
        work(async move {
            accounts::lock(&mut *connection, &identity.account_id).await?;
            let session = sessions::find(&mut *connection, sid).await?;
            if session.is_none_or(|session| session.status(&service.sessions, now) != SessionStatus::Active) {
                return Err(FinishError::SessionEnded);
            }
            if !spend(&mut *connection, service, request, (None, None), now).await? {
                return Err(FinishError::Unknown);
            }
            match providers::link(connection, service, identity, (who, Some(sid), label), now).await? {
                true => Ok(()),
                false => Err(FinishError::LinkedElsewhere),
            }
        })
    });
    write.await?;
    tracing::info!(account = identity.account_id, "linked to a provider's account");
    Ok(BrowserAnswer::Linked)
}

/// The answer to a request that was finished within the last minute.
async fn again(
    service: &Service,
    row: &Pending,
    request: Option<BrowserRequest>,
    who: Who<'_>,
    now: UnixTime,
) -> Result<BrowserAnswer, FinishError> {
    let request = request.ok_or(FinishError::Unknown)?;
    if row.spent_at.is_none_or(|at| now.since(at) >= REPEAT_SECONDS) {
        return Err(FinishError::Unknown);
    }
    match request.purpose() {
        Purpose::SignIn => {
            let repeated: Option<IssuedTokens> = session_tokens::repeat(service, row, who, now).await?;
            repeated.map(BrowserAnswer::SignedIn).ok_or(FinishError::Unknown)
        }
        Purpose::Link { .. } => Ok(BrowserAnswer::Linked),
        Purpose::Confirm { account_id, sid } => {
            let Stage::Taken { confirmed: Some(confirmed) } = &request.contents.stage else {
                return Err(FinishError::Unknown);
            };
            let id = account_id.as_str();
            let account = service.database.read(|connection| work(accounts::find(connection, id))).await?;
            let account = account.filter(|account| !account.is_disabled()).ok_or(FinishError::Unknown)?;
            let issued = self::confirmed(service, who, (&account, confirmed, sid), now).await?;
            Ok(BrowserAnswer::Confirmed(issued))
        }
        Purpose::AddPasskey { .. } => Err(FinishError::Unknown),
    }
}
