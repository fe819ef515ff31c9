//! Sign-in: a user name and a password become a session and its tokens.

use latchkey_token::proof::VerifiedProof;
use secrecy::SecretString;

use crate::accounts::{self, Username};
use crate::audit::Event;
use crate::database::{DatabaseError, work};
use crate::keys::SignError;
use crate::password_check::{self, Attempt, Caller, PasswordCheckError};
use crate::proven::Proven;
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
    let proven = Proven::password();
    let (account, jkt, label) = (&accepted.account, proof.map(|proof| &proof.jkt), &credentials.label);
    let start =
        SessionStart::sign(service, SignedIn { account, caller, jkt, label, proven: &proven }, service.now())
            .await?;
    let (started, accepted) = (&start, &accepted);
    let write = service.database.write(|connection| {
        work(async move {
            let replaced = started.write(&mut *connection).await?;
            accepted.settle(service, connection).await?;
            Ok::<_, DatabaseError>(replaced)
        })
    });
    let replaced = write.await?.announce(&service.revocations);
    tracing::info!(account = account.id, sid = start.sid(), replaced, "signed in");
    Ok(start.into_tokens())
}
