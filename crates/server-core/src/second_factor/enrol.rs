//! The setup of a second factor in the middle of a sign-in, for an account that must have one, or
//! whose owner has an operator's code in place of a lost one. Refuses who has only the password.
//! A session that goes on shows the password, or that code where its account has no password.

use latchkey_token::proof::VerifiedProof;
use secrecy::SecretString;

use super::SecondFactorError;
use super::proof::{Step, factor_code, open, read};
use crate::audit::Event;
use crate::challenge::{self, Challenge, Goal, NextStep};
use crate::database::work;
use crate::factors::{self, Proposal};
use crate::password_check::{self, Attempt, Caller};
use crate::pending;
use crate::service::Service;

/// What a device sends to set up a factor.
#[derive(Debug)]
pub struct Enrolment {
    /// The challenge.
    pub challenge: String,
    /// An operator's `factor` code, unless the challenge allows it already.
    pub code: Option<SecretString>,
    /// The password, where a session is renewed.
    pub password: Option<SecretString>,
}

/// Proposes a factor: its first code, sent with the challenge, switches it on and completes the
/// sign-in. May be repeated; the last proposal counts. The proof is consumed.
///
/// # Errors
/// [`SecondFactorError`].
#[tracing::instrument(level = "debug", skip_all)]
pub async fn enrol(
    service: &Service,
    caller: &Caller,
    proof: &VerifiedProof,
    enrolment: Enrolment,
) -> Result<Proposal, SecondFactorError> {
    let now = service.now();
    let row = open(service, caller, proof, &enrolment.challenge, now).await?;
    if row.spent_at.is_some() {
        return Err(SecondFactorError::Expired);
    }
    let (account, mut purpose) = read(service, &row).await?;
    let (jkt, label) = (&proof.jkt, purpose.label());
    let is_renewal = matches!(purpose.goal, Goal::Renewal { .. });
    let takes_password = account.has_password() && service.passwords_enabled;
    let lacks_code = is_renewal && !takes_password && purpose.factor_code.is_none();
    if !purpose.may_enrol || lacks_code {
        let challenge = Challenge { id: row.id.clone(), expires_in: row.expires_at.since(now) };
        if challenge::standing(service, &account).await?.has {
            return Err(SecondFactorError::Next(NextStep::SecondFactor(challenge)));
        }
        let Some(code) = &enrolment.code else {
            let next = NextStep::Enrolment { challenge, authorized: false };
            return Err(SecondFactorError::Next(next));
        };
        let (account, row, label) = (&account, &row, &label);
        let step = Step { caller, jkt, label, account, row, purpose: &purpose, now };
        let id = factor_code(service, &step, code).await?;
        purpose = purpose.authorized_by(id);
    }
    let accepted = if is_renewal && takes_password {
        let username = account.username_key.clone();
        let attempt = Attempt {
            caller,
            jkt: Some(jkt),
            proof: None,
            username: &username,
            account: Some(account.clone()),
            password: enrolment.password.unwrap_or_default(),
            failure: Event::PasswordRefused,
        };
        Some(password_check::check(service, attempt, now).await.map_err(SecondFactorError::Password)?)
    } else {
        None
    };
    let extra = challenge::seal(service, &row.id, &purpose)?;
    let (account, accepted, id, extra) = (&account, accepted.as_ref(), row.id.as_str(), extra.as_str());
    let write = service.database.write(|connection| {
        work(async move {
            if let Some(accepted) = accepted {
                accepted.lock(&mut *connection).await?.map_err(SecondFactorError::Password)?;
            }
            let proposal = factors::propose(&mut *connection, service, account, jkt, now).await?;
            // The challenge lives as long as the proposal.
            let until = now.plus(proposal.expires_in);
            match pending::go_on(connection, id, extra, until, now).await? {
                true => Ok(proposal),
                false => Err(SecondFactorError::Expired),
            }
        })
    });
    write.await
}
