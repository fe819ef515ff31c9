//! Proofs of possession at the server (DPoP, RFC 9449): the rules that need the server's state. The
//! rules without state are in `latchkey_token::proof`.

mod nonce;
mod place;
pub(crate) mod public_url;
mod replay;
mod used;

use latchkey_token::proof::{Expectation, ProofError, ProofVerifier, VerifiedProof, WINDOW_SECONDS};
use latchkey_token::{SentToken, Thumbprint, UnixTime};

use crate::database::DatabaseError;
use nonce::NONCE_SECONDS;
use replay::Refused;

pub(crate) use nonce::Nonces;
pub use place::Place;
pub use public_url::{InvalidPublicUrl, PublicUrl};
pub(crate) use replay::Replay;
pub(crate) use used::{UsedProofs, purge_expired};

/// The state that proofs are checked with.
#[derive(Debug)]
pub struct Proofs {
    verifier: ProofVerifier,
    nonces: Nonces,
    replay: Replay,
    /// What the servers on the database remember together, if they do.
    used: Option<UsedProofs>,
}

/// Why a proof was not consumed.
#[derive(Debug, thiserror::Error)]
pub enum ConsumeError {
    /// It was used before, or its window has ended since it was checked: a copy of a request, or a
    /// client that reuses proofs.
    #[error("the proof was used before")]
    Seen,
    /// The replay cache is full of proofs that could still be used again.
    #[error("the replay cache is full")]
    Full,
    /// The database, which the servers remember proofs in.
    #[error(transparent)]
    Database(#[from] DatabaseError),
}

impl From<Refused> for ConsumeError {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Seen => Self::Seen,
            Refused::Full => Self::Full,
        }
    }
}

/// The request of a proof.
#[derive(Clone, Copy, Debug)]
pub struct Target<'a> {
    /// The URLs that name this server.
    pub place: &'a Place,
    /// The method, in capitals.
    pub method: &'a str,
    /// The path, as it was received.
    pub path: &'a str,
    /// Whether a trusted proxy passed the request on: it may have decoded the path.
    pub is_from_proxy: bool,
    /// The token of the request, and the key that it is bound to.
    pub binding: Option<TokenBinding<'a>>,
}

/// A token and the key that it is bound to (RFC 9449 §6).
#[derive(Clone, Copy, Debug)]
pub struct TokenBinding<'a> {
    /// The token.
    pub token: &'a SentToken<'a>,
    /// The thumbprint of its key: `cnf.jkt`.
    pub bound_to: &'a Thumbprint,
}

impl Proofs {
    pub(crate) fn new(
        verifier: ProofVerifier,
        nonces: Nonces,
        replay: Replay,
        used: Option<UsedProofs>,
    ) -> Self {
        Self { verifier, nonces, replay, used }
    }

    /// Checks a proof, except whether it was used before: see [`Proofs::consume`].
    ///
    /// # Errors
    /// Returns the first rule that the proof breaks.
    pub fn check(&self, proof: &str, target: Target<'_>, now: UnixTime) -> Result<VerifiedProof, ProofError> {
        let mut outcome = Err(ProofError::WrongUrl);
        for url in target.place.targets(target.path) {
            let url = url.map_err(|_| ProofError::WrongUrl)?;
            let expectation = Expectation {
                method: target.method,
                url: &url,
                is_from_proxy: target.is_from_proxy,
                token: target.binding.map(|binding| binding.token),
                bound_to: target.binding.map(|binding| binding.bound_to),
                nonce_is_fresh: &|nonce| self.nonces.is_fresh(nonce, now),
                now,
            };
            outcome = self.verifier.verify(proof, &expectation);
            if !matches!(outcome, Err(ProofError::WrongUrl)) {
                break;
            }
        }
        outcome
    }

    /// Records the use of a proof.
    ///
    /// # Errors
    /// [`ConsumeError`] if it was used before, or cannot be recorded.
    pub async fn consume(&self, proof: &VerifiedProof, now: UnixTime) -> Result<(), ConsumeError> {
        let end = match proof.with_nonce {
            // With a nonce the proof is accepted while the nonce is fresh, whatever its `iat`.
            true => now.plus(NONCE_SECONDS + WINDOW_SECONDS),
            false => proof.iat.plus(WINDOW_SECONDS),
        };
        // This server's own memory first: it costs nothing, and a flood of one proof stays here.
        let digest = self.replay.remember(&proof.jkt, &proof.jti, end, now)?;
        match &self.used {
            Some(used) if !used.insert(&digest, end).await? => Err(ConsumeError::Seen),
            _ => Ok(()),
        }
    }

    /// Creates a nonce for the next attempt.
    pub fn nonce(&self, now: UnixTime) -> String {
        self.nonces.make(now)
    }
}
