//! The HTTP API. [`routes`] lists every route; every request that is not in [`guard::OPEN`] needs a
//! valid access token, unknown paths included.
//!
//! To add a route, write a handler with an [`Authenticated`] argument, and list it in [`routes`] or
//! pass it to the application:
//!
//! ```
//! # use latchkey_server::{Application, Authenticated};
//! # use axum::{Router, routing::get};
//! async fn report(claims: Authenticated) -> String {
//!     format!("for {}", claims.profile.preferred_username)
//! }
//! # fn with_report(application: Application) -> Application {
//! application.with_routes(Router::new().route("/api/report", get(report)))
//! # }
//! ```

mod admin;
mod authenticated;
mod authorization;
mod body;
mod browser;
mod caller;
mod code;
mod confirm;
mod content_type;
mod credentials;
mod device;
mod discovery;
mod domain_errors;
mod dpop;
mod factor;
mod factor_removal;
mod forgot;
#[cfg(test)]
mod fuzz;
mod guard;
mod links;
mod new_passkey;
mod notices;
mod observe;
mod openapi;
mod options;
mod passkeys;
mod password;
mod problem;
mod problem_document;
mod problem_text;
mod proven_key;
mod provider_logout;
mod public;
mod recently;
mod related_origins;
mod renew;
mod routes;
mod scheme;
mod second_factor;
mod session_token;
mod sessions;
mod sign_in;
mod sign_in_options;
mod sign_out;
mod sign_out_token;
mod state;
mod token_response;
mod welcome;

use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State as Shared};
use axum::http::HeaderValue;
use axum::http::header::CONTENT_TYPE;
use axum::middleware::{self, Next};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;

use problem::Problem;

pub use authenticated::Authenticated;
pub use recently::Recently;

pub(crate) use routes::description;
pub(crate) use state::State;

/// The metrics, on a separate listener.
pub(crate) fn metrics(state: Arc<State>) -> Router {
    let text = move || async move {
        let text = state.metrics.text(state.service.ended_count(), state.service.ended_age());
        ([(CONTENT_TYPE, HeaderValue::from_static(crate::metrics::CONTENT_TYPE))], text)
    };
    Router::new().route("/metrics", get(text))
}

/// Every route of the server, and `more` behind the same guard.
pub(crate) fn router(state: Arc<State>, more: Router) -> Router {
    let (routes, _) = routes::routes().split_for_parts();
    routes
        .merge(more.with_state(()))
        .fallback(|| async { Problem::NotFound })
        .method_not_allowed_fallback(|| async { Problem::MethodNotAllowed })
        .layer(middleware::from_fn_with_state(Arc::clone(&state), pass))
        .with_state(state)
}

/// What each request passes before its handler. One layer, because axum copies, for each request,
/// all that is below a layer.
async fn pass(Shared(state): Shared<Arc<State>>, request: Request, next: Next) -> Response {
    let admitted = async |request| {
        let request = body::limit(&state, request).await?;
        guard::admit(&state, request).await
    };
    let handle = async |request| match admitted(request).await {
        Ok(request) => next.run(request).await,
        Err(problem) => problem.into_response(),
    };
    observe::observe(&state, request, handle).await
}
