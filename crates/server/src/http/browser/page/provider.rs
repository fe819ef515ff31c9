//! `GET /browser/provider/{id}` and `GET /browser/callback/{id}`: the way to a provider and back.
//! What belongs to it is in the request of this browser's cookie, and is taken once. Nothing of a
//! provider's answer is shown.

use std::sync::Arc;

use axum::extract::{Path, RawQuery, State as Shared};
use axum::response::{IntoResponse as _, Response};
use latchkey_server_core::browser::{
    self, AuthenticatedBy, BrowserRequest, Ceremony, Failure, Outcome, is_same_text, pending_state,
};

use tracing::Instrument as _;

use super::super::super::state::State;
use super::cookie::{Browser, refusal};
use super::entry::see_other;
use super::layout::Notice;
use super::same_origin::SameOrigin;
use crate::providers::{Callback, Provider, ProviderError, Remembered};

fn provider<'a>(state: &'a State, id: &str) -> Option<&'a Provider> {
    state.providers.iter().find(|provider| provider.settings.id == id)
}

fn page_url(state: &State) -> String {
    format!("{}/browser", state.place.public_url())
}

/// Go to a provider.
#[utoipa::path(
    get, path = "/browser/provider/{id}", tag = "browser",
    params(("id" = String, Path, description = "The provider")),
    responses(
        (status = 303, description = "To the provider; to the page, if it is away"),
        (status = 403, description = "The request is of another site", body = String, content_type = "text/html"),
        (status = 410, description = "No open request belongs to the cookie, or its user has not said that it is theirs", body = String, content_type = "text/html")
    )
)]
pub(in super::super::super) async fn depart(
    Shared(state): Shared<Arc<State>>,
    _: SameOrigin,
    browser: Browser,
    Path(id): Path<String>,
) -> Response {
    let request = &browser.request;
    let Some(provider) = provider(&state, &id).filter(|_| request.is_allowed()) else {
        return Notice::Over.page(&state, browser.words).into_response();
    };
    let departure = provider.depart(request, state.place.public_url(), state.service.now()).await;
    match departure {
        Ok(departure) => match browser::begin_ceremony(&state.service, request, departure.ceremony).await {
            Ok(()) => see_other(&departure.url),
            Err(error) => refusal(error.into(), &state, browser.words),
        },
        Err(error) => failed(&state, &browser, request, &error).await,
    }
}

/// Come back from a provider.
#[utoipa::path(
    get, path = "/browser/callback/{id}", tag = "browser",
    params(("id" = String, Path, description = "The provider")),
    responses(
        (status = 303, description = "To the page"),
        (status = 403, description = "The answer is not one to this browser", body = String, content_type = "text/html"),
        (status = 410, description = "No open request belongs to the cookie", body = String, content_type = "text/html")
    )
)]
pub(in super::super::super) async fn arrive(
    Shared(state): Shared<Arc<State>>,
    browser: Browser,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Response {
    let stale = |why: &str| {
        tracing::info!(provider = id, why, "the answer of a provider was refused");
        Notice::Stale.page(&state, browser.words).into_response()
    };
    let Ok(callback) = Callback::parse(query.as_deref().unwrap_or_default()) else {
        return stale("malformed");
    };
    if provider(&state, &id).is_none() {
        return stale("unknown provider");
    }
    // Another site may send the browser here; that must not end what the user has begun.
    match pending_state(&browser.request) {
        Some((of, expected)) if of == id && is_same_text(expected, &callback.state) => {}
        _ => return stale("another state"),
    }
    let taken = browser::take_ceremony(&state.service, browser.request.clone(), &browser.cookie).await;
    let (request, ceremony) = match taken {
        Ok(taken) => taken,
        Err(error) => return refusal(error, &state, browser.words),
    };
    // To its end, also if the browser hangs up: a fetch of keys that is given up would put off the
    // next one.
    let identified =
        tokio::spawn(identify(Arc::clone(&state), id.clone(), callback, ceremony).in_current_span());
    let identified = match identified.await {
        Ok(identified) => identified,
        Err(error) => {
            tracing::error!(%error, "an answer of a provider was not looked at");
            return record(&state, &browser, &request, Failure::Internal).await;
        }
    };
    match identified {
        Ok(by) => match browser::complete(&state.service, &request, by).await {
            Ok(Outcome::Finished) => see_other(&format!("{}/done", page_url(&state))),
            Ok(Outcome::Failed(_)) => see_other(&page_url(&state)),
            Err(error) => {
                tracing::error!(%error, "a sign-in in the browser was not completed");
                record(&state, &browser, &request, Failure::Internal).await
            }
        },
        Err(error) => failed(&state, &browser, &request, &error).await,
    }
}

/// Who the provider says that the user is.
async fn identify(
    state: Arc<State>,
    id: String,
    callback: Callback,
    ceremony: Ceremony,
) -> Result<AuthenticatedBy, ProviderError> {
    let now = state.service.now();
    let provider = provider(&state, &id).ok_or(ProviderError::Nonsense("its id"))?;
    let Ceremony::Provider { nonce, verifier, .. } = ceremony else {
        return Err(ProviderError::Nonsense("the answer to the browser"));
    };
    if !provider.is_of(callback.iss.as_deref(), now).await? {
        return Err(ProviderError::Refused("another issuer".to_owned()));
    }
    let code = callback.outcome.map_err(|error| {
        let is_plain = |char: &char| char.is_ascii_alphanumeric() || *char == '_';
        ProviderError::Refused(error.chars().filter(is_plain).take(64).collect())
    })?;
    let remembered = Remembered { nonce: &nonce, verifier };
    let identity = provider.identify(code, remembered, state.place.public_url(), now).await?;
    Ok(AuthenticatedBy::Provider(Box::new(identity)))
}

/// Records why the provider could not be used, and returns to the page, which says it.
async fn failed(
    state: &State,
    browser: &Browser,
    request: &BrowserRequest,
    error: &ProviderError,
) -> Response {
    tracing::warn!(%error, "a sign-in at a provider failed");
    let failure = if error.is_absence() { Failure::ProviderAway } else { Failure::ProviderRefused };
    record(state, browser, request, failure).await
}

async fn record(state: &State, browser: &Browser, request: &BrowserRequest, failure: Failure) -> Response {
    match browser::fail(&state.service, request, failure).await {
        Ok(()) => see_other(&page_url(state)),
        Err(error) => refusal(error.into(), state, browser.words),
    }
}
