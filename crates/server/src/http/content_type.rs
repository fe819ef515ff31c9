//! The `Content-Type` of a request: which of the two forms its body has.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;
use axum::http::request::Parts;

use super::problem::{Problem, Takes};
use super::state::State;

/// The form of a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    Json,
    Form,
}

impl Format {
    /// Reads `Content-Type`; parameters such as `charset` are ignored. `None` without exactly one,
    /// and for any other form.
    pub(super) fn of(headers: &HeaderMap) -> Option<Self> {
        let mut values = headers.get_all(CONTENT_TYPE).iter();
        let (Some(value), None) = (values.next(), values.next()) else { return None };
        let essence = value.to_str().ok()?.split(';').next().unwrap_or_default().trim();
        if essence.eq_ignore_ascii_case("application/json") {
            Some(Self::Json)
        } else if essence.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
            Some(Self::Form)
        } else {
            None
        }
    }
}

impl FromRequestParts<Arc<State>> for Format {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _state: &Arc<State>) -> Result<Self, Problem> {
        Self::of(&parts.headers).ok_or(Problem::UnsupportedMediaType(Takes::JsonOrForm))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_and_form_are_the_only_content_types() {
        let read = |values: &[&'static str]| {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append(CONTENT_TYPE, axum::http::HeaderValue::from_static(value));
            }
            Format::of(&headers)
        };
        assert_eq!(read(&["application/json"]), Some(Format::Json));
        assert_eq!(read(&["Application/JSON; charset=utf-8"]), Some(Format::Json));
        assert_eq!(read(&["application/x-www-form-urlencoded"]), Some(Format::Form));
        let refused: [&[&str]; 7] = [
            &[],
            &[""],
            &["text/plain"],
            &["multipart/form-data"],
            &["application/jsonp"],
            &["text/plain; application/json"],
            &["application/json", "application/json"],
        ];
        for values in refused {
            assert_eq!(read(values), None, "{values:?}");
        }
    }
}
