//! Who calls: the claims of a verified access token, as a handler's argument. A handler that takes [`Caller`] runs for
//! nobody else.

use std::sync::Arc;
use std::time::SystemTime;

use axum::extract::FromRequestParts;
use axum::http::header::{AUTHORIZATION, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use latchkey_token::proof::{self, Expectation, Htu};
use latchkey_token::{Claims, Confirmation, TokenKind, UnixTime, Verifier, VerifyError};

use crate::published_keys::{KeysUnavailable, PublishedKeys};
use crate::used_proofs::{Refused, UsedProofs};

/// What this service believes, and what it has seen.
pub(crate) struct Trust {
    pub(crate) keys: PublishedKeys,
    pub(crate) issuer: String,
    pub(crate) audience: String,
    /// The URL that clients call.
    pub(crate) public_url: String,
    pub(crate) used_proofs: UsedProofs,
}

/// The claims of whoever calls.
pub(crate) struct Caller(pub(crate) Claims);

/// Why a request goes no further. Why exactly is not for the sender.
pub(crate) enum Refusal {
    /// 401
    Unauthorized,
    /// 503: it cannot be decided now.
    TryLater,
}

impl FromRequestParts<Arc<Trust>> for Caller {
    type Rejection = Refusal;

    async fn from_request_parts(request: &mut Parts, trust: &Arc<Trust>) -> Result<Self, Refusal> {
        let now = now();
        let (scheme, token) = the_only(&request.headers, AUTHORIZATION.as_str())
            .and_then(|value| value.split_once(' '))
            .ok_or(Refusal::Unauthorized)?;
        let token = token.trim_matches(' ');
        let claims = trust.claims(token, now).await?;
        // RFC 9449 §7.1: a bound token must not pass as a bearer token, nor the other way round.
        match &claims.cnf {
            None if scheme.eq_ignore_ascii_case("bearer") => {}
            Some(bound) if scheme.eq_ignore_ascii_case("dpop") => {
                trust.check_proof(request, token, bound, now)?;
            }
            _ => return Err(Refusal::Unauthorized),
        }
        Ok(Self(claims))
    }
}

impl Trust {
    async fn claims(&self, token: &str, now: UnixTime) -> Result<Claims, Refusal> {
        let verify =
            |keys| Verifier::new(TokenKind::Access, keys, &*self.issuer, &*self.audience).verify(token, now);
        let claims = match verify(self.keys.get().await?) {
            Err(VerifyError::UnknownKey) => verify(self.keys.get_newer().await?),
            outcome => outcome,
        };
        claims.map_err(|_| Refusal::Unauthorized)
    }

    fn check_proof(
        &self,
        request: &Parts,
        token: &str,
        bound: &Confirmation,
        now: UnixTime,
    ) -> Result<(), Refusal> {
        let proof = the_only(&request.headers, "dpop").ok_or(Refusal::Unauthorized)?;
        let url = format!("{}{}", self.public_url.trim_end_matches('/'), request.uri.path());
        let expected = Expectation {
            method: request.method.as_str(),
            url: &Htu::parse(&url).map_err(|_| Refusal::Unauthorized)?,
            token: Some(token),
            bound_to: Some(&bound.jkt),
            nonce_is_fresh: &|_| false,
            now,
        };
        let proof = proof::verify(proof, &expected).map_err(|_| Refusal::Unauthorized)?;
        self.used_proofs.use_up(proof, now).map_err(|refused| match refused {
            Refused::UsedBefore => Refusal::Unauthorized,
            Refused::Full => Refusal::TryLater,
        })
    }
}

/// A header that stands once: two readers of several could choose differently.
fn the_only<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let mut values = headers.get_all(name).iter();
    values.next().filter(|_| values.next().is_none())?.to_str().ok()
}

#[expect(clippy::disallowed_methods, reason = "the one place where the clock is read")]
fn now() -> UnixTime {
    SystemTime::now().into()
}

impl From<KeysUnavailable> for Refusal {
    fn from(_: KeysUnavailable) -> Self {
        Self::TryLater
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        match self {
            Self::Unauthorized => {
                let challenge = [(WWW_AUTHENTICATE, r#"DPoP algs="ES256", error="invalid_token""#)];
                (StatusCode::UNAUTHORIZED, challenge).into_response()
            }
            Self::TryLater => (StatusCode::SERVICE_UNAVAILABLE, [(RETRY_AFTER, "5")]).into_response(),
        }
    }
}
