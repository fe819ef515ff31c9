//! The `DPoP` header: the caller's proof of its device key (RFC 9449 §4.3).

use axum::http::request::Parts;
use latchkey_server_core::proofs::{Target, TokenBinding};
use latchkey_token::UnixTime;
use latchkey_token::proof::{ProofError, VerifiedProof};

use super::problem::Problem;
use super::state::State;

/// Checks the proof of a request, if it has one. The proof is not consumed.
pub(super) fn check(
    state: &State,
    request: &Parts,
    binding: Option<TokenBinding<'_>>,
    now: UnixTime,
) -> Result<Option<VerifiedProof>, Problem> {
    let mut values = request.headers.get_all("dpop").iter();
    let Some(value) = values.next() else { return Ok(None) };
    if values.next().is_some() {
        return Err(Problem::InvalidProof("There is more than one DPoP header."));
    }
    let proof = value.to_str().map_err(|_| Problem::InvalidProof("The proof is not a well-formed JWT."))?;
    let target = Target {
        place: &state.place,
        method: request.method.as_str(),
        path: request.uri.path(),
        is_from_proxy: state.proxies.have_sent(request),
        binding,
    };
    match state.service.proofs().check(proof, target, now) {
        Ok(proof) => Ok(Some(proof)),
        Err(error) if error.wants_nonce() => {
            tracing::debug!(%error, "a proof needs a nonce");
            Err(Problem::UseNonce(state.service.proofs().nonce(now)))
        }
        Err(error) => {
            if error == ProofError::WrongUrl {
                tracing::info!(
                    expected = state.place.public_url(),
                    "a proof was made for another address: if clients call this server by another one, set public_url"
                );
            }
            Err(Problem::InvalidProof(broken_rule(error)))
        }
    }
}

/// The problem of a request without a proof that needs one.
pub(super) const MISSING: Problem = Problem::InvalidProof("A DPoP header with a proof is required.");

/// Checks the proof of a request whose token is bound to a key, and consumes it.
pub(super) async fn require(
    state: &State,
    request: &Parts,
    binding: TokenBinding<'_>,
    now: UnixTime,
) -> Result<(), Problem> {
    let proof = check(state, request, Some(binding), now)?.ok_or(MISSING)?;
    Ok(state.service.proofs().consume(&proof, now).await?)
}

/// Which rule a proof breaks, for the client's developer.
fn broken_rule(error: ProofError) -> &'static str {
    match error {
        ProofError::NotCompact => "The proof is not a well-formed JWT.",
        ProofError::HeaderMalformed => "The proof's header is malformed.",
        ProofError::WrongType => "The proof's typ is not dpop+jwt.",
        ProofError::AlgorithmNotAllowed => "The proof's alg is not ES256.",
        ProofError::CriticalHeader => "The proof's crit is not supported.",
        ProofError::PrivateKey => "The proof's jwk has a private member.",
        ProofError::KeyMalformed => "The proof's jwk is not a P-256 public key.",
        ProofError::WrongSignature => "The proof's signature is wrong.",
        ProofError::ClaimsMalformed => "A claim of the proof is missing or malformed.",
        ProofError::WrongMethod => "The proof's htm is another method.",
        ProofError::WrongUrl => "The proof's htu is another URL.",
        ProofError::WrongToken => "The proof's ath is not this token's.",
        ProofError::WrongKey => "The proof's key is not the one the token is bound to.",
        _ => "The proof is not valid.",
    }
}
