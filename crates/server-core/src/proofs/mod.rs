//! Proofs of possession at the server (DPoP, RFC 9449): the rules that need the server's state. The rules that need none
//! are `latchkey_token::proof`.

mod nonce;
mod place;
mod replay;

use latchkey_token::proof::{self, Expectation, Htu, ProofError, VerifiedProof, WINDOW_SECONDS};
use latchkey_token::{Thumbprint, UnixTime};

use nonce::NONCE_SECONDS;

pub use nonce::Nonces;
pub use place::Place;
pub use replay::{Refused, Replay};

/// What a server knows of proofs.
#[derive(Debug)]
pub struct Proofs {
    place: Place,
    nonces: Nonces,
    replay: Replay,
}

/// The request that a proof came with.
#[derive(Clone, Copy, Debug)]
pub struct Target<'a> {
    pub method: &'a str,
    pub path: &'a str,
    pub token: Option<&'a str>,
    pub bound_to: Option<&'a Thumbprint>,
}

impl Proofs {
    pub fn new(place: Place, nonces: Nonces, replay: Replay) -> Self {
        Self { place, nonces, replay }
    }

    /// The URL that clients are expected to call.
    pub fn public_url(&self) -> &str {
        self.place.public_url()
    }

    /// Checks everything but whether the proof was seen before.
    pub fn check(&self, proof: &str, target: Target<'_>, now: UnixTime) -> Result<VerifiedProof, ProofError> {
        let mut outcome = Err(ProofError::WrongUrl);
        for base in self.place.names() {
            outcome = self.check_at(base, proof, target, now);
            if !matches!(outcome, Err(ProofError::WrongUrl)) {
                break;
            }
        }
        outcome
    }

    fn check_at(
        &self,
        base: &str,
        proof: &str,
        target: Target<'_>,
        now: UnixTime,
    ) -> Result<VerifiedProof, ProofError> {
        let url = Htu::parse(&format!("{base}{}", target.path)).map_err(|_| ProofError::WrongUrl)?;
        let expectation = Expectation {
            method: target.method,
            url: &url,
            token: target.token,
            bound_to: target.bound_to,
            nonce_is_fresh: &|nonce| self.nonces.is_fresh(nonce, now),
            now,
        };
        proof::verify(proof, &expectation)
    }

    /// Uses the proof up.
    pub fn use_up(&self, proof: &VerifiedProof, now: UnixTime) -> Result<(), Refused> {
        let end = match proof.with_nonce {
            // Fresh whatever its `iat`, as long as its nonce is.
            true => now.plus(NONCE_SECONDS + WINDOW_SECONDS),
            false => proof.iat.plus(WINDOW_SECONDS),
        };
        self.replay.remember(&proof.jkt, &proof.jti, end, now)
    }

    /// A nonce for the next try.
    pub fn nonce(&self, now: UnixTime) -> String {
        self.nonces.make(now)
    }
}
