//! Makes a proof of possession as a client does, and verifies it as this server does. Finds a
//! `public_url` that no proof can match before the first client connects.

use latchkey_server_core::proofs::Place;
use latchkey_token::proof::{self, Expectation, Htu, ProofError, Request};
use latchkey_token::{DeviceKey, DeviceKeyError, UnixTime};

/// The route of a sign-in, and one with what `encodeURIComponent` makes of an identifier.
const PATHS: [&str; 2] = ["/api/auth", "/api/notes/a%40b%2Fc"];

/// Why a client that calls the address gets no proof accepted.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OwnProofError {
    /// The address does not fit the requests.
    #[error("no client could sign in: a proof made for {url} is refused ({reason}); correct public_url")]
    Refused {
        /// What the client calls.
        url: String,
        /// The rule that its proof breaks.
        reason: ProofError,
    },
    /// The crypto library failed.
    #[error("no proof could be made: {0}")]
    Sign(#[from] DeviceKeyError),
}

/// Checks that a client that calls `url` has its proofs accepted by a server at `place`.
pub(crate) fn check(place: &Place, url: &str) -> Result<(), OwnProofError> {
    let key = DeviceKey::derive(&[1; 32])?;
    PATHS.iter().try_for_each(|path| check_path(place, &key, url, path))
}

fn check_path(place: &Place, key: &DeviceKey, url: &str, path: &str) -> Result<(), OwnProofError> {
    let url = format!("{}{path}", url.trim_end_matches('/'));
    let refused = |reason| OwnProofError::Refused { url: url.clone(), reason };
    let now = UnixTime::new(0);
    let target = Htu::parse(&url).map_err(|_| refused(ProofError::WrongUrl))?;
    let own = proof::sign(key, Request { method: "POST", url: &target, token: None, nonce: None }, now)?;
    let mut outcome = Err(ProofError::WrongUrl);
    for url in place.targets(path) {
        let url = url.map_err(|_| refused(ProofError::WrongUrl))?;
        let expectation = Expectation {
            method: "POST",
            url: &url,
            is_from_proxy: false,
            token: None,
            bound_to: Some(key.thumbprint()),
            nonce_is_fresh: &|_| false,
            now,
        };
        outcome = proof::verify(&own, &expectation).map(drop);
        if outcome.is_ok() {
            break;
        }
    }
    outcome.map_err(refused)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proof_for_another_address_is_refused() {
        let place = Place::public("https://auth.example/latchkey".parse().unwrap());
        for url in ["https://auth.example/latchkey", "https://AUTH.example:443/latchkey/"] {
            check(&place, url).unwrap();
        }
        for url in
            ["https://auth.example", "http://auth.example/latchkey", "https://auth.example/latchkey?x=1", ""]
        {
            let error = check(&place, url).unwrap_err();
            assert!(
                matches!(error, OwnProofError::Refused { reason: ProofError::WrongUrl, .. }),
                "{url}: {error}"
            );
        }
    }
}
