//! A code completes a sign-in: of the authenticator app, a recovery code, or an operator's code,
//! which leads to the setup of a new factor. The first code of a new factor completes it too.

use latchkey_token::proof::VerifiedProof;
use latchkey_token::{Thumbprint, UnixTime};
use secrecy::{ExposeSecret as _, SecretString};
use sqlx::AnyConnection;

use super::SecondFactorError;
use crate::accounts::{self, Account};
use crate::audit::Event;
use crate::challenge::{self, Challenge, Goal, MAX_TRIES, NextStep, Purpose, Redeemed, Sealed};
use crate::code::{Code, CodeLength};
use crate::completion::Completion;
use crate::database::{DatabaseError, work};
use crate::factors::{self, Accepted, Checked, FactorAttempt};
use crate::notices::{self, Happened};
use crate::one_time_codes;
use crate::outbox::{FactorChange, UsedCode};
use crate::password_check::Caller;
use crate::pending::{self, Kind, Pending};
use crate::proven::Proven;
use crate::service::Service;
use crate::session_start::{SessionStart, SignedIn};
use crate::session_tokens::{self, Renewed};
use crate::sessions::DeviceLabel;
use crate::tokens::IssuedTokens;

/// After an operator's code, the device has this long to set up a new factor, in seconds.
const ENROL_SECONDS: i64 = 600;

/// Wrong codes from unknown devices are refused for so long that another way is to be taken, in
/// seconds.
const BLOCKED_SECONDS: i64 = 3600;

/// One second step.
pub(super) struct Step<'a> {
    pub(super) caller: &'a Caller,
    pub(super) jkt: &'a Thumbprint,
    pub(super) label: &'a DeviceLabel,
    pub(super) account: &'a Account,
    pub(super) row: &'a Pending,
    pub(super) purpose: &'a Purpose,
    pub(super) now: UnixTime,
}

/// What a transaction of a step has done. It is committed unless it returns an error.
enum Done<T> {
    Completed(T),
    Wrong { tries_left: i64 },
    Used,
    Blocked,
}

/// Completes the sign-in of a challenge with a code. The same device gets the same outcome for a
/// minute. The proof is consumed.
///
/// # Errors
/// [`SecondFactorError`].
#[tracing::instrument(level = "debug", skip_all)]
pub async fn prove(
    service: &Service,
    caller: &Caller,
    proof: &VerifiedProof,
    challenge: &str,
    code: &SecretString,
) -> Result<IssuedTokens, SecondFactorError> {
    let now = service.now();
    let row = open(service, caller, proof, challenge, now).await?;
    if row.spent_at.is_some() {
        let repeated = session_tokens::repeat(service, &row, (caller, &proof.jkt), now).await?;
        return repeated.ok_or(SecondFactorError::Expired);
    }
    let (account, purpose) = read(service, &row).await?;
    let label = purpose.label();
    let (account, purpose, row, label) = (&account, &purpose, &row, &label);
    let step = &Step { caller, jkt: &proof.jkt, label, account, row, purpose, now };
    let is_long = match factors::is_totp(code.expose_secret()) {
        true => false,
        // A slip costs no try.
        false => Code::parse(code.expose_secret())?.length() == CodeLength::Long,
    };
    if is_long {
        let challenge = authorize(service, step, code).await?;
        return Err(SecondFactorError::Next(NextStep::Enrolment { challenge, authorized: true }));
    }
    if !purpose.may_enrol && !challenge::standing(service, account).await?.has {
        let challenge = Challenge { id: row.id.clone(), expires_in: row.expires_at.since(now) };
        return Err(SecondFactorError::Next(NextStep::Enrolment { challenge, authorized: false }));
    }
    match complete(service, step, code, purpose.may_enrol).await {
        // The same request may have come twice at the same time.
        Err(SecondFactorError::Expired) => {
            let row = challenge::find(service, &row.id, caller, &proof.jkt).await?;
            let row = row.ok_or(SecondFactorError::Expired)?;
            let repeated = session_tokens::repeat(service, &row, (caller, &proof.jkt), now).await?;
            repeated.ok_or(SecondFactorError::Expired)
        }
        completed => completed,
    }
}

/// The challenge of a device, if it is open or was used. The proof is consumed only for one of its
/// own, so that a flood cannot fill the replay cache.
pub(super) async fn open(
    service: &Service,
    caller: &Caller,
    proof: &VerifiedProof,
    challenge: &str,
    now: UnixTime,
) -> Result<Pending, SecondFactorError> {
    let found = challenge::find(service, challenge, caller, &proof.jkt).await?;
    let row = found.ok_or(SecondFactorError::Expired)?;
    service.proofs.consume(proof, now).await?;
    match row.spent_at.is_some() || challenge::is_open(&row, now) {
        true => Ok(row),
        false => Err(SecondFactorError::Expired),
    }
}

/// The account of an open challenge, and what the challenge remembers.
pub(super) async fn read(service: &Service, row: &Pending) -> Result<(Account, Purpose), SecondFactorError> {
    let id = row.account_id.as_deref().unwrap_or_default();
    let account = service.database.read(|connection| work(accounts::find(connection, id))).await?;
    let account = account.ok_or(SecondFactorError::Expired)?;
    if account.is_disabled() {
        return Err(SecondFactorError::AccountDisabled);
    }
    let purpose = challenge::purpose(service, row)?.ok_or(SecondFactorError::Expired)?;
    Ok((account, purpose))
}

/// What is written once the factor is proven.
enum Ending<'a> {
    SignIn(Completion<'a>),
    Renewal(Renewed),
}

/// Checks the code and completes the goal of the challenge. With `is_first`, the code is the first
/// one of a factor that is being set up.
async fn complete(
    service: &Service,
    step: &Step<'_>,
    code: &SecretString,
    is_first: bool,
) -> Result<IssuedTokens, SecondFactorError> {
    let Step { caller, jkt, label, account, purpose, now, .. } = *step;
    let attempt = FactorAttempt::begin(service, account, (caller, jkt, label), None, now).await?;
    let is_totp = factors::is_totp(code.expose_secret());
    let (proven, browser) = match (&purpose.goal, is_totp) {
        (Goal::Browser(browser), _) => (browser.identity.proven().and_code(is_totp), Some(browser.as_ref())),
        (Goal::Code(Redeemed { hash: None, .. }), _) => (Proven::one_time_code().and_code(is_totp), None),
        (_, true) => (Proven::password_and_totp(), None),
        (_, false) => (Proven::password_and_code(), None),
    };
    let ending = match &purpose.goal {
        Goal::Renewal { sid } => {
            let renewed = session_tokens::prove(service, sid, (caller, jkt), &proven, now).await?;
            Ending::Renewal(renewed.ok_or(SecondFactorError::Expired)?)
        }
        goal => {
            let authenticated_at = browser.and_then(|browser| browser.identity.authenticated_at(now));
            let who = SignedIn { account, caller, jkt: Some(jkt), label, proven: &proven, authenticated_at };
            let start = SessionStart::sign(service, who, now).await?;
            let code = match goal {
                Goal::Code(redeemed) => Some(redeemed),
                Goal::SignIn | Goal::Renewal { .. } | Goal::Browser(_) => None,
            };
            Ending::SignIn(Completion { who, start, code, browser, at: now })
        }
    };
    let (ending_ref, attempt) = (&ending, &attempt);
    let write = service.database.write(|connection| {
        work(async move {
            accounts::lock(&mut *connection, &account.id).await?;
            // Others may have used it, or its tries, since it was read.
            let row = pending::find(&mut *connection, &step.row.id).await?;
            let row = row.filter(|row| challenge::is_open(row, now)).ok_or(SecondFactorError::Expired)?;
            let step = &Step { row: &row, ..*step };
            match is_first {
                true => accept_first(connection, service, step, ending_ref, code).await,
                false => check(connection, service, (step, attempt), ending_ref, code).await,
            }
        })
    });
    let done = match write.await {
        // Rolled back, so the try is counted here.
        Err(SecondFactorError::WrongCode { .. }) => count_wrong(service, step).await?,
        done => done?,
    };
    match done {
        Done::Completed(ended) => {
            let ended = ended.map(|ended| ended.announce(service));
            tracing::info!(account = account.id, ended, "signed in with a second factor");
            Ok(match ending {
                Ending::SignIn(completion) => completion.start.into_tokens(),
                Ending::Renewal(renewed) => renewed.tokens,
            })
        }
        Done::Wrong { tries_left } => Err(SecondFactorError::WrongCode { tries_left }),
        Done::Used => Err(SecondFactorError::CodeUsed),
        Done::Blocked => Err(SecondFactorError::TooManyAttempts { seconds: BLOCKED_SECONDS }),
    }
}

type Ended = Option<crate::completion::Completed>;

impl Ending<'_> {
    fn sid(&self) -> &str {
        match self {
            Self::SignIn(completion) => completion.start.sid(),
            Self::Renewal(renewed) => &renewed.sid,
        }
    }

    /// Uses the one-time code of the first step, if there is one; `false` if it is over.
    async fn spend_code(&self, connection: &mut AnyConnection) -> Result<bool, DatabaseError> {
        match self {
            Self::SignIn(completion) => completion.spend_code(connection).await,
            Self::Renewal(_) => Ok(true),
        }
    }

    /// Writes the rest.
    async fn write(
        &self,
        connection: &mut AnyConnection,
        service: &Service,
    ) -> Result<Ended, SecondFactorError> {
        match self {
            Self::SignIn(completion) => Ok(Some(completion.write(connection, service).await?)),
            Self::Renewal(renewed) if renewed.write(connection).await? => Ok(None),
            Self::Renewal(_) => Err(SecondFactorError::Expired),
        }
    }
}

/// Checks a code of the factor that the account has.
async fn check(
    connection: &mut AnyConnection,
    service: &Service,
    (step, attempt): (&Step<'_>, &FactorAttempt<'_>),
    ending: &Ending<'_>,
    code: &SecretString,
) -> Result<Done<Ended>, SecondFactorError> {
    let (id, now) = (step.row.id.as_str(), step.now);
    match factors::check(&mut *connection, service, attempt, code, now).await? {
        Checked::Proven(_) => {}
        Checked::Wrong => {
            pending::count_try(connection, id, MAX_TRIES, now).await?;
            return Ok(Done::Wrong { tries_left: MAX_TRIES - step.row.tries - 1 });
        }
        Checked::Used => return Ok(Done::Used),
        Checked::Blocked => return Ok(Done::Blocked),
        // It was removed in the meantime, which ended the challenge too.
        Checked::NoFactor => return Err(SecondFactorError::Expired),
    }
    // Of two at the same time, one completes the challenge.
    let spent = pending::spend(&mut *connection, id, Some(ending.sid()), now).await?;
    if !spent || !ending.spend_code(&mut *connection).await? {
        return Err(SecondFactorError::Expired);
    }
    Ok(Done::Completed(ending.write(connection, service).await?))
}

/// Checks the first code of a new factor, and switches the factor on.
async fn accept_first(
    connection: &mut AnyConnection,
    service: &Service,
    step: &Step<'_>,
    ending: &Ending<'_>,
    code: &SecretString,
) -> Result<Done<Ended>, SecondFactorError> {
    let (id, now, account, sid) = (step.row.id.as_str(), step.now, step.account, ending.sid());
    // Accepting ends all that is pending for the account, so what counts is used before.
    let mut spent = pending::spend(&mut *connection, id, Some(sid), now).await?;
    spent &= ending.spend_code(&mut *connection).await?;
    if let Some(factor_code) = &step.purpose.factor_code {
        spent &= pending::spend(&mut *connection, factor_code, Some(sid), now).await?;
    }
    if !spent {
        return Err(SecondFactorError::Expired);
    }
    let accepted = factors::accept(&mut *connection, service, account, step.jkt, code, now);
    let change = match accepted.await? {
        Accepted::Now { replaced: true } => FactorChange::Replaced,
        Accepted::Now { replaced: false } => FactorChange::SwitchedOn,
        Accepted::Wrong => return Err(SecondFactorError::WrongCode { tries_left: 0 }),
        Accepted::Before | Accepted::Expired => return Err(SecondFactorError::Expired),
    };
    factors::forget_strangers(&mut *connection, &account.id).await?;
    let ended = ending.write(&mut *connection, service).await?;
    let address = step.caller.address_text();
    let address = address.as_deref();
    let entry = crate::audit::Entry::person(Event::FactorOn, &step.caller.device_id, address);
    entry.of(&account.id, &account.username).session(sid).write(&mut *connection, now).await?;
    let mut happened = vec![Happened::FactorChanged(change)];
    if step.purpose.factor_code.is_some() {
        happened.push(Happened::CodeUsed(UsedCode::Factor));
        let used = crate::audit::Entry::person(Event::CodeUsed, &step.caller.device_id, address);
        let used = used.of(&account.id, &account.username).session(sid).detail("factor");
        used.write(&mut *connection, now).await?;
    }
    for what in happened {
        let notice = notices::Notice {
            what,
            account_id: &account.id,
            sid: Some(sid),
            jkt: Some(step.jkt),
            address,
            label: step.label,
            at: now,
        };
        notices::write(&mut *connection, &service.mail, &notice).await?;
    }
    Ok(Done::Completed(ended))
}

async fn count_wrong<T>(service: &Service, step: &Step<'_>) -> Result<Done<T>, DatabaseError> {
    let (id, now) = (step.row.id.as_str(), step.now);
    let write = service.database.write(|connection| work(pending::count_try(connection, id, MAX_TRIES, now)));
    write.await?;
    Ok(Done::Wrong { tries_left: MAX_TRIES - step.row.tries - 1 })
}

/// Takes an operator's `factor` code: it allows a new factor to be set up, and is spent when that
/// is switched on. Returns the challenge that goes on.
async fn authorize(
    service: &Service,
    step: &Step<'_>,
    code: &SecretString,
) -> Result<Challenge, SecondFactorError> {
    let factor_code = factor_code(service, step, code).await?;
    let purpose = step.purpose.clone().authorized_by(factor_code);
    let new = &Sealed::new(service, &purpose)?;
    let Step { caller, jkt, account, now, .. } = *step;
    let write = service.database.write(|connection| {
        work(async move { new.insert(connection, account, (caller, jkt), ENROL_SECONDS, now).await })
    });
    Ok(write.await?)
}

/// The row of a right `factor` code. A wrong one counts.
pub(super) async fn factor_code(
    service: &Service,
    step: &Step<'_>,
    code: &SecretString,
) -> Result<String, SecondFactorError> {
    let Step { caller, jkt, label, account, now, .. } = *step;
    let attempt = FactorAttempt::begin(service, account, (caller, jkt, label), None, now).await?;
    let hashes = one_time_codes::hashes(&service.seal, &Code::parse(code.expose_secret())?)?;
    let hashes = hashes.as_slice();
    let row = service.database.read(|connection| work(one_time_codes::find(connection, hashes))).await?;
    let own =
        |row: &Pending| row.kind == Kind::Factor && row.account_id.as_deref() == Some(account.id.as_str());
    if let Some(row) = row.filter(own) {
        if row.spent_at.is_some() {
            return Err(SecondFactorError::CodeUsed);
        }
        if now < row.expires_at {
            return Ok(row.id);
        }
    }
    let (id, attempt) = (step.row.id.as_str(), &attempt);
    let write = service.database.write(|connection| {
        work(async move {
            pending::count_try(&mut *connection, id, MAX_TRIES, now).await?;
            factors::count_wrong(connection, service, attempt, now).await
        })
    });
    write.await?;
    Err(SecondFactorError::WrongCode { tries_left: MAX_TRIES - step.row.tries - 1 })
}
