//! The claims of a verified access token, as a handler's argument.

use std::ops::Deref;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::response::{IntoResponse as _, Response};
use latchkey_token::Claims;

use super::problem::Refusal;

/// Who calls. A handler that takes this runs only for a request whose access token was verified: signature, issuer,
/// audience, device, time, proof of possession, and that the session has not ended.
#[derive(Clone, Debug)]
pub struct Verified(pub(super) Arc<Claims>);

impl Deref for Verified {
    type Target = Claims;

    fn deref(&self) -> &Claims {
        &self.0
    }
}

impl<S: Sync> FromRequestParts<S> for Verified {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Response> {
        // Missing only if the route was declared open by mistake: then it stays shut.
        let missing = || Refusal::TokenMissing { bearer: false }.into_response();
        parts.extensions.get::<Self>().cloned().ok_or_else(missing)
    }
}
