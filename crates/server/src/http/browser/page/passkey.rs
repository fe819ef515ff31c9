//! `GET /browser/passkey`: the page that asks for a passkey, and the two calls of its script. The
//! only page with a script: there is no WebAuthn without one.

use std::sync::Arc;

use axum::Json;
use axum::extract::State as Shared;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderName, HeaderValue, USER_AGENT};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use latchkey_server_core::browser::{self, Purpose, RequestState};
use latchkey_server_core::passkeys::{self, Answered, CeremonyError, Visitor};
use maud::html;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::super::super::body::JsonBody;
use super::super::super::caller::Address;
use super::super::super::problem::Problem;
use super::super::super::problem_document::Document;
use super::super::super::state::State;
use super::cookie::{Browser, refusal};
use super::entry::see_other;
use super::layout::{Notice, Page};
use super::passkey_words::passkey_words;
use super::same_origin::SameOrigin;

const SCRIPT: &str = include_str!("passkey.js");

const NO_STORE: [(HeaderName, HeaderValue); 1] = [(CACHE_CONTROL, HeaderValue::from_static("no-store"))];

/// What the script sends.
#[derive(Deserialize, utoipa::ToSchema)]
#[schema(as = PasskeyCall)]
pub(in super::super::super) struct Call {
    /// The value that the page has put there.
    pub(in super::super::super) token: String,
    /// The answer of the authenticator (WebAuthn Level 3, §5.1).
    #[schema(value_type = Option<Object>)]
    credential: Option<Box<RawValue>>,
}

/// What the script gets.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = PasskeyStep)]
pub(in super::super::super) struct Step {
    /// What to ask the authenticator for.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    options: Option<serde_json::Value>,
    /// Where to go: the browser's part is done.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
    /// What to say to the user, who may try again.
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<&'static str>,
}

impl Step {
    fn say(message: &'static str) -> Response {
        (NO_STORE, Json(Self { options: None, next: None, message: Some(message) })).into_response()
    }
}

impl Call {
    pub(in super::super::super) fn parse(body: &[u8]) -> Result<Self, Problem> {
        let problem = Problem::InvalidRequest("The body is not a JSON object with a token.");
        // serde reads a list of texts as the fields.
        if !body.trim_ascii_start().starts_with(b"{") {
            return Err(problem);
        }
        serde_json::from_slice(body).map_err(|_| problem)
    }
}

/// The page that asks for a passkey.
#[utoipa::path(
    get, path = "/browser/passkey", tag = "browser",
    responses(
        (status = 200, description = "The page", body = String, content_type = "text/html"),
        (status = 303, description = "To the page that says how the request stands"),
        (status = 410, description = "No open request belongs to the cookie", body = String, content_type = "text/html")
    )
)]
pub(in super::super::super) async fn show(Shared(state): Shared<Arc<State>>, browser: Browser) -> Response {
    let Browser { request, words, cookie } = &browser;
    let base = state.place.public_url();
    let is_open = matches!(request.state(), RequestState::Opened | RequestState::Failed(_));
    let is_for_passkeys = !matches!(request.purpose(), Purpose::Link { .. });
    if !is_open || !request.is_allowed() || !is_for_passkeys || state.service.no_passkeys().is_some() {
        return see_other(&format!("{base}/browser"));
    }
    let token = match browser::form_token(&state.service, cookie) {
        Ok(token) => token,
        Err(error) => {
            tracing::error!(%error, "a page could not be shown");
            return Notice::Fault.page(&state, words).into_response();
        }
    };
    let own = passkey_words(words.language);
    let (title, lead, button) = match request.purpose() {
        Purpose::AddPasskey { .. } => (own.add, own.add_lead, own.add_button),
        Purpose::Confirm { .. } => (own.confirm, own.use_lead, own.use_button),
        _ => (own.sign_in, own.use_lead, own.use_button),
    };
    let content = html! {
        p { (lead) }
        noscript { p .warn { (own.no_script) } }
        div #passkey .ways
            data-token=(*token)
            data-begin={ (base) "/browser/passkey/options" }
            data-answer={ (base) "/browser/passkey" }
            data-cancelled=(own.cancelled)
            data-too-long=(own.too_long)
            data-present=(own.present)
            data-unable=(own.unable)
            data-unsupported=(own.unsupported)
            data-wrong-page=(own.wrong_page)
            data-offline=(own.offline)
            data-failed=(own.failed)
        {
            p .warn role="alert" {}
            button .first type="button" hidden autofocus { (button) }
        }
        a href={ (base) "/browser" } { (own.other_ways) }
    };
    Page::with_script(&state, words, title, content, "/browser/passkey.js").into_response()
}

/// Begin: what to ask the authenticator for.
#[utoipa::path(
    post, path = "/browser/passkey/options", tag = "browser", request_body = Call,
    responses(
        (status = 200, description = "The options, or what to say", body = Step),
        (status = 400, description = "`invalid_request`", body = Document, content_type = "application/problem+json"),
        (status = 403, description = "The call is of another request, or of another site", body = String, content_type = "text/html"),
        (status = 408, description = "`request_timeout`", body = Document, content_type = "application/problem+json"),
        (status = 410, description = "No open request belongs to the cookie", body = String, content_type = "text/html"),
        (status = 413, description = "`payload_too_large`", body = Document, content_type = "application/problem+json"),
        (status = 415, description = "`unsupported_media_type`: the body must be JSON", body = Document, content_type = "application/problem+json")
    )
)]
pub(in super::super::super) async fn options(
    Shared(state): Shared<Arc<State>>,
    _: SameOrigin,
    browser: Browser,
    JsonBody(body): JsonBody,
) -> Response {
    if let Err(response) = checked(&state, &browser, &body) {
        return *response;
    }
    match passkeys::begin_ceremony(&state.service, &browser.request).await {
        Ok(options) => {
            (NO_STORE, Json(Step { options: Some(options), next: None, message: None })).into_response()
        }
        Err(error) => failed(error, &state, &browser),
    }
}

/// Answer: what the authenticator said.
#[utoipa::path(
    post, path = "/browser/passkey", tag = "browser", request_body = Call,
    responses(
        (status = 200, description = "Where to go, or what to say", body = Step),
        (status = 400, description = "`invalid_request`", body = Document, content_type = "application/problem+json"),
        (status = 403, description = "The call is of another request, or of another site", body = String, content_type = "text/html"),
        (status = 408, description = "`request_timeout`", body = Document, content_type = "application/problem+json"),
        (status = 410, description = "No open request belongs to the cookie, or it waits for no answer", body = String, content_type = "text/html"),
        (status = 413, description = "`payload_too_large`", body = Document, content_type = "application/problem+json"),
        (status = 415, description = "`unsupported_media_type`: the body must be JSON", body = Document, content_type = "application/problem+json")
    )
)]
pub(in super::super::super) async fn answer(
    Shared(state): Shared<Arc<State>>,
    _: SameOrigin,
    browser: Browser,
    Address(address): Address,
    headers: HeaderMap,
    JsonBody(body): JsonBody,
) -> Response {
    let call = match checked(&state, &browser, &body) {
        Ok(call) => call,
        Err(response) => return *response,
    };
    let own = passkey_words(browser.words.language);
    let credential = call.credential.as_deref().map(RawValue::get).unwrap_or_default();
    let address = address.map(|address| address.to_string());
    let agent = headers.get(USER_AGENT).and_then(|agent| agent.to_str().ok()).unwrap_or_default();
    let visitor = Visitor {
        cookie: &browser.cookie,
        address: address.as_deref(),
        suggested_name: suggested_name(agent),
    };
    let request = browser.request.clone();
    match passkeys::answer_ceremony(&state.service, visitor, request, credential.as_bytes()).await {
        Ok(Answered::Finished) => {
            let next = Some(format!("{}/browser/done", state.place.public_url()));
            (NO_STORE, Json(Step { options: None, next, message: None })).into_response()
        }
        Ok(Answered::Failed(failure)) => Step::say(browser.words.failure(failure)),
        Ok(Answered::Refused(error)) => Step::say(own.refused(error)),
        Ok(Answered::Unknown) => Step::say(own.unknown),
        Ok(Answered::Known) => Step::say(own.present),
        Ok(Answered::Suspicious) => Step::say(own.suspicious),
        Err(error) => failed(error, &state, &browser),
    }
}

/// The script of the page.
#[utoipa::path(get, path = "/browser/passkey.js", tag = "browser", responses((status = 200, description = "The script", body = String, content_type = "text/javascript")))]
pub(in super::super::super) async fn script() -> impl IntoResponse {
    let headers = [
        (CONTENT_TYPE, HeaderValue::from_static("text/javascript; charset=utf-8")),
        (CACHE_CONTROL, HeaderValue::from_static("public, max-age=300")),
    ];
    (headers, SCRIPT)
}

/// Reads a call of the script, if it is of this request's page.
fn checked(state: &State, browser: &Browser, body: &[u8]) -> Result<Call, Box<Response>> {
    let call = Call::parse(body).map_err(|problem| Box::new(problem.into_response()))?;
    match browser::is_form_token(&state.service, &browser.cookie, &call.token) {
        Ok(true) => Ok(call),
        Ok(false) => Err(Box::new(Notice::Stale.page(state, browser.words).into_response())),
        Err(error) => {
            tracing::error!(%error, "a call could not be checked");
            Err(Box::new(Notice::Fault.page(state, browser.words).into_response()))
        }
    }
}

fn failed(error: CeremonyError, state: &State, browser: &Browser) -> Response {
    match error {
        CeremonyError::Page(error) => refusal(error, state, browser.words),
        CeremonyError::Unavailable(_) => see_other(&format!("{}/browser", state.place.public_url())),
        CeremonyError::Complete(error) => {
            tracing::error!(%error, "the answer of an authenticator could not be taken");
            let mut response = Notice::Fault.page(state, browser.words).into_response();
            *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
            response
        }
    }
}

/// A name for a new passkey, by the system of the browser. The user may choose another one.
fn suggested_name(agent: &str) -> &'static str {
    let systems = [
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Android", "Android"),
        ("Windows", "Windows"),
        ("Mac OS", "Mac"),
        ("CrOS", "Chromebook"),
        ("Linux", "Linux"),
    ];
    systems.into_iter().find(|(word, _)| agent.contains(word)).map_or("Passkey", |(_, name)| name)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_passkey_is_named_after_the_browsers_system() {
        for (agent, name) in [
            ("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/149.0", "Linux"),
            ("Mozilla/5.0 (Linux; Android 16; K) AppleWebKit/537.36", "Android"),
            ("Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X)", "iPhone"),
            ("", "Passkey"),
        ] {
            assert_eq!(suggested_name(agent), name, "{agent}");
        }
    }

    #[test]
    fn only_an_object_with_a_token_is_read() {
        for body in ["", "[]", r#"["a"]"#, "{}", r#"{"token":7}"#, r#"{"token":null}"#] {
            assert!(Call::parse(body.as_bytes()).is_err(), "{body}");
        }
        let call = Call::parse(br#"{"token":"a","credential":{"id":"b"}}"#).unwrap();
        assert_eq!(call.credential.unwrap().get(), r#"{"id":"b"}"#);
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(body in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = Call::parse(&body);
        }
    }
}
