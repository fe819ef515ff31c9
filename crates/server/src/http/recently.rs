//! The claims of an access token whose user proved who they are a short time ago, as an argument of
//! a handler.

use std::ops::Deref;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::response::{IntoResponse as _, Response};
use latchkey_server_core::confirm;
use latchkey_token::Claims;

use super::authenticated::Authenticated;
use super::problem::Problem;
use super::state::State;

/// The claims of the caller's access token, if the user proved who they are at most `SECONDS` ago:
/// at the sign-in, or by `POST /api/auth/confirm` since. Any other request is refused with 401
/// `insufficient_user_authentication` (RFC 9470), which says what the user has to confirm with. The
/// app asks for that, gets an access token with a later `auth_time`, and repeats the request; the
/// plugin does all of it with `withConfirmation`.
///
/// A minute more passes, because the servers' clocks differ. Without a device key nobody can
/// confirm; a bearer token passes as long as its sign-in is recent enough.
///
/// ```
/// # use latchkey_server::Recently;
/// /// Deletes what cannot be had back: asks for the password unless it was typed within 5 minutes.
/// async fn delete_everything(claims: Recently<300>) -> String {
///     format!("deleted for {}", claims.sub)
/// }
/// ```
#[derive(Clone, Debug)]
pub struct Recently<const SECONDS: i64>(Arc<Claims>);

impl<const SECONDS: i64> Deref for Recently<SECONDS> {
    type Target = Claims;

    fn deref(&self) -> &Claims {
        &self.0
    }
}

impl<S: Sync, const SECONDS: i64> FromRequestParts<S> for Recently<SECONDS> {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Response> {
        let Authenticated(claims) = Authenticated::from_request_parts(parts, state).await?;
        // The guard leaves it with the claims.
        let server = parts.extensions.get::<Server>().cloned();
        let Some(Server(server)) = server else { return Err(Problem::Internal.into_response()) };
        let checked = confirm::recently(&server.service, &claims, SECONDS).await;
        checked.map_err(|error| Problem::from(error).into_response())?;
        Ok(Self(claims))
    }
}

/// The server of a request, for the extractor in routes of an app, which have a state of their own.
#[derive(Clone)]
pub(super) struct Server(pub(super) Arc<State>);
