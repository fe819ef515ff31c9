//! Proofs of possession at the server (DPoP, RFC 9449): the rules that need the server's state. The rules that need none
//! are `latchkey_token::proof`.

mod nonce;
mod replay;

use latchkey_token::proof::{self, Expectation, Htu, ProofError, VerifiedProof, WINDOW_SECONDS};
use latchkey_token::{Thumbprint, UnixTime};

use nonce::NONCE_SECONDS;

pub(crate) use nonce::Nonces;
pub(crate) use replay::{Refused, Replay};

/// What a server knows of proofs.
#[derive(Debug)]
pub(crate) struct Proofs {
    /// The URL that clients call, without a slash at its end. Never from a header of the request.
    public_url: String,
    nonces: Nonces,
    replay: Replay,
}

/// The request that a proof came with.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Target<'a> {
    pub(crate) method: &'a str,
    pub(crate) path: &'a str,
    pub(crate) token: Option<&'a str>,
    pub(crate) bound_to: Option<&'a Thumbprint>,
}

impl Proofs {
    pub(crate) fn new(public_url: &str, nonces: Nonces, replay: Replay) -> Self {
        Self { public_url: public_url.trim_end_matches('/').to_owned(), nonces, replay }
    }

    /// Checks everything but whether the proof was seen before.
    pub(crate) fn check(
        &self,
        proof: &str,
        target: Target<'_>,
        now: UnixTime,
    ) -> Result<VerifiedProof, ProofError> {
        let url =
            Htu::parse(&format!("{}{}", self.public_url, target.path)).map_err(|_| ProofError::WrongUrl)?;
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
    pub(crate) fn use_up(&self, proof: &VerifiedProof, now: UnixTime) -> Result<(), Refused> {
        let end = match proof.with_nonce {
            // Fresh whatever its `iat`, as long as its nonce is.
            true => now.plus(NONCE_SECONDS + WINDOW_SECONDS),
            false => proof.iat.plus(WINDOW_SECONDS),
        };
        self.replay.remember(&proof.jkt, &proof.jti, end, now)
    }

    /// A nonce for the next try.
    pub(crate) fn nonce(&self, now: UnixTime) -> String {
        self.nonces.make(now)
    }
}
