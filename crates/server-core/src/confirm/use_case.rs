//! `confirm`: the credentials of the token's account become one access token with a fresh
//! `auth_time`. Guesses are throttled and recorded as those of a sign-in are.

use latchkey_token::{Claims, UnixTime};
use secrecy::SecretString;
use sqlx::AnyConnection;

use super::credentials;
use super::rule::Proofs;
use crate::accounts::{self, Account};
use crate::audit::{Entry, Event};
use crate::database::{DatabaseError, TransactionError, work};
use crate::factors::{self, Checked, FactorAttempt, FactorError};
use crate::keys::SignError;
use crate::password_check::{self, Attempt, Caller, PasswordAccepted, PasswordCheckError};
use crate::provider_sessions::{self, HeldBy};
use crate::service::Service;
use crate::sessions::{self, Session, SessionStatus};
use crate::throttle::ThrottleError;
use crate::tokens::{Issued, Subject};

/// What the user typed. What is there is checked, whether or not it is needed.
#[derive(Debug, Default)]
pub struct Confirmation {
    /// The password.
    pub password: Option<SecretString>,
    /// A TOTP code or a recovery code.
    pub code: Option<SecretString>,
}

/// Why a confirmation was refused.
#[derive(Debug, thiserror::Error)]
pub enum ConfirmError {
    /// The token is bound to no device key.
    #[error("the token is bound to no device key")]
    Unbound,
    /// The strongest that the account has is missing.
    #[error("the strongest credential of the account is missing")]
    Incomplete {
        /// What is needed.
        needs: Proofs,
    },
    /// The password was not accepted.
    #[error(transparent)]
    Password(#[from] PasswordCheckError),
    /// The code is no code of the account.
    #[error("the code is wrong")]
    WrongCode,
    /// The code was used before.
    #[error("the code was used before")]
    CodeUsed,
    /// There were too many wrong codes.
    #[error("too many wrong codes: wait {seconds} s")]
    TooManyCodes {
        /// At least this long, in seconds.
        seconds: i64,
    },
    /// The second factor could not be read.
    #[error(transparent)]
    Factor(#[from] FactorError),
    /// The account was removed.
    #[error("the account was removed")]
    AccountRemoved,
    /// An operator has disabled the account.
    #[error("the account is disabled")]
    AccountDisabled,
    /// The session has ended.
    #[error("the session has ended")]
    SessionEnded,
    /// The provider that the session began by asks for a new sign-in: no confirmation lengthens the
    /// session.
    #[error("the provider asks for a new sign-in")]
    ProviderSignInRequired(HeldBy),
    /// The token was not signed.
    #[error(transparent)]
    Sign(#[from] SignError),
    /// The database.
    #[error(transparent)]
    Database(#[from] DatabaseError),
}

impl From<ThrottleError> for ConfirmError {
    fn from(error: ThrottleError) -> Self {
        match error {
            ThrottleError::Wait { seconds } => Self::TooManyCodes { seconds },
            ThrottleError::Database(error) => Self::Database(error),
        }
    }
}

impl TransactionError for ConfirmError {
    fn database(&self) -> Option<&DatabaseError> {
        match self {
            Self::Database(error) => Some(error),
            Self::Factor(error) => error.database(),
            _ => None,
        }
    }
}

/// Confirms that the account's owner is at the device. `token` has the claims of the verified
/// access token, whose proof is consumed. Returns an access token of the same session.
///
/// # Errors
/// [`ConfirmError`]. Nothing in the session has changed, with an error or without, except when it
/// was last in contact.
#[tracing::instrument(level = "debug", skip_all)]
pub async fn confirm(
    service: &Service,
    caller: &Caller,
    token: &Claims,
    given: Confirmation,
) -> Result<Issued, ConfirmError> {
    let now = service.now();
    let jkt = token.cnf.as_ref().map(|bound| &bound.jkt).ok_or(ConfirmError::Unbound)?;
    let (id, read) = (token.sub.as_str(), &service.database);
    let found = read.read(|connection| {
        work(async move {
            let account = accounts::find(&mut *connection, id).await?;
            Ok((account, credentials::of(connection, service, id).await?))
        })
    });
    let (account, has) = found.await?;
    let has_factor = has.factor;
    let account = account.ok_or(ConfirmError::AccountRemoved)?;
    if account.is_disabled() {
        return Err(ConfirmError::AccountDisabled);
    }
    let password = given.password.filter(|_| has.password);
    let proofs =
        Proofs { password: password.is_some(), code: has_factor && given.code.is_some(), browser: false };
    let needs = Proofs::strongest(has);
    if !proofs.include(needs) {
        return Err(ConfirmError::Incomplete { needs });
    }
    let accepted = match password {
        Some(password) => {
            let username = account.username_key.clone();
            let attempt = Attempt {
                caller,
                jkt: Some(jkt),
                proof: None,
                username: &username,
                account: Some(account.clone()),
                password,
                failure: Event::ConfirmationRefused,
            };
            Some(password_check::check(service, attempt, now).await?)
        }
        None => None,
    };
    let label = service.database.read(|connection| work(sessions::label_of(connection, &token.sid))).await?;
    let code = match given.code.filter(|_| has_factor) {
        Some(code) => {
            let device = (caller, jkt, &label);
            Some((FactorAttempt::begin(service, &account, device, Some(&token.sid), now).await?, code))
        }
        None => None,
    };
    let session = record(service, caller, token, (&account, accepted.as_ref(), code.as_ref()), now).await?;
    issue(service, token, (&account, &session), proofs, now).await
}

/// What was typed, as far as it is checked in the transaction.
type Given<'a> = (&'a Account, Option<&'a PasswordAccepted>, Option<&'a (FactorAttempt<'a>, SecretString)>);

/// Takes the code, and records the confirmation, if the session is active still.
async fn record(
    service: &Service,
    caller: &Caller,
    token: &Claims,
    (account, accepted, code): Given<'_>,
    now: UnixTime,
) -> Result<Session, ConfirmError> {
    let address = caller.address_text();
    let entry = |event| {
        let entry = Entry::person(event, &caller.device_id, address.as_deref());
        entry.of(&account.id, &account.username).session(&token.sid)
    };
    let (confirmed, address) = (entry(Event::Confirmed), address.as_deref());
    let write = service.database.write(|connection| {
        work(async move {
            if let Some(accepted) = accepted {
                accepted.lock(&mut *connection).await??;
            }
            let session = active_session(service, &mut *connection, token, now).await?;
            if let Some((attempt, code)) = code {
                let checked = factors::check(&mut *connection, service, attempt, code, now).await?;
                if !matches!(checked, Checked::Proven(_)) {
                    // Committed, because it counts.
                    return Ok((session, Some(checked)));
                }
            }
            // The new token is alive for as long after this contact as one of a renewal: servers
            // remember the end of a session for that long.
            if !sessions::touch(&mut *connection, &token.sid, address, None, now).await? {
                return Err(ConfirmError::SessionEnded);
            }
            // The failures of the password are forgotten only with all that was to be proven.
            if let Some(accepted) = accepted {
                accepted.settle(service, &mut *connection).await?;
            }
            confirmed.write(connection, now).await?;
            Ok::<_, ConfirmError>((session, None))
        })
    });
    match write.await? {
        (session, None) => {
            tracing::info!(account = account.id, sid = token.sid, "confirmed");
            Ok(session)
        }
        (_, Some(refused)) => {
            tracing::info!(account = account.id, sid = token.sid, ?refused, "a code was refused");
            service.passwords.delay_failure().await;
            Err(match refused {
                Checked::Used => ConfirmError::CodeUsed,
                _ => ConfirmError::WrongCode,
            })
        }
    }
}

async fn active_session(
    service: &Service,
    connection: &mut AnyConnection,
    token: &Claims,
    now: UnixTime,
) -> Result<Session, ConfirmError> {
    if let Some(held_by) =
        provider_sessions::held_by(&mut *connection, &service.providers, &token.sid).await?
    {
        return Err(ConfirmError::ProviderSignInRequired(held_by));
    }
    let found = sessions::find(connection, &token.sid).await?;
    let session =
        found.filter(|session| session.account_id == token.sub).ok_or(ConfirmError::SessionEnded)?;
    match session.status(&service.sessions, now) {
        SessionStatus::Active => Ok(session),
        SessionStatus::Ended(_) | SessionStatus::Expired => Err(ConfirmError::SessionEnded),
    }
}

/// Signs the access token. Its `auth_time` is later than the session's, by a second if need be:
/// that is what tells a confirmation from a sign-in.
async fn issue(
    service: &Service,
    token: &Claims,
    (account, session): (&Account, &Session),
    proofs: Proofs,
    now: UnixTime,
) -> Result<Issued, ConfirmError> {
    let subject = Subject {
        account_id: account.id.clone(),
        sid: token.sid.clone(),
        device_id: session.device_id.clone(),
        jkt: token.cnf.as_ref().map(|bound| bound.jkt.clone()),
        began: session.auth_time,
        auth_time: now.max(session.auth_time.plus(1)),
        proven: proofs.proven(),
        profile: account.profile(),
        claims: account.token_claims()?,
    };
    Ok(service.issuer.issue_confirmed(subject, now).await?)
}
