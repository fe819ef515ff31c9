//! `POST /api/auth/browser`: a device begins a request.

use std::sync::Arc;

use axum::Json;
use axum::extract::{FromRequestParts, State as Shared};
use axum::http::header::{AUTHORIZATION, CACHE_CONTROL, HeaderValue};
use axum::http::request::Parts;
use axum::response::IntoResponse;
use latchkey_server_core::Language;
use latchkey_server_core::browser::{self, Asking, Mode, NewRequest, Purpose, Way};
use latchkey_token::Claims;
use latchkey_token::proof::VerifiedProof;
use serde::{Deserialize, Serialize};

use super::super::authorization::presented;
use super::super::body::JsonBody;
use super::super::caller::{ClientId, NewCaller};
use super::super::credentials::label;
use super::super::problem::Problem;
use super::super::problem_document::Document;
use super::super::state::State;
use super::super::{dpop, guard};
use super::offers;

/// How often a device asks at most how its request stands, in seconds.
const INTERVAL_SECONDS: i64 = 1;

/// What a request is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Wanted {
    #[default]
    SignIn,
    Confirm,
    Link,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "kebab-case")]
pub(super) enum WantedWay {
    Passkey,
    Provider,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "kebab-case")]
pub(super) enum WantedMode {
    Here,
    Other,
}

/// A request to begin.
#[derive(Deserialize, utoipa::ToSchema)]
#[schema(as = BrowserRequest)]
pub(super) struct Fields {
    /// `sign-in` (the default); with the access token of a session, `confirm` or `link`.
    #[serde(default)]
    purpose: Wanted,
    /// How the user wants to authenticate; `null`: the browser's page asks.
    way: Option<WantedWay>,
    /// The provider's id, if the way is `provider`.
    provider: Option<String>,
    /// `here`: the browser runs on this device, and a link delivers the result to `port`. `other`:
    /// the user types the result.
    mode: WantedMode,
    /// The port that the app listens on at 127.0.0.1.
    #[schema(minimum = 1024, maximum = 65535)]
    port: Option<u16>,
    /// The language of the window: `en` or `de`.
    #[schema(value_type = Option<String>)]
    language: Option<Language>,
    /// Name that the device reports, as at a sign-in.
    device_name: Option<String>,
    /// Its system, as at a sign-in.
    platform: Option<String>,
    /// Whether the user is to choose an account at the provider: after a sign-out.
    #[serde(default)]
    select_account: bool,
}

/// A request that has begun.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = BrowserRequestBegun)]
pub(in super::super) struct Answer {
    /// Its id.
    pub(in super::super) request: String,
    /// To be opened in a browser, once.
    pub(in super::super) url: String,
    /// How often to ask at most how it stands, in seconds.
    pub(in super::super) interval: i64,
    /// How long it lives from now, in seconds.
    pub(in super::super) expires_in: i64,
}

impl Answer {
    /// The answer to a request that has begun.
    pub(in super::super) fn of(state: &State, begun: browser::Begun) -> Self {
        Self {
            url: format!("{}/browser/{}", state.place.public_url(), *begun.ticket),
            request: begun.request,
            interval: INTERVAL_SECONDS,
            expires_in: begun.expires_in,
        }
    }
}

/// The head of the request: what has to be proven depends on the body.
pub(in super::super) struct Head(Parts);

impl FromRequestParts<Arc<State>> for Head {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &Arc<State>) -> Result<Self, Problem> {
        Ok(Self(parts.clone()))
    }
}

impl Head {
    /// The proof of a device key, not consumed.
    fn proof(&self, state: &State) -> Result<VerifiedProof, Problem> {
        let proof = dpop::check(state, &self.0, None, state.service.now())?;
        proof.ok_or(Problem::ProofRequired)
    }

    /// The claims of a session's access token. Its proof is consumed.
    async fn claims(&self, state: &State) -> Result<Claims, Problem> {
        let presented = presented(&self.0.headers, state.settings.tokens.bearer)?;
        let claims = guard::access_claims(state, &self.0, presented, state.service.now()).await?;
        match state.service.ended(&claims.sid) {
            None if !state.service.knows_ended() => Err(Problem::Outdated),
            None => Ok(claims),
            Some(reason) => Err(reason.into()),
        }
    }
}

impl Fields {
    pub(super) fn parse(body: &[u8]) -> Result<Self, Problem> {
        let problem = Problem::InvalidRequest("The body is not a JSON object with a mode.");
        // serde reads a list as the fields.
        if !body.trim_ascii_start().starts_with(b"{") {
            return Err(problem);
        }
        serde_json::from_slice(body).map_err(|_| problem)
    }

    pub(super) fn mode(&self) -> Result<Mode, Problem> {
        match (self.mode, self.port) {
            (WantedMode::Here, Some(port)) if port >= 1024 => Ok(Mode::Here { port }),
            (WantedMode::Other, None) => Ok(Mode::Other),
            _ => Err(Problem::InvalidRequest(
                "The port must be 1024 to 65535 with mode here, and missing else.",
            )),
        }
    }

    pub(super) fn way(&self) -> Result<Option<Way>, Problem> {
        match (self.way, &self.provider) {
            (None, None) => Ok(None),
            (Some(WantedWay::Passkey), None) => Ok(Some(Way::Passkey)),
            (Some(WantedWay::Provider), Some(id)) => Ok(Some(Way::Provider(id.clone()))),
            _ => Err(Problem::InvalidRequest("The way provider needs a provider, and no other way has one.")),
        }
    }
}

/// Begin a sign-in in the browser. Another open request of the same key is over then.
///
/// Nothing in the answer is worth anything without the key of the proof: the request is finished by
/// it, and by the result that the browser gets.
#[utoipa::path(
    post, path = "/api/auth/browser", tag = "browser", params(ClientId), request_body = Fields,
    responses(
        (status = 200, description = "Begun", body = Answer),
        (status = 400, description = "`invalid_request`, `invalid_client_id`", body = Document, content_type = "application/problem+json"),
        (status = 401, description = "`proof_required`, `invalid_dpop_proof`, `use_dpop_nonce`; for `confirm` and `link` also a token that is missing or not valid, and for `link` `insufficient_user_authentication`", body = Document, content_type = "application/problem+json"),
        (status = 403, description = "`browser_unavailable`: the page offers nothing; `other_device_off`, also for a key that no account knows", body = Document, content_type = "application/problem+json"),
        (status = 404, description = "`provider_unknown`", body = Document, content_type = "application/problem+json"),
        (status = 408, description = "`request_timeout`", body = Document, content_type = "application/problem+json"),
        (status = 413, description = "`payload_too_large`", body = Document, content_type = "application/problem+json"),
        (status = 415, description = "`unsupported_media_type`: the body must be JSON", body = Document, content_type = "application/problem+json"),
        (status = 429, description = "`too_many_requests_open`, `too_many_attempts`", body = Document, content_type = "application/problem+json"),
        (status = 503, description = "`busy`, `unavailable`", body = Document, content_type = "application/problem+json")
    )
)]
pub(in super::super) async fn begin(
    Shared(state): Shared<Arc<State>>,
    NewCaller(caller): NewCaller,
    head: Head,
    JsonBody(body): JsonBody,
) -> Result<impl IntoResponse, Problem> {
    let fields = Fields::parse(&body)?;
    let (mode, way) = (fields.mode()?, fields.way()?);
    let offers = offers(&state);
    match &way {
        _ if !offers.is_any() => return Err(Problem::BrowserUnavailable),
        Some(Way::Passkey) if !offers.passkeys => return Err(Problem::BrowserUnavailable),
        Some(Way::Provider(id)) if !offers.has(id) => return Err(Problem::ProviderUnknown),
        _ => {}
    }
    let label = label(fields.device_name, fields.platform)?;
    let Fields { purpose, language, select_account, .. } = fields;
    let new = |purpose| NewRequest { purpose, mode, way, language, label, select_account };
    let begun = match purpose {
        Wanted::SignIn => {
            let proof = head.proof(&state)?;
            browser::begin(&state.service, &caller, Asking::Key(&proof), new(Purpose::SignIn)).await?
        }
        Wanted::Confirm | Wanted::Link => {
            if !head.0.headers.contains_key(AUTHORIZATION) {
                return Err(Problem::TokenMissing { bearer: false });
            }
            let claims = head.claims(&state).await?;
            let (account_id, sid) = (claims.sub.clone(), claims.sid.clone());
            let purpose = match purpose {
                Wanted::Link => Purpose::Link { account_id, sid },
                _ => Purpose::Confirm { account_id, sid },
            };
            browser::begin(&state.service, &caller, Asking::Session(&claims), new(purpose)).await?
        }
    };
    let answer = Answer::of(&state, begun);
    Ok(([(CACHE_CONTROL, HeaderValue::from_static("no-store"))], Json(answer)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_request_is_for_this_device_with_a_port_or_for_another_without() {
        let read = |body: &str| {
            let fields = Fields::parse(body.as_bytes()).ok()?;
            Some((fields.mode().ok()?, fields.way().ok()?))
        };
        let here = Some((Mode::Here { port: 1024 }, None));
        assert_eq!(read(r#" {"mode":"here","port":1024}"#), here);
        let company = Some(Way::Provider("company".into()));
        let other = r#"{"mode":"other","way":"provider","provider":"company","language":"de"}"#;
        assert_eq!(read(other), Some((Mode::Other, company)));
        for body in [
            "",
            "[]",
            "{}",
            r#"{"mode":"here"}"#,
            r#"{"mode":"here","port":1023}"#,
            r#"{"mode":"here","port":65536}"#,
            r#"{"mode":"here","port":"2000"}"#,
            r#"{"mode":"other","port":2000}"#,
            r#"{"mode":"else","port":2000}"#,
            r#"{"mode":"other","way":"password"}"#,
            r#"{"mode":"other","way":"provider"}"#,
            r#"{"mode":"other","way":"passkey","provider":"company"}"#,
            r#"{"mode":"other","provider":"company"}"#,
            r#"{"mode":"other","language":"fr"}"#,
            r#"{"mode":"other","purpose":"passkey"}"#,
        ] {
            assert_eq!(read(body), None, "{body}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(body in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = Fields::parse(&body).map(|fields| (fields.mode(), fields.way()));
        }
    }
}
