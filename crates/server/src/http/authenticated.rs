//! The claims of a verified access token, as an argument of a handler.

use std::ops::Deref;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::response::{IntoResponse as _, Response};
use latchkey_token::Claims;

use super::problem::Problem;

/// The claims of the caller's access token. A handler with this argument runs only for a request
/// whose token was verified: signature, issuer, audience, device, time, proof of possession, and
/// that the session has not ended.
#[derive(Clone, Debug)]
pub struct Authenticated(pub(super) Arc<Claims>);

impl Deref for Authenticated {
    type Target = Claims;

    fn deref(&self) -> &Claims {
        &self.0
    }
}

impl<S: Sync> FromRequestParts<S> for Authenticated {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Response> {
        // Missing only if the route is in the list of open routes by mistake: then it is denied
        // here.
        let missing = || Problem::TokenMissing { bearer: false }.into_response();
        parts.extensions.get::<Self>().cloned().ok_or_else(missing)
    }
}
