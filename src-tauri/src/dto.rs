//! Requests and responses of the API as this app's page has them: JSON or text in, text out.

use latchkey_client::api::{ApiResponse, RequestHeader, RequestHeaders};
use latchkey_client::offline_cache::CachedResponse;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// What is sent, and as what.
#[derive(Clone, Debug, PartialEq, Deserialize, TS)]
#[serde(rename_all = "kebab-case")]
#[ts(export)]
pub(crate) enum SendBody {
    /// A document, as `application/json`.
    Json(#[ts(type = "unknown")] serde_json::Value),
    /// A text, as `text/plain; charset=utf-8`.
    Text(String),
}

/// The server's answer to a call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub(crate) struct ApiReply {
    /// HTTP status.
    pub(crate) status: u16,
    /// The body, as text.
    pub(crate) body: String,
}

/// What was read from the server, or the last copy of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(export)]
pub(crate) struct Reading {
    /// The body, as text.
    pub(crate) body: String,
    /// `None`: the server has just answered. Otherwise it is out of reach, and this is its answer of then, in seconds since
    /// 1970.
    #[ts(type = "number | null")]
    pub(crate) copied_at: Option<i64>,
}

impl SendBody {
    /// The body as it is sent, and the header that says what it is.
    pub(crate) fn encode(&self) -> (RequestHeaders, Vec<u8>) {
        let (media_type, bytes) = match self {
            Self::Json(document) => ("application/json", document.to_string().into_bytes()),
            Self::Text(text) => ("text/plain; charset=utf-8", text.as_bytes().to_vec()),
        };
        let mut headers = RequestHeaders::default();
        // Both values can be sent.
        let _ = headers.set(RequestHeader::ContentType, media_type);
        (headers, bytes)
    }
}

impl From<ApiResponse> for ApiReply {
    fn from(response: ApiResponse) -> Self {
        Self { status: response.status, body: response.text() }
    }
}

impl From<CachedResponse> for Reading {
    fn from(cached: CachedResponse) -> Self {
        Self { body: cached.response.text(), copied_at: cached.cached_at }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn a_body_is_a_document_or_a_text() {
        let parsed = |value: Value| serde_json::from_value::<SendBody>(value).map(|body| body.encode());
        let media_type =
            |headers: &RequestHeaders| headers.get(RequestHeader::ContentType).map(str::to_owned);
        let (headers, document) = parsed(json!({ "json": { "b": 1, "a": "ä" } })).unwrap();
        assert_eq!(media_type(&headers).as_deref(), Some("application/json"));
        assert_eq!(serde_json::from_slice::<Value>(&document).unwrap(), json!({ "a": "ä", "b": 1 }));
        let (headers, text) = parsed(json!({ "text": "buy a car" })).unwrap();
        assert_eq!(media_type(&headers).as_deref(), Some("text/plain; charset=utf-8"));
        assert_eq!(text, b"buy a car");
        for other in [json!("text"), json!({}), json!({ "text": 1 }), json!({ "json": 1, "text": "" })] {
            assert!(parsed(other).is_err());
        }
    }
}
