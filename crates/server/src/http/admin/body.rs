//! How the bodies and queries of these routes are read. A member that a route does not know is
//! refused: a change that is silently left out would be worse.

use axum::extract::{FromRequestParts, Query};
use axum::http::request::Parts;
use latchkey_server_core::Language;
use latchkey_server_core::accounts::Username;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};

use crate::http::problem::Problem;

/// Reads a JSON object.
pub(super) fn read<T: DeserializeOwned>(body: &[u8], problem: &'static str) -> Result<T, Problem> {
    // serde reads a list as the members in their order.
    if !body.trim_ascii_start().starts_with(b"{") {
        return Err(Problem::InvalidRequest(problem));
    }
    serde_json::from_slice(body).map_err(|_| Problem::InvalidRequest(problem))
}

/// Tells a member that is `null` from one that is missing, with `#[serde(default)]`.
pub(super) fn nullable<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Option<Option<T>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

/// Refuses `null`, with `#[serde(default)]`.
pub(super) fn present<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

/// Refuses a name in one text beside its parts.
pub(super) fn one_form_of_the_name(has_name: bool, has_parts: bool) -> Result<(), Problem> {
    match has_name && has_parts {
        true => Err(Problem::InvalidRequest("A request has name, or given_name and family_name.")),
        false => Ok(()),
    }
}

pub(super) fn username(text: &str) -> Result<Username, Problem> {
    let problem = "A user name has 1 to 254 letters, digits and . _ - @ + ' \\, and begins with a letter, a digit or _.";
    Username::parse(text).map_err(|_| Problem::InvalidRequest(problem))
}

pub(super) fn language(code: &str) -> Result<Language, Problem> {
    Language::parse(code).ok_or(Problem::InvalidRequest("The language is en or de."))
}

/// The query of a request.
pub(crate) struct Parameters<T>(pub(super) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Parameters<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let read = Query::<T>::from_request_parts(parts, state).await;
        let Query(parameters) = read.map_err(|_| Problem::InvalidRequest("The query is not valid."))?;
        Ok(Self(parameters))
    }
}
