//! A problem as a response: the document of RFC 9457, and the challenges of RFC 6750 §3, RFC 9449
//! §7.1 and RFC 9470 §3.

use axum::body::Body;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderName, HeaderValue, Response, StatusCode};
use axum::response::IntoResponse;
use latchkey_server_core::confirm::{ConfirmationRequired, Proofs};
use latchkey_server_core::people::NotAllowed;
use latchkey_server_core::{EndReason, NextStep};
use serde::Serialize;

use super::device::Device;
use super::problem::Problem;
use super::scheme::Scheme;

/// When to try again after too many open requests, in seconds: some end by then.
const OPEN_SECONDS: i64 = 60;

/// What `POST /api/auth/second-factor` takes.
const METHODS: [&str; 3] = ["totp", "recovery_code", "factor_code"];

/// The problem of a response, for the line in the log. Both are texts of this file, so they contain
/// no token and no proof.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reason {
    pub(super) code: &'static str,
    pub(super) detail: &'static str,
}

/// RFC 9457 §3.1, and the stable `code`.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = Problem)]
pub(super) struct Document {
    #[serde(rename = "type")]
    kind: &'static str,
    title: &'static str,
    status: u16,
    code: &'static str,
    detail: &'static str,
    /// With `password_too_short`: how many characters it needs.
    #[serde(skip_serializing_if = "Option::is_none")]
    min_length: Option<usize>,
    /// With `session_revoked`: `replaced` if the same device has signed in to the same account
    /// again, with the same key. To the session token with its proof, also `signed_out`, `revoked`
    /// (by an operator), `account_disabled`, `password_reset`, `ended_by_device`, `not_me`,
    /// `provider_logout`.
    /// With `not_allowed`: `oneself`, `admin_only`, `has_role`, `not_used_yet`, `in_use`,
    /// `disabled`, `not_disabled`, `disabled_by_admin`, `no_factor`, `both_factors`, `no_mail`.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'static str>,
    /// When the session ended, in seconds since 1970. To the session token with its proof.
    #[serde(skip_serializing_if = "Option::is_none")]
    ended_at: Option<i64>,
    /// Which other device ended the session; `null` if none did.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Device>)]
    ended_by: Option<Option<Device>>,
    /// With `insufficient_user_authentication`: a confirmation counts this long, in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    max_age: Option<i64>,
    /// With `insufficient_user_authentication`: `1fa` or `2fa` (RFC 9470 §3).
    #[serde(skip_serializing_if = "Option::is_none")]
    acr_values: Option<&'static str>,
    /// What the user has to confirm with: `password`, `code` or both, or `browser`.
    #[serde(skip_serializing_if = "Option::is_none")]
    needs: Option<Vec<&'static str>>,
    /// With `needs`: whether a passkey does too, by `POST /api/auth/browser`: the account has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    or_passkey: Option<bool>,
    /// With `second_factor_required`, `enrolment_required` and, at a renewal, `factor_required`:
    /// for the next request.
    #[serde(skip_serializing_if = "Option::is_none")]
    challenge: Option<String>,
    /// How long the challenge lives, in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_in: Option<i64>,
    /// With `second_factor_required`: `totp`, `recovery_code`, `factor_code`.
    #[serde(skip_serializing_if = "Option::is_none")]
    methods: Option<[&'static str; 3]>,
    /// With `enrolment_required`: whether the second factor may be set up without another code.
    #[serde(skip_serializing_if = "Option::is_none")]
    authorized: Option<bool>,
    /// With `wrong_code` and `wrong_result`: how many more wrong ones this sign-in takes.
    #[serde(skip_serializing_if = "Option::is_none")]
    tries_left: Option<i64>,
    /// With `provider_sign_in_required`: the id of the provider.
    #[serde(skip_serializing_if = "Option::is_none")]
    provider: Option<String>,
    /// With `provider_sign_in_required`: its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    provider_name: Option<String>,
}

/// What is needed, in the words of the API.
fn names(needs: Proofs) -> Vec<&'static str> {
    let names = [(needs.password, "password"), (needs.code, "code"), (needs.browser, "browser")];
    names.into_iter().filter_map(|(is_needed, name)| is_needed.then_some(name)).collect()
}

impl Problem {
    /// When the client may try again, in seconds.
    fn retry_after(&self) -> Option<i64> {
        match self {
            Self::TooManyAttempts(seconds) | Self::TooManyCodes(seconds) => Some((*seconds).max(1)),
            Self::TooManyRequestsOpen => Some(OPEN_SECONDS),
            Self::Busy | Self::Unavailable | Self::Outdated => Some(1),
            _ => None,
        }
    }

    /// The challenges that a 401 must contain (RFC 9110 §15.5.2).
    fn challenges(&self) -> Vec<String> {
        const DPOP: &str = r#"DPoP algs="ES256""#;
        let dpop = |error: &str| vec![format!(r#"{DPOP}, error="{error}""#)];
        match self {
            Self::TokenMissing { bearer: true } => vec![DPOP.to_owned(), "Bearer".to_owned()],
            Self::TokenMissing { bearer: false } | Self::InvalidCredentials => vec![DPOP.to_owned()],
            Self::InvalidToken(Scheme::Bearer) => vec![r#"Bearer error="invalid_token""#.to_owned()],
            Self::InvalidProof(_) | Self::UseNonce(_) => dpop(self.code()),
            // RFC 9470 §3.
            Self::InsufficientAuthentication(required) => vec![format!(
                r#"{DPOP}, error="{}", max_age="{}", acr_values="{}""#,
                self.code(),
                required.max_age,
                required.acr()
            )],
            Self::ProofRequired
            | Self::NextStep(_)
            | Self::WrongCode { .. }
            | Self::CodeUsed
            | Self::ChallengeExpired
            | Self::InvalidCode => vec![DPOP.to_owned()],
            _ if self.status() == StatusCode::UNAUTHORIZED => dpop("invalid_token"),
            _ => Vec::new(),
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response<Body> {
        let status = self.status();
        let end = match &self {
            Self::SessionEnded(end) => Some(end),
            _ => None,
        };
        let required = match &self {
            Self::InsufficientAuthentication(required) => Some(required),
            _ => None,
        };
        let (challenge, methods, authorized) = match &self {
            Self::NextStep(NextStep::SecondFactor(challenge)) => (Some(challenge), Some(METHODS), None),
            Self::NextStep(NextStep::Enrolment { challenge, authorized }) => {
                (Some(challenge), None, Some(*authorized))
            }
            Self::FactorRequired(challenge) => (Some(challenge), None, None),
            _ => (None, None, None),
        };
        let (provider, provider_name) = match &self {
            Self::ProviderSignInRequired { provider, name } => (Some(provider.clone()), Some(name.clone())),
            _ => (None, None),
        };
        let document = Document {
            kind: "about:blank",
            title: status.canonical_reason().unwrap_or_default(),
            status: status.as_u16(),
            code: self.code(),
            detail: self.detail(),
            min_length: match &self {
                Self::PasswordTooShort { min_length } => Some(*min_length),
                _ => None,
            },
            reason: match &self {
                Self::SessionReplaced => Some(EndReason::Replaced.as_str()),
                Self::SessionEnded(end) => Some(end.reason.as_str()),
                Self::NotAllowed(why) => Some(why.as_str()),
                Self::CodeNotSent => Some(NotAllowed::NoMail.as_str()),
                _ => None,
            },
            ended_at: end.map(|end| end.at.seconds()),
            ended_by: end.map(|end| end.by.clone().map(Device::from)),
            max_age: required.map(|required| required.max_age),
            acr_values: required.map(ConfirmationRequired::acr),
            needs: match &self {
                Self::InsufficientAuthentication(required) => Some(names(required.needs)),
                Self::ConfirmationIncomplete(needs) => Some(names(*needs)),
                _ => None,
            },
            or_passkey: required.and_then(|required| required.or_passkey.then_some(true)),
            challenge: challenge.map(|challenge| challenge.id.clone()),
            expires_in: challenge.map(|challenge| challenge.expires_in),
            methods,
            authorized,
            tries_left: match &self {
                Self::WrongCode { tries_left } | Self::WrongResult { tries_left } => {
                    Some((*tries_left).max(0))
                }
                _ => None,
            },
            provider,
            provider_name,
        };
        let mut response = Response::new(Body::from(serde_json::to_vec(&document).unwrap_or_default()));
        *response.status_mut() = status;
        response.extensions_mut().insert(Reason { code: self.code(), detail: self.detail() });
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        for challenge in self.challenges() {
            if let Ok(challenge) = HeaderValue::try_from(challenge) {
                headers.append(WWW_AUTHENTICATE, challenge);
            }
        }
        if let Some(seconds) = self.retry_after() {
            headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        if let Self::UseNonce(nonce) = &self
            && let Ok(nonce) = HeaderValue::try_from(nonce)
        {
            headers.insert(HeaderName::from_static("dpop-nonce"), nonce);
        }
        response
    }
}
