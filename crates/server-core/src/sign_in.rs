//! Sign-in: a user name and a password become a session and its tokens.

use latchkey_token::proof::VerifiedProof;
use secrecy::SecretString;

use crate::accounts::{self, Username};
use crate::audit::Event;
use crate::challenge::{CHALLENGE_SECONDS, Goal, NextStep, Purpose, Sealed};
use crate::database::{DatabaseError, TransactionError, work};
use crate::factors::{self, Standing};
use crate::keys::SignError;
use crate::notices::Happened;
use crate::password_check::{self, Attempt, Caller, PasswordAccepted, PasswordCheckError};
use crate::proven::Proven;
use crate::seal::SealError;
use crate::service::Service;
use crate::session_start::{SessionStart, SignedIn, StartError};
use crate::sessions::DeviceLabel;
use crate::tokens::IssuedTokens;

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
    /// Passwords are off.
    #[error("passwords are off")]
    PasswordsDisabled,
    /// The password was not accepted.
    #[error(transparent)]
    Password(#[from] PasswordCheckError),
    /// The password is right; more has to be proven before there is a session.
    #[error("a second step is needed")]
    Next(NextStep),
    /// The password is right, but an account with a second factor, or one that must have it, gets
    /// no token without a proof.
    #[error("a proof of the device key is needed")]
    ProofRequired,
    /// What a challenge remembers could not be sealed.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// The tokens were not signed.
    #[error(transparent)]
    Sign(#[from] SignError),
    /// The database.
    #[error(transparent)]
    Database(#[from] DatabaseError),
}

impl TransactionError for SignInError {
    fn database(&self) -> Option<&DatabaseError> {
        match self {
            Self::Database(error) => Some(error),
            _ => None,
        }
    }
}

impl From<StartError> for SignInError {
    fn from(error: StartError) -> Self {
        match error {
            StartError::Sign(error) => Self::Sign(error),
            StartError::Database(error) => Self::Database(error),
        }
    }
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
    if !service.passwords_enabled {
        return Err(SignInError::PasswordsDisabled);
    }
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
    let standing = factors::standing_when_read(&accepted.account, &service.factors);
    if standing.is_protected() {
        return Err(begin_challenge(service, caller, proof, (&accepted, standing), &credentials.label).await?);
    }
    let proven = Proven::password();
    let (account, jkt, label) = (&accepted.account, proof.map(|proof| &proof.jkt), &credentials.label);
    let who = SignedIn { account, caller, jkt, label, proven: &proven, authenticated_at: None };
    let start = SessionStart::sign(service, who, service.now()).await?;
    let (started, accepted) = (&start, &accepted);
    let write = service.database.write(|connection| {
        work(async move {
            let present = accepted.lock(&mut *connection).await??;
            let standing = factors::standing(&mut *connection, &present, &service.factors).await?;
            if standing.is_protected() {
                return Ok(Err(standing));
            }
            let replaced = started.write(&mut *connection, Happened::NewSignIn).await?;
            accepted.settle(service, connection).await?;
            Ok::<_, SignInError>(Ok(replaced))
        })
    });
    let replaced = match write.await? {
        Ok(replaced) => replaced.announce(&service.revocations),
        // A second factor was set up, or became required, while the password was compared.
        Err(standing) => {
            return Err(begin_challenge(service, caller, proof, (accepted, standing), label).await?);
        }
    };
    tracing::info!(account = account.id, sid = start.sid(), replaced, "signed in");
    Ok(start.into_tokens())
}

/// The first step of a sign-in of an account that has a second factor, or must have one. Deletes
/// none of the failures before: only a complete sign-in does that. Returns what is still missing.
async fn begin_challenge(
    service: &Service,
    caller: &Caller,
    proof: Option<&VerifiedProof>,
    (accepted, standing): (&PasswordAccepted, Standing),
    label: &DeviceLabel,
) -> Result<SignInError, SignInError> {
    let Some(proof) = proof else { return Ok(SignInError::ProofRequired) };
    let purpose = Purpose::new(Goal::SignIn, label, false);
    let new = &Sealed::new(service, &purpose)?;
    let (who, now) = ((caller, &proof.jkt), service.now());
    let write = service.database.write(|connection| {
        work(async move {
            accepted.lock(&mut *connection).await??;
            accepted.store_rehash(&mut *connection).await?;
            Ok::<_, SignInError>(
                new.insert(connection, &accepted.account, who, CHALLENGE_SECONDS, now).await?,
            )
        })
    });
    let challenge = write.await?;
    tracing::info!(account = accepted.account.id, "the password was right; a second factor is needed");
    Ok(SignInError::Next(match standing.has {
        true => NextStep::SecondFactor(challenge),
        false => NextStep::Enrolment { challenge, authorized: false },
    }))
}
