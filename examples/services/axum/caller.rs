//! The claims of a verified access token as a handler's argument. A handler with a [`Caller`] runs
//! only for requests with a valid token.

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
use crate::used_proofs::{RecordError, UsedProofs};

/// The issuer, audience and keys that this service trusts, and the proofs that were used.
pub(crate) struct Trust {
    pub(crate) keys: PublishedKeys,
    pub(crate) issuer: String,
    pub(crate) audience: String,
    /// The URL that clients use.
    pub(crate) public_url: String,
    pub(crate) used_proofs: UsedProofs,
}

/// The claims of the caller.
pub(crate) struct Caller(pub(crate) Claims);

/// Why a request is refused. The sender does not learn the exact reason.
pub(crate) enum Rejection {
    /// 401: no valid token.
    Unauthorized,
    /// 503: the token cannot be checked now.
    Unavailable,
}

impl FromRequestParts<Arc<Trust>> for Caller {
    type Rejection = Rejection;

    async fn from_request_parts(request: &mut Parts, trust: &Arc<Trust>) -> Result<Self, Rejection> {
        let now = now();
        let (scheme, token) = single_header(&request.headers, AUTHORIZATION.as_str())
            .and_then(|value| value.split_once(' '))
            .ok_or(Rejection::Unauthorized)?;
        let token = token.trim_matches(' ');
        let claims = trust.claims(token, now).await?;
        // RFC 9449 §7.1: refuse a bound token sent as a bearer token, and the reverse.
        match &claims.cnf {
            None if scheme.eq_ignore_ascii_case("bearer") => {}
            Some(bound) if scheme.eq_ignore_ascii_case("dpop") => {
                trust.check_proof(request, token, bound, now)?;
            }
            _ => return Err(Rejection::Unauthorized),
        }
        Ok(Self(claims))
    }
}

impl Trust {
    async fn claims(&self, token: &str, now: UnixTime) -> Result<Claims, Rejection> {
        let verify =
            |keys| Verifier::new(TokenKind::Access, keys, &*self.issuer, &*self.audience).verify(token, now);
        let claims = match verify(self.keys.get().await?) {
            Err(VerifyError::UnknownKey) => verify(self.keys.get_newer().await?),
            outcome => outcome,
        };
        claims.map_err(|_| Rejection::Unauthorized)
    }

    fn check_proof(
        &self,
        request: &Parts,
        token: &str,
        bound: &Confirmation,
        now: UnixTime,
    ) -> Result<(), Rejection> {
        let proof = single_header(&request.headers, "dpop").ok_or(Rejection::Unauthorized)?;
        let url = format!("{}{}", self.public_url.trim_end_matches('/'), request.uri.path());
        let expected = Expectation {
            method: request.method.as_str(),
            url: &Htu::parse(&url).map_err(|_| Rejection::Unauthorized)?,
            is_from_proxy: false,
            token: Some(&token.into()),
            bound_to: Some(&bound.jkt),
            nonce_is_fresh: &|_| false,
            now,
        };
        let proof = proof::verify(proof, &expected).map_err(|_| Rejection::Unauthorized)?;
        self.used_proofs.record(proof, now).map_err(|error| match error {
            RecordError::Replayed => Rejection::Unauthorized,
            RecordError::Full => Rejection::Unavailable,
        })
    }
}

/// The value of a header that must occur once: of several, two programs could read different ones.
fn single_header<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let mut values = headers.get_all(name).iter();
    values.next().filter(|_| values.next().is_none())?.to_str().ok()
}

#[expect(clippy::disallowed_methods, reason = "the only place that reads the clock")]
fn now() -> UnixTime {
    SystemTime::now().into()
}

impl From<KeysUnavailable> for Rejection {
    fn from(_: KeysUnavailable) -> Self {
        Self::Unavailable
    }
}

impl IntoResponse for Rejection {
    fn into_response(self) -> Response {
        match self {
            Self::Unauthorized => {
                let challenge = [(WWW_AUTHENTICATE, r#"DPoP algs="ES256", error="invalid_token""#)];
                (StatusCode::UNAUTHORIZED, challenge).into_response()
            }
            Self::Unavailable => (StatusCode::SERVICE_UNAVAILABLE, [(RETRY_AFTER, "5")]).into_response(),
        }
    }
}
