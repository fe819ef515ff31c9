//! The HTTP API. [`router`] lists every route; what is not in [`guard::OPEN`] needs a valid access token, unknown paths
//! included.
//!
//! To add a route of your own, write a handler that takes [`Authenticated`], and name it in [`router`] or hand it to the
//! application:
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

mod authenticated;
mod authorization;
mod body;
mod caller;
mod content_type;
mod credentials;
mod domain_errors;
mod dpop;
#[cfg(test)]
mod fuzz;
mod guard;
mod observe;
mod openapi;
mod password;
mod problem;
mod public;
mod renew;
mod scheme;
mod session_token;
mod sessions;
mod sign_in;
mod sign_out;
mod sign_out_token;
mod state;
mod token_response;
mod welcome;

use std::sync::Arc;

use axum::Router;
use axum::http::HeaderValue;
use axum::http::header::CONTENT_TYPE;
use axum::middleware;
use axum::routing::{delete, get, post, put};

use problem::Problem;

pub use authenticated::Authenticated;

pub(crate) use openapi::description;
pub(crate) use state::State;

/// The metrics, on a listener of their own.
pub(crate) fn metrics(state: Arc<State>) -> Router {
    let text = move || async move {
        let text = state.metrics.text(state.service.ended_count());
        ([(CONTENT_TYPE, HeaderValue::from_static(crate::metrics::CONTENT_TYPE))], text)
    };
    Router::new().route("/metrics", get(text))
}

/// Every route of the server, and `more` behind the same guard.
pub(crate) fn router(state: Arc<State>, more: Router) -> Router {
    Router::new()
        .route("/", get(welcome::hello))
        .route("/api/me", get(welcome::me))
        .route("/api/me/password", put(password::change))
        .route("/api/sessions", get(sessions::list).delete(sessions::end_others))
        .route("/api/sessions/{sid}", delete(sessions::end_one))
        .route("/api/auth", post(sign_in::sign_in).delete(sign_out::sign_out))
        .route("/api/auth/sign-out", post(sign_out_token::take_notice))
        .route("/api/auth/renew", post(renew::renew))
        .route("/.well-known/jwks.json", get(public::jwks))
        .route("/openapi.json", get(openapi::openapi))
        .route("/healthz", get(public::healthz))
        .route("/readyz", get(public::readyz))
        .merge(more.with_state(()))
        .fallback(|| async { Problem::NotFound })
        .method_not_allowed_fallback(|| async { Problem::MethodNotAllowed })
        // From the innermost to the outermost.
        .layer(middleware::from_fn_with_state(Arc::clone(&state), guard::guard))
        .layer(middleware::from_fn_with_state(Arc::clone(&state), body::limit))
        .layer(middleware::from_fn_with_state(Arc::clone(&state), observe::observe))
        .with_state(state)
}
