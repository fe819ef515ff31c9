//! The check of a code: of the authenticator app, or a recovery code. Done in the transaction of
//! what it is for, which must be committed also if the code is wrong: it counts.

use latchkey_token::UnixTime;
use secrecy::{ExposeSecret as _, SecretString};
use sqlx::AnyConnection;

use super::attempt::FactorAttempt;
use super::totp::{self, TotpSecret};
use super::{FactorError, recovery, removal, rows};
use crate::audit::Event;
use crate::code::Code;
use crate::database::DatabaseError;
use crate::failed_sign_in;
use crate::notices::{self, Happened, Notice};
use crate::outbox::UsedCode;
use crate::seal::about_totp;
use crate::service::Service;

/// Wrong codes in a row from devices that are new to the account, after which they are refused
/// (NIST SP 800-63B-4 §3.2.2 allows 100).
const MAX_STRANGERS: i64 = 50;

/// A code that was accepted, and cannot be used again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FactorProof {
    /// A code of the authenticator app.
    Totp,
    /// A recovery code.
    RecoveryCode {
        /// How many are left.
        left: i64,
    },
}

/// The outcome of a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "only `Proven` is right"]
pub(crate) enum Checked {
    Proven(FactorProof),
    /// No code of this account. It was counted.
    Wrong,
    /// A right code of the app that was used before, or one before it. Not counted: it is no guess.
    Used,
    /// There were too many wrong codes from unknown devices: only a recovery code, a known device
    /// or an operator's code goes on. Said of right codes too.
    Blocked,
    /// The account has no second factor.
    NoFactor,
}

/// Checks a code, and uses it up. To be called in the transaction of what it is for, which is to be
/// committed whatever the outcome.
pub(crate) async fn check(
    connection: &mut AnyConnection,
    service: &Service,
    attempt: &FactorAttempt<'_>,
    code: &SecretString,
    now: UnixTime,
) -> Result<Checked, FactorError> {
    let account_id = attempt.account.id.as_str();
    let Some(factor) = rows::find(&mut *connection, account_id).await? else {
        return Ok(Checked::NoFactor);
    };
    let checked = match totp::digits(code.expose_secret()) {
        Some(_) if factor.strangers >= MAX_STRANGERS && !attempt.is_known => {
            attempt.entry(Event::FactorRefused).detail("blocked").write(&mut *connection, now).await?;
            return Ok(Checked::Blocked);
        }
        Some(digits) => check_totp(&mut *connection, service, attempt, (&factor, &digits), now).await?,
        None => check_recovery_code(&mut *connection, service, attempt, code, now).await?,
    };
    match checked {
        Checked::Proven(_) => {
            // A user who has the factor has not lost it.
            let cancelled = attempt.entry(Event::FactorRemovalCancelled).detail("factor_used");
            removal::cancel_removal(&mut *connection, cancelled, account_id, now).await?;
            service.throttle.succeeded(connection, &attempt.throttle).await?;
        }
        Checked::Wrong => count_wrong(connection, service, attempt, now).await?,
        Checked::Used | Checked::Blocked | Checked::NoFactor => {}
    }
    Ok(checked)
}

async fn check_totp(
    connection: &mut AnyConnection,
    service: &Service,
    attempt: &FactorAttempt<'_>,
    (factor, digits): (&rows::Row, &str),
    now: UnixTime,
) -> Result<Checked, FactorError> {
    let account_id = attempt.account.id.as_str();
    let secret = service.seal.open_sealed(&about_totp(account_id), &factor.secret)?;
    let Some(step) = TotpSecret::from_bytes(secret).matching_step(digits, now)? else {
        return Ok(Checked::Wrong);
    };
    let present = totp::step_at(now);
    if !rows::take_step(&mut *connection, account_id, &factor.secret, step, present).await? {
        attempt.entry(Event::FactorRefused).detail("code_used").write(connection, now).await?;
        return Ok(Checked::Used);
    }
    if factor.is_ahead(present) {
        // The server's clock, and not the account's owner, was wrong.
        attempt.entry(Event::FactorStepReset).write(connection, now).await?;
    }
    Ok(Checked::Proven(FactorProof::Totp))
}

async fn check_recovery_code(
    connection: &mut AnyConnection,
    service: &Service,
    attempt: &FactorAttempt<'_>,
    code: &SecretString,
    now: UnixTime,
) -> Result<Checked, FactorError> {
    let account_id = attempt.account.id.as_str();
    let Ok(code) = Code::parse(code.expose_secret()) else { return Ok(Checked::Wrong) };
    if !recovery::take(&mut *connection, &service.seal, account_id, &code).await? {
        return Ok(Checked::Wrong);
    }
    rows::forget_strangers(&mut *connection, account_id).await?;
    attempt.entry(Event::RecoveryCodeUsed).write(&mut *connection, now).await?;
    tell(&mut *connection, service, attempt, Happened::CodeUsed(UsedCode::Recovery), now).await?;
    let left = recovery::left(connection, account_id).await?;
    Ok(Checked::Proven(FactorProof::RecoveryCode { left }))
}

/// Counts a wrong code, and tells the owner that another person may know the password.
pub(crate) async fn count_wrong(
    connection: &mut AnyConnection,
    service: &Service,
    attempt: &FactorAttempt<'_>,
    now: UnixTime,
) -> Result<(), DatabaseError> {
    let account_id = attempt.account.id.as_str();
    if !attempt.is_known {
        rows::count_stranger(&mut *connection, account_id).await?;
    }
    service.throttle.failed(&mut *connection, &attempt.throttle, now).await?;
    failed_sign_in::log(attempt.caller.address, "wrong_code");
    attempt.entry(Event::FactorRefused).detail("wrong_code").write(&mut *connection, now).await?;
    tell(connection, service, attempt, Happened::WrongFactor, now).await
}

async fn tell(
    connection: &mut AnyConnection,
    service: &Service,
    attempt: &FactorAttempt<'_>,
    what: Happened,
    at: UnixTime,
) -> Result<(), DatabaseError> {
    let notice = Notice {
        what,
        account_id: &attempt.account.id,
        sid: attempt.sid,
        jkt: Some(attempt.jkt),
        address: attempt.address.as_deref(),
        label: attempt.label,
        at,
    };
    notices::write(connection, &service.mail, &notice).await
}
